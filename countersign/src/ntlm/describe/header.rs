//! The fixed parts of the three messages, and where they say that their payload is.
use std::ops::Range;

use super::payload::{Content, Part};
use super::report::Report;
use super::{flags, text};
use crate::ntlm::message::{
    Authenticate, AvFlags, Charset, NegotiateFlags, NtlmV2Response, Version,
};
use crate::wire::description::Field;
use crate::wire::oem::CodePage;
use crate::wire::{Malformed, Reader, Why};

type Parts<'a> = Result<Vec<Part<'a>>, Malformed>;

pub(super) fn negotiate<'a>(
    token: &'a [u8],
    mut reader: Reader<'a>,
    report: &mut Report,
) -> Parts<'a> {
    let flags = negotiate_flags(&mut reader, report)?;
    let mut parts = Vec::new();
    for (flag, row, name) in [
        (
            NegotiateFlags::OEM_DOMAIN_SUPPLIED,
            "DomainNameFields",
            "DomainName",
        ),
        (
            NegotiateFlags::OEM_WORKSTATION_SUPPLIED,
            "WorkstationFields",
            "WorkstationName",
        ),
    ] {
        // Old clients end the message after the flags or after the names.
        if reader.rest().is_empty() && !flags.contains(flag) {
            continue;
        }
        let descriptor = Descriptor::read(&mut reader, row, name, report)?;
        if flags.contains(flag) {
            let oem = Charset::Oem(&CodePage::CP437);
            parts.extend(descriptor.part(token, Content::Text(oem), report));
        } else {
            descriptor.ignored("its flag is not set", report);
        }
    }
    version(
        flags.contains(NegotiateFlags::VERSION),
        &parts,
        &mut reader,
        report,
    )?;
    Ok(parts)
}

pub(super) fn challenge<'a>(
    token: &'a [u8],
    mut reader: Reader<'a>,
    report: &mut Report,
) -> Parts<'a> {
    let name = Descriptor::read(&mut reader, "TargetNameFields", "TargetName", report)?;
    let flags = negotiate_flags(&mut reader, report)?;
    let at = reader.offset();
    let challenge = reader.take(8, "ServerChallenge")?;
    report.push(Field::new(at, 8, "ServerChallenge", text::bytes(challenge)));
    let charset = Charset::of(flags, &CodePage::CP437);
    let mut parts: Vec<Part<'_>> = name
        .part(token, Content::Text(charset), report)
        .into_iter()
        .collect();

    // Old servers end the message here.
    let has_info = flags.contains(NegotiateFlags::TARGET_INFO);
    let has_version =
        flags.contains(NegotiateFlags::VERSION) && (has_info || reader.rest().len() >= 24);
    if has_info || has_version || free(&parts, 32..40, &reader) {
        let at = reader.offset();
        let reserved = reader.take(8, "Reserved")?;
        let row = report.push(Field::new(at, 8, "Reserved", text::bytes(reserved)));
        if reserved != [0; 8] {
            report.explain(row, "not zero");
        }
    }
    if has_info || has_version || free(&parts, 40..48, &reader) {
        let info = Descriptor::read(&mut reader, "TargetInfoFields", "TargetInfo", report)?;
        if has_info {
            parts.extend(info.part(token, Content::Pairs, report));
        } else {
            info.ignored("NTLMSSP_NEGOTIATE_TARGET_INFO is not set", report);
        }
    }
    version(has_version, &parts, &mut reader, report)?;
    Ok(parts)
}

pub(super) fn authenticate<'a>(
    token: &'a [u8],
    mut reader: Reader<'a>,
    report: &mut Report,
) -> Parts<'a> {
    let mut read = |row, name| Descriptor::read(&mut reader, row, name, report);
    let lm = read("LmChallengeResponseFields", "LmChallengeResponse")?;
    let nt = read("NtChallengeResponseFields", "NtChallengeResponse")?;
    let domain = read("DomainNameFields", "DomainName")?;
    let user = read("UserNameFields", "UserName")?;
    let workstation = read("WorkstationFields", "Workstation")?;
    let key = read(
        "EncryptedRandomSessionKeyFields",
        "EncryptedRandomSessionKey",
    )?;
    let flags = negotiate_flags(&mut reader, report)?;

    let nt_bytes = nt.bytes(token);
    let response = nt_bytes.unwrap_or_default();
    let names = Content::Text(Charset::of(flags, &CodePage::CP437));
    let parts: Vec<Part<'_>> = [
        (lm, Content::Lm { response, flags }),
        (nt, Content::Nt { flags }),
        (domain, names),
        (user, names),
        (workstation, names),
        (key, Content::Key { flags }),
    ]
    .into_iter()
    .filter_map(|(descriptor, content)| descriptor.part(token, content, report))
    .collect();
    version(
        flags.contains(NegotiateFlags::VERSION),
        &parts,
        &mut reader,
        report,
    )?;
    mic(token, nt_bytes, &parts, report);
    Ok(parts)
}

