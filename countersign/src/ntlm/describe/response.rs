//! The two responses of AUTHENTICATE ([MS-NLMP] 2.2.2.3 to 2.2.2.8).
use super::report::Report;
use super::{pairs, text};
use crate::base::environment::Timestamp;
use crate::ntlm::message::{NegotiateFlags, NtlmV2Response};
use crate::wire::description::Field;
use crate::wire::{Malformed, Reader};

/// The length of every response of LAN Manager and of NTLMv1, in bytes.
const V1: usize = 24;

/// What an LM response is; that depends on the NT response beside it.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Lm {
    Anonymous,
    Absent,
    V2,
    ExtendedV1,
    SameAsNt,
    V1,
    Unusual,
}

impl Lm {
    fn of(lm: &[u8], nt: &[u8], flags: NegotiateFlags) -> Self {
        if lm == [0] {
            return Self::Anonymous;
        }
        if lm.len() != V1 {
            return Self::Unusual;
        }
        let extended = flags.contains(NegotiateFlags::EXTENDED_SESSIONSECURITY);
        if lm == [0; V1] {
            Self::Absent
        } else if nt.len() > V1 {
            Self::V2
        } else if lm == nt {
            Self::SameAsNt
        } else if extended && lm.ends_with(&[0; 16]) {
            Self::ExtendedV1
        } else {
            Self::V1
        }
    }
}

/// A line about an LM response.
pub(super) fn lm_kind(lm: &[u8], nt: &[u8], flags: NegotiateFlags) -> String {
    match Lm::of(lm, nt, flags) {
        Lm::Anonymous => "one zero byte: anonymous client".to_owned(),
        Lm::Absent if nt.len() > V1 => "24 zero bytes: NTLMv2 client with a timestamp".to_owned(),
        Lm::Absent => "24 zero bytes: no LM response".to_owned(),
        Lm::V2 => "LMv2 response".to_owned(),
        Lm::ExtendedV1 => {
            "client challenge of NTLMv1 with extended session security, no LM response".to_owned()
        }
        Lm::SameAsNt => "the NT response again: no LM response".to_owned(),
        Lm::V1 => "LM response of version 1".to_owned(),
        Lm::Unusual => format!("{} bytes: no known kind of response", lm.len()),
    }
}

/// The fields of an LM response.
pub(super) fn lm(
    mut reader: Reader<'_>,
    nt: &[u8],
    flags: NegotiateFlags,
    report: &mut Report,
) -> Result<(), Malformed> {
    match Lm::of(reader.rest(), nt, flags) {
        Lm::V2 => {
            report.raw(&mut reader, 1, "Response", 16)?;
            report.raw(&mut reader, 1, "ChallengeFromClient", 8)
        }
        Lm::ExtendedV1 => {
            report.raw(&mut reader, 1, "ChallengeFromClient", 8)?;
            report.raw(&mut reader, 1, "padding", 16)
        }
        _ => Ok(()),
    }
}

/// A line about an NT response.
pub(super) fn nt_kind(nt: &[u8], flags: NegotiateFlags) -> &'static str {
    let extended = flags.contains(NegotiateFlags::EXTENDED_SESSIONSECURITY);
    match nt.len() {
        ..V1 => "shorter than any response",
        V1 if extended => "NTLMv1 response with extended session security",
        V1 => "NTLMv1 response",
        _ => "NTLMv2 response",
    }
}

/// The fields of an NT response.
pub(super) fn nt(mut reader: Reader<'_>, report: &mut Report) -> Result<(), Malformed> {
    if reader.rest().len() <= V1 {
        return Ok(());
    }
    let at = reader.offset();
    if let Err(mut fault) = NtlmV2Response::parse(reader.rest()) {
        fault.offset = fault.offset.saturating_add(at);
        report.fault(fault);
    }
    report.raw(&mut reader, 1, "NTProofStr", 16)?;
    report.raw(&mut reader, 1, "RespType", 1)?;
    report.raw(&mut reader, 1, "HiRespType", 1)?;
    report.raw(&mut reader, 1, "Reserved1", 2)?;
    report.raw(&mut reader, 1, "Reserved2", 4)?;
    let at = reader.offset();
    let time = reader.u64("TimeStamp")?;
    let date = Timestamp::from_filetime(time).to_string();
    let field = Field::new(at, 8, "TimeStamp", date);
    report.nest(1, field.meaning(format!("{time:#018x}")));
    report.raw(&mut reader, 1, "ChallengeFromClient", 8)?;
    report.raw(&mut reader, 1, "Reserved3", 4)?;

    let at = reader.offset();
    let (list, count) = pairs::measure(reader.rest());
    let bytes = reader.take(list, "AvPairs")?;
    let pairs = if count == 1 { "pair" } else { "pairs" };
    let value = format!("{count} {pairs}");
    report.nest(1, Field::new(at, list, "AvPairs", value));
    pairs::describe(bytes, at, 2, report);
    let (at, behind) = (reader.offset(), reader.rest());
    if !behind.is_empty() {
        let name = if behind == [0; 4] {
            "padding"
        } else {
            "not covered"
        };
        let field = Field::new(at, behind.len(), name, text::bytes(behind));
        report.nest(1, field.meaning("behind the end of the pairs"));
    }
    Ok(())
}
