//! The NTLMv2 response: proof and client blob ([MS-NLMP] 2.2.2.7, 2.2.2.8).
//!
//! ```
//! use countersign::ntlm::message::NtlmV2Response;
//!
//! let bytes = [&[9; 16][..], &[1, 1, 0, 0, 0, 0, 0, 0], &[0; 8], &[7; 8], &[0; 4], &[0; 4]].concat();
//! let response = NtlmV2Response::parse(&bytes).unwrap();
//! assert_eq!((response.proof, response.client_challenge), ([9; 16], [7; 8]));
//! assert_eq!(response.blob, &bytes[16..], "what the proof covers");
//! ```
use super::av_pair::AvPairs;
use crate::wire::{Malformed, Reader, Why};

/// An NTLMv2 response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NtlmV2Response<'a> {
    /// `NTProofStr`.
    pub proof: [u8; 16],
    /// Everything behind the proof: what the proof covers, byte for byte.
    pub blob: &'a [u8],
    /// The client's time.
    pub time: u64,
    /// The client's challenge.
    pub client_challenge: [u8; 8],
    /// The server's pairs with what the client added. Some clients end the response right behind
    /// them, others add four zero bytes.
    pub pairs: AvPairs<'a>,
}

impl<'a> NtlmV2Response<'a> {
    /// Where the pairs start in the response, in bytes.
    pub const PAIRS_OFFSET: usize = 16 + 28;

    /// Reads a response.
    ///
    /// # Errors
    /// [`Malformed`] names the field; offsets count from the start of the response.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let proof = reader.array("NTProofStr")?;
        let blob = reader.rest();
        let versions: [u8; 2] = reader.array("RespType")?;
        if versions != [1, 1] {
            return Err(Malformed {
                what: "RespType",
                offset: 16,
                why: Why::Value,
            });
        }
        reader.take(6, "Reserved")?;
        let time = reader.u64("TimeStamp")?;
        let client_challenge = reader.array("ChallengeFromClient")?;
        reader.take(4, "Reserved")?;
        let offset = reader.offset();
        let pairs = AvPairs::parse(reader.rest()).map_err(|fault| fault.inside(offset))?;
        Ok(Self {
            proof,
            blob,
            time,
            client_challenge,
            pairs,
        })
    }
}