fn negotiate_flags(
    reader: &mut Reader<'_>,
    report: &mut Report,
) -> Result<NegotiateFlags, Malformed> {
    let at = reader.offset();
    let flags = NegotiateFlags::from_bits_retain(reader.u32("NegotiateFlags")?);
    let mut field = Field::new(at, 4, "NegotiateFlags", format!("{:#010x}", flags.bits()));
    field.meaning = flags::negotiate(flags);
    report.push(field);
    Ok(flags)
}

/// `Version`, which is there when its flag is set; without the flag, when the payload leaves room.
fn version(
    promised: bool,
    parts: &[Part<'_>],
    reader: &mut Reader<'_>,
    report: &mut Report,
) -> Result<(), Malformed> {
    let at = reader.offset();
    if !promised && !free(parts, at..at.saturating_add(8), reader) {
        return Ok(());
    }
    let bytes = reader.array::<8>("Version")?;
    let version = Version::from_bytes(bytes);
    let value = format!(
        "{}.{} build {}, revision {}",
        version.major, version.minor, version.build, version.revision
    );
    let row = report.push(Field::new(at, 8, "Version", value));
    if version.to_bytes() != bytes {
        report.explain(
            row,
            format!("reserved bytes are not zero: {}", text::bytes(&bytes)),
        );
    }
    if !promised {
        report.explain(row, "ignored: NTLMSSP_NEGOTIATE_VERSION is not set");
    }
    Ok(())
}

/// `MIC`: only the AV flags of the response say whether there is one (NTLM-MSG-2).
fn mic(token: &[u8], response: Option<&[u8]>, parts: &[Part<'_>], report: &mut Report) {
    const START: usize = Authenticate::MIC_OFFSET;
    const PLACE: Range<usize> = START..START + 16;
    let parsed = response.map(NtlmV2Response::parse);
    let promised = parsed.is_some_and(|parsed| {
        parsed.is_ok_and(|response| {
            let flags = response.pairs.flags.unwrap_or_default();
            flags.contains(AvFlags::MIC)
        })
    });
    let why_not = match (response, parsed) {
        (Some(response), _) if response.len() <= 24 => "only an NTLMv2 response can promise one",
        (_, Some(Ok(_))) => "MsvAvFlags does not promise one",
        _ => "the response that would promise one can not be read",
    };
    let bytes = token.get(PLACE);
    match bytes {
        Some(mic) if promised => {
            report.push(
                Field::new(START, 16, "MIC", text::bytes(mic))
                    .meaning("HMAC-MD5 over the three messages under the session key"),
            );
        }
        None if promised => {
            report.fault(Malformed {
                what: "MIC",
                offset: START.min(token.len()),
                why: Why::Missing,
            });
        }
        Some(mic) if !parts.iter().any(|part| part.meets(&PLACE)) => {
            report.push(
                Field::new(START, 16, "MIC", text::bytes(mic))
                    .meaning(format!("ignored: {why_not}")),
            );
        }
        Some(_) => {
            report.push(
                Field::new(START, 0, "MIC", "none")
                    .meaning(format!("{why_not}: the bytes here are payload")),
            );
        }
        None => {
            report.push(Field::new(START.min(token.len()), 0, "MIC", "none").meaning(why_not));
        }
    }
}

/// Whether a field of the header can stand at `place`, which is where the reader is.
fn free(parts: &[Part<'_>], place: Range<usize>, reader: &Reader<'_>) -> bool {
    reader.offset() == place.start
        && reader.rest().len() >= place.len()
        && !parts.iter().any(|part| part.meets(&place))
}

/// One of the `*Fields` structures: length and offset of a part of the payload.
struct Descriptor {
    /// Its field in the report.
    row: usize,
    name: &'static str,
    len: usize,
    offset: usize,
}

impl Descriptor {
    fn read(
        reader: &mut Reader<'_>,
        row: &'static str,
        name: &'static str,
        report: &mut Report,
    ) -> Result<Self, Malformed> {
        let at = reader.offset();
        let (len, max) = (reader.u16(row)?, reader.u16(row)?);
        let offset = reader.u32(row)?;
        let value = format!("Len {len}, MaxLen {max}, BufferOffset {offset}");
        let row = report.push(Field::new(at, 8, row, value));
        if len == 0 {
            report.explain(row, "empty");
        }
        Ok(Self {
            row,
            name,
            len: usize::from(len),
            offset: usize::try_from(offset).unwrap_or(usize::MAX),
        })
    }

    fn bytes<'a>(&self, token: &'a [u8]) -> Option<&'a [u8]> {
        token.get(self.offset..)?.get(..self.len)
    }

    /// The part that this describes; none when it is empty or lies outside.
    fn part<'a>(
        &self,
        token: &'a [u8],
        content: Content<'a>,
        report: &mut Report,
    ) -> Option<Part<'a>> {
        if self.len == 0 {
            return None;
        }
        let Some(bytes) = self.bytes(token) else {
            report.explain(self.row, "points outside the message");
            report.fault(Malformed {
                what: self.name,
                offset: self.offset,
                why: Why::OutOfBounds,
            });
            return None;
        };
        Some(Part {
            row: Some(self.row),
            name: self.name,
            offset: self.offset,
            bytes,
            content,
        })
    }

    fn ignored(&self, why: &str, report: &mut Report) {
        if self.len > 0 {
            report.explain(self.row, format!("ignored: {why}"));
        }
    }
}
