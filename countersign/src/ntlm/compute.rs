//! The keys and proofs of NTLM ([MS-NLMP] 3.3, 3.4).
use crate::base::secret::Secret;
use crate::context::attribute::Role;
use crate::crypto::{self, HmacMd5, Rc4};
use crate::wire::utf16;

/// `NTOWFv2`, ready for use: HMAC under the NT hash over the upper-cased user and the domain as it is.
pub(super) fn ntowf_v2(
    nt_hash: &Secret<16>,
    user: impl FnOnce(&mut dyn FnMut(char)),
    domain: impl FnOnce(&mut dyn FnMut(char)),
) -> HmacMd5 {
    let mut mac = HmacMd5::new(nt_hash.expose());
    let mut feed = |c: char| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            mac.update(&unit.to_le_bytes());
        }
    };
    user(&mut |c| feed(utf16::upper(c)));
    domain(&mut feed);
    HmacMd5::new(Secret::new(mac.finish()).expose())
}

/// `NTProofStr` over the blob as it stands on the wire.
pub(super) fn nt_proof(ntowf: &HmacMd5, server_challenge: &[u8; 8], blob: &[u8]) -> [u8; 16] {
    ntowf.of(&[server_challenge, blob])
}

/// The session base key of the first version: MD4 of the NT hash.
pub(super) fn session_base_key_v1(nt_hash: &Secret<16>) -> Secret<16> {
    Secret::new(crypto::md4(|feed| feed(nt_hash.expose())))
}

/// The NTLM response of the first version, also LM's from the LM hash.
pub(super) fn response_v1(hash: &Secret<16>, challenge: &[u8; 8]) -> [u8; 24] {
    crypto::des_long(hash.expose(), *challenge)
}

/// What the first version answers with session security: half of a hash over both challenges.
pub(super) fn session_challenge(server_challenge: &[u8; 8], client_challenge: &[u8; 8]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = crypto::md5(&[server_challenge, client_challenge]);
    [a, b, c, d, e, f, g, h]
}

/// `KXKEY` of the first version with session security.
pub(super) fn key_exchange_key_v1(
    base_key: &Secret<16>,
    server_challenge: &[u8; 8],
    client_challenge: &[u8; 8],
) -> Secret<16> {
    Secret::new(HmacMd5::new(base_key.expose()).of(&[server_challenge, client_challenge]))
}

/// The LMv2 response.
pub(super) fn lm_v2_response(
    ntowf: &HmacMd5,
    server_challenge: &[u8; 8],
    client_challenge: &[u8; 8],
) -> [u8; 24] {
    let proof = ntowf.of(&[server_challenge, client_challenge]);
    let mut response = [0; 24];
    let (start, end) = response.split_at_mut(16);
    start.copy_from_slice(&proof);
    end.copy_from_slice(client_challenge);
    response
}

/// `SessionBaseKey`, which is `KeyExchangeKey` too under NTLMv2.
pub(super) fn session_base_key(ntowf: &HmacMd5, proof: &[u8; 16]) -> Secret<16> {
    Secret::new(ntowf.of(&[proof]))
}

/// Encrypts or decrypts the exported session key under the key exchange key.
pub(super) fn exchange_key(key_exchange_key: &Secret<16>, key: &mut [u8; 16]) {
    Rc4::new(key_exchange_key.expose()).apply(key);
}

/// The MIC over the exact bytes of the three messages; `authenticate` holds zeros where it stands.
pub(super) fn mic(session_key: &Secret<16>, messages: &[&[u8]]) -> [u8; 16] {
    HmacMd5::new(session_key.expose()).of(messages)
}

/// `SIGNKEY` of what `sender` sends.
pub(super) fn sign_key(session_key: &Secret<16>, sender: Role) -> Secret<16> {
    derive(
        session_key.expose(),
        match sender {
            Role::Client => b"session key to client-to-server signing key magic constant\0",
            Role::Server => b"session key to server-to-client signing key magic constant\0",
        },
    )
}

/// How much of the session key the seal keys are made from (NTLM-FLG-6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum KeyLength {
    Bits128,
    Bits56,
    Bits40,
}

