//! The flags spelled out.
use crate::ntlm::message::{AvFlags, NegotiateFlags};

/// Name and meaning of each flag ([MS-NLMP] 2.2.2.5).
const FLAGS: [(NegotiateFlags, &str, &str); 22] = [
    (
        NegotiateFlags::UNICODE,
        "NTLMSSP_NEGOTIATE_UNICODE",
        "texts are UTF-16",
    ),
    (
        NegotiateFlags::OEM,
        "NTLM_NEGOTIATE_OEM",
        "texts are in the OEM code page",
    ),
    (
        NegotiateFlags::REQUEST_TARGET,
        "NTLMSSP_REQUEST_TARGET",
        "the server names its target",
    ),
    (
        NegotiateFlags::SIGN,
        "NTLMSSP_NEGOTIATE_SIGN",
        "messages are signed",
    ),
    (
        NegotiateFlags::SEAL,
        "NTLMSSP_NEGOTIATE_SEAL",
        "messages are sealed",
    ),
    (
        NegotiateFlags::DATAGRAM,
        "NTLMSSP_NEGOTIATE_DATAGRAM",
        "connectionless",
    ),
    (
        NegotiateFlags::LM_KEY,
        "NTLMSSP_NEGOTIATE_LM_KEY",
        "LAN Manager session key",
    ),
    (
        NegotiateFlags::NTLM,
        "NTLMSSP_NEGOTIATE_NTLM",
        "NTLM authentication",
    ),
    (
        NegotiateFlags::ANONYMOUS,
        "ANONYMOUS",
        "the client has no name",
    ),
    (
        NegotiateFlags::OEM_DOMAIN_SUPPLIED,
        "NTLMSSP_NEGOTIATE_OEM_DOMAIN_SUPPLIED",
        "DomainName is there",
    ),
    (
        NegotiateFlags::OEM_WORKSTATION_SUPPLIED,
        "NTLMSSP_NEGOTIATE_OEM_WORKSTATION_SUPPLIED",
        "WorkstationName is there",
    ),
    (
        NegotiateFlags::ALWAYS_SIGN,
        "NTLMSSP_NEGOTIATE_ALWAYS_SIGN",
        "every message carries a signature, a dummy if need be",
    ),
    (
        NegotiateFlags::TARGET_TYPE_DOMAIN,
        "NTLMSSP_TARGET_TYPE_DOMAIN",
        "TargetName is a domain",
    ),
    (
        NegotiateFlags::TARGET_TYPE_SERVER,
        "NTLMSSP_TARGET_TYPE_SERVER",
        "TargetName is a server",
    ),
    (
        NegotiateFlags::EXTENDED_SESSIONSECURITY,
        "NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY",
        "extended session security",
    ),
    (
        NegotiateFlags::IDENTIFY,
        "NTLMSSP_NEGOTIATE_IDENTIFY",
        "the server may identify the client, not act for it",
    ),
    (
        NegotiateFlags::REQUEST_NON_NT_SESSION_KEY,
        "NTLMSSP_REQUEST_NON_NT_SESSION_KEY",
        "session key from the LAN Manager hash",
    ),
    (
        NegotiateFlags::TARGET_INFO,
        "NTLMSSP_NEGOTIATE_TARGET_INFO",
        "TargetInfo is there",
    ),
    (
        NegotiateFlags::VERSION,
        "NTLMSSP_NEGOTIATE_VERSION",
        "Version is filled in",
    ),
    (
        NegotiateFlags::NEGOTIATE_128,
        "NTLMSSP_NEGOTIATE_128",
        "128-bit keys",
    ),
    (
        NegotiateFlags::KEY_EXCH,
        "NTLMSSP_NEGOTIATE_KEY_EXCH",
        "the client chooses the session key",
    ),
    (
        NegotiateFlags::NEGOTIATE_56,
        "NTLMSSP_NEGOTIATE_56",
        "56-bit keys",
    ),
];

/// One line for each flag that is set, from the lowest bit to the highest.
pub(super) fn negotiate(flags: NegotiateFlags) -> Vec<String> {
    (0..u32::BITS)
        .map(|bit| NegotiateFlags::from_bits_retain(1 << bit))
        .filter(|flag| flags.contains(*flag))
        .map(
            |flag| match FLAGS.iter().find(|(known, ..)| *known == flag) {
                Some((_, name, meaning)) => format!("{name}: {meaning}"),
                None => format!("{:#010x}: reserved", flag.bits()),
            },
        )
        .collect()
}

/// One line for each flag of `MsvAvFlags` that is set.
pub(super) fn av(flags: AvFlags) -> Vec<String> {
    let known = [
        (AvFlags::CONSTRAINED, "the account is constrained"),
        (AvFlags::MIC, "the AUTHENTICATE message holds a MIC"),
        (
            AvFlags::UNTRUSTED_TARGET,
            "the target name comes from an untrusted source",
        ),
    ];
    let mut lines = Vec::new();
    let mut rest = flags;
    for (flag, meaning) in known {
        if flags.contains(flag) {
            rest -= flag;
            lines.push(format!("{:#x}: {meaning}", flag.bits()));
        }
    }
    if !rest.is_empty() {
        lines.push(format!("{:#x}: unknown", rest.bits()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_has_a_line() {
        let lines = negotiate(NegotiateFlags::from_bits_retain(u32::MAX));
        assert_eq!(lines.len(), 32);
        let reserved: Vec<_> = lines
            .iter()
            .filter_map(|line| line.strip_suffix(": reserved"))
            .collect();
        assert_eq!(
            reserved,
            [
                "0x00000008",
                "0x00000100",
                "0x00000400",
                "0x00004000",
                "0x00040000",
                "0x00200000",
                "0x01000000",
                "0x04000000",
                "0x08000000",
                "0x10000000",
            ]
        );
        assert_eq!(
            av(AvFlags::from_bits_retain(0x16)),
            [
                "0x2: the AUTHENTICATE message holds a MIC",
                "0x4: the target name comes from an untrusted source",
                "0x10: unknown",
            ]
        );
    }
}
