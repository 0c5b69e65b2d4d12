//! `NEGOTIATE` flags ([MS-NLMP] 2.2.2.5).
//!
//! ```
//! use countersign::ntlm::message::NegotiateFlags;
//!
//! let flags = NegotiateFlags::from_bits_retain(0xe208_8297);
//! assert!(flags.contains(NegotiateFlags::SIGN) && !flags.contains(NegotiateFlags::SEAL));
//! ```
use bitflags::bitflags;

bitflags! {
    /// The 32 flags of the three messages. Bits without a name are kept.
    #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
    pub struct NegotiateFlags: u32 {
        /// Texts are UTF-16LE.
        const UNICODE = 0x0000_0001;
        /// Texts are OEM.
        const OEM = 0x0000_0002;
        /// The server names its target.
        const REQUEST_TARGET = 0x0000_0004;
        /// Messages are signed.
        const SIGN = 0x0000_0010;
        /// Messages are sealed.
        const SEAL = 0x0000_0020;
        /// Connectionless.
        const DATAGRAM = 0x0000_0040;
        /// The LAN Manager session key.
        const LM_KEY = 0x0000_0080;
        /// NTLM authentication.
        const NTLM = 0x0000_0200;
        /// Anonymous.
        const ANONYMOUS = 0x0000_0800;
        /// The domain name is supplied.
        const OEM_DOMAIN_SUPPLIED = 0x0000_1000;
        /// The workstation name is supplied.
        const OEM_WORKSTATION_SUPPLIED = 0x0000_2000;
        /// Every message carries a signature, real or not.
        const ALWAYS_SIGN = 0x0000_8000;
        /// The target is a domain.
        const TARGET_TYPE_DOMAIN = 0x0001_0000;
        /// The target is a server.
        const TARGET_TYPE_SERVER = 0x0002_0000;
        /// Extended session security.
        const EXTENDED_SESSIONSECURITY = 0x0008_0000;
        /// The server may identify the client only.
        const IDENTIFY = 0x0010_0000;
        /// The session key is not that of NT.
        const REQUEST_NON_NT_SESSION_KEY = 0x0040_0000;
        /// The challenge holds `TargetInfo`.
        const TARGET_INFO = 0x0080_0000;
        /// The version field means something.
        const VERSION = 0x0200_0000;
        /// 128-bit keys.
        const NEGOTIATE_128 = 0x2000_0000;
        /// The client chooses the session key.
        const KEY_EXCH = 0x4000_0000;
        /// 56-bit keys.
        const NEGOTIATE_56 = 0x8000_0000;
        const _ = !0;
    }
}