impl KeyLength {
    pub(super) const fn bits(self) -> u32 {
        match self {
            Self::Bits128 => 128,
            Self::Bits56 => 56,
            Self::Bits40 => 40,
        }
    }

    const fn bytes(self) -> usize {
        match self {
            Self::Bits128 => 16,
            Self::Bits56 => 7,
            Self::Bits40 => 5,
        }
    }
}

/// `SEALKEY` of what `sender` sends, with session security.
pub(super) fn seal_key(session_key: &Secret<16>, sender: Role, length: KeyLength) -> Secret<16> {
    let (key, _) = session_key.expose().split_at(length.bytes());
    derive(
        key,
        match sender {
            Role::Client => b"session key to client-to-server sealing key magic constant\0",
            Role::Server => b"session key to server-to-client sealing key magic constant\0",
        },
    )
}

/// The key of one datagram: connectionless messages start their stream anew (NTLM-DG-6).
pub(super) fn message_key(seal_key: &Secret<16>, sequence: u32) -> Secret<16> {
    Secret::new(crypto::md5(&[seal_key.expose(), &sequence.to_le_bytes()]))
}

fn derive(key: &[u8], magic: &[u8; 59]) -> Secret<16> {
    Secret::new(crypto::md5(&[key, magic]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::description::hex;

    const ESK: Secret<16> = Secret::new([0x55; 16]);

    /// NTLM-CLI-2, NTLM-CLI-5: the published intermediate values of [MS-NLMP] 4.2.4.
    #[test]
    fn published_values_of_version_2() {
        let nt = crate::context::identity::nt_hash(&"Password".into());
        assert_eq!(hex(nt.expose()), "a4f49c406510bdcab6824ee7c30fd852");
        let ntowf = ntowf_v2(
            &nt,
            |each| "User".chars().for_each(each),
            |each| "Domain".chars().for_each(each),
        );
        let challenge = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        let blob = [
            &[1, 1, 0, 0, 0, 0, 0, 0][..],
            &[0; 8],
            &[0xaa; 8],
            &[0; 4],
            b"\x02\0\x0c\0D\0o\0m\0a\0i\0n\0\x01\0\x0c\0S\0e\0r\0v\0e\0r\0\0\0\0\0",
            &[0; 4],
        ]
        .concat();
        let proof = nt_proof(&ntowf, &challenge, &blob);
        assert_eq!(hex(&proof), "68cd0ab851e51c96aabc927bebef6a1c");
        assert_eq!(
            hex(&lm_v2_response(&ntowf, &challenge, &[0xaa; 8])),
            "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"
        );
        let base = session_base_key(&ntowf, &proof);
        assert_eq!(hex(base.expose()), "8de40ccadbc14a82f15cb0ad0de95ca3");
        let mut key = [0x55; 16];
        exchange_key(&base, &mut key);
        assert_eq!(hex(&key), "c5dad2544fc9799094ce1ce90bc9d03e");
        exchange_key(&base, &mut key);
        assert_eq!(key, [0x55; 16]);
    }

    /// Sign and seal keys of both directions ([MS-NLMP] 4.2.4.4 and derived).
    #[test]
    fn sign_and_seal_keys() {
        for (key, expected) in [
            (
                seal_key(&ESK, Role::Client, KeyLength::Bits128),
                "59f600973cc4960a25480a7c196e4c58",
            ),
            (
                sign_key(&ESK, Role::Client),
                "4788dc861b4782f35d43fd98fe1a2d39",
            ),
            (
                seal_key(&ESK, Role::Server, KeyLength::Bits128),
                "9355f3a957c1583d25c4c2f11e40390e",
            ),
            (
                sign_key(&ESK, Role::Server),
                "d04d6f10741041d1d246d64188d7a8ad",
            ),
        ] {
            assert_eq!(hex(key.expose()), expected);
        }
    }

    /// NTLM-FLG-6: shorter seal keys, of both directions.
    #[test]
    fn shorter_keys() {
        for (length, client, server) in [
            (
                KeyLength::Bits56,
                "a5f7253c1065e8d3d68642040e71cfe0",
                "583e2f98959b385cd158f3734b5f5d3f",
            ),
            (
                KeyLength::Bits40,
                "42f964a471091a02ff4a77455366e4e5",
                "c5d3853b406b7c1241c595f0ce0750e2",
            ),
        ] {
            assert_eq!(hex(seal_key(&ESK, Role::Client, length).expose()), client);
            assert_eq!(hex(seal_key(&ESK, Role::Server, length).expose()), server);
        }
    }

    /// NTLM-CLI-4: the published values of [MS-NLMP] 4.2.2 and 4.2.3.
    #[test]
    fn published_values_of_version_1() {
        let nt = crate::context::identity::nt_hash(&"Password".into());
        let page = crate::wire::oem::CodePage::CP437;
        let lm = crate::context::identity::lm_hash(&"Password".into(), &page).unwrap();
        let server = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        let client = [0xaa; 8];
        assert_eq!(
            hex(&response_v1(&nt, &server)),
            "67c43011f30298a2ad35ece64f16331c44bdbed927841f94"
        );
        assert_eq!(
            hex(&response_v1(&lm, &server)),
            "98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13"
        );
        let base = session_base_key_v1(&nt);
        assert_eq!(hex(base.expose()), "d87262b0cde4b1cb7499becccdf10784");
        let mut key = [0x55; 16];
        exchange_key(&base, &mut key);
        assert_eq!(hex(&key), "518822b1b3f350c8958682ecbb3e3cb7");
        assert_eq!(
            hex(&response_v1(&nt, &session_challenge(&server, &client))),
            "7537f803ae367128ca458204bde7caf81e97ed2683267232"
        );
        let kxkey = key_exchange_key_v1(&base, &server, &client);
        assert_eq!(hex(kxkey.expose()), "eb93429a8bd952f8b89c55b87f475edc");
        let seal = seal_key(&kxkey, Role::Client, KeyLength::Bits56);
        assert_eq!(hex(seal.expose()), "04dd7f014d8504d265a25cc86a3a7c06");
        let sign = sign_key(&kxkey, Role::Client);
        assert_eq!(hex(sign.expose()), "60e799be5c72fc92922ae8ebe961fb8d");
    }

    /// NTLM-DG-4: without a NEGOTIATE the MIC covers the two messages that there are.
    #[test]
    fn mic_of_two_messages() {
        let challenge = unhex(
            "4e544c4d53535000020000000c000c0038000000158289e20123456789abcdef00000000000000009e009e00440000000a00614a0000000f44006f006d00610069006e0001000c0053004500520056004500520002000c0044006f006d00610069006e0003002a007300650072007600650072002e0064006f006d00610069006e002e006500780061006d0070006c00650004001c0064006f006d00610069006e002e006500780061006d0070006c00650005001c0064006f006d00610069006e002e006500780061006d0070006c0065000700080078563412dec0d90100000000",
        );
        let authenticate = unhex(
            "4e544c4d5353500003000000180018007c00000022012201940000000c000c00580000000800080064000000100010006c00000010001000b6010000158288e20a00614a0000000f0000000000000000000000000000000044006f006d00610069006e00550073006500720043004f004d0050005500540045005200000000000000000000000000000000000000000000000000f480d648a3012a9318c897107662d82f010100000000000078563412dec0d901aaaaaaaaaaaaaaaa0000000001000c0053004500520056004500520002000c0044006f006d00610069006e0003002a007300650072007600650072002e0064006f006d00610069006e002e006500780061006d0070006c00650004001c0064006f006d00610069006e002e006500780061006d0070006c00650005001c0064006f006d00610069006e002e006500780061006d0070006c0065000700080078563412dec0d90106000400020000000a0010006586e99d81c2fc984e47172fd4dd03100900340048005400540050002f007300650072007600650072002e0064006f006d00610069006e002e006500780061006d0070006c006500000000000000000064a4fcb3d6ab4303876fb599f172a9df",
        );
        assert_eq!(
            hex(&mic(&ESK, &[&[], &challenge, &authenticate])),
            "72996180481419637fd807adc2edf6aa"
        );
    }

    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
            .collect()
    }
}
