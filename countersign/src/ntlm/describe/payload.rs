//! The parts behind the header, in the order in which they lie there.
use std::ops::Range;

use super::report::Report;
use super::{pairs, response, text};
use crate::ntlm::message::{Charset, NegotiateFlags};
use crate::wire::Reader;
use crate::wire::description::Field;

/// A part of the payload that lies within the message and is not empty.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// The field of its descriptor, which tells its meaning too.
    pub(super) row: Option<usize>,
    pub(super) name: &'static str,
    pub(super) offset: usize,
    pub(super) bytes: &'a [u8],
    pub(super) content: Content<'a>,
}

/// How a part is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    Text(Charset<'a>),
    Pairs,
    /// The NT response tells what the LM response is.
    Lm {
        response: &'a [u8],
        flags: NegotiateFlags,
    },
    Nt {
        flags: NegotiateFlags,
    },
    Key {
        flags: NegotiateFlags,
    },
    /// Bytes that belong to no field.
    Nothing,
}

impl Part<'_> {
    fn range(&self) -> Range<usize> {
        self.offset..self.offset.saturating_add(self.bytes.len())
    }

    /// Whether it shares bytes with `place`.
    pub(super) fn meets(&self, place: &Range<usize>) -> bool {
        let range = self.range();
        range.start < place.end && place.start < range.end
    }
}

/// Describes the payload and what is left of the message.
pub(super) fn describe<'a>(token: &'a [u8], mut parts: Vec<Part<'a>>, report: &mut Report) {
    let mut taken: Vec<_> = report.taken().collect();
    taken.extend(parts.iter().map(|part| (part.name, part.range())));
    parts.extend(gaps(token, &taken));
    parts.sort_by_key(|part| part.offset);
    for part in &parts {
        let overlaps: Vec<_> = taken
            .iter()
            .filter(|(name, range)| *name != part.name && part.meets(range))
            .map(|(name, _)| format!("overlaps {name}"))
            .collect();
        part.describe(&overlaps, report);
    }
}

/// The bytes that no field takes.
fn gaps<'a>(token: &'a [u8], taken: &[(&'static str, Range<usize>)]) -> Vec<Part<'a>> {
    let mut ranges: Vec<_> = taken.iter().map(|(_, range)| range.clone()).collect();
    ranges.push(token.len()..token.len());
    ranges.sort_by_key(|range| range.start);
    let mut gaps = Vec::new();
    let mut end = 0;
    for range in ranges {
        if let Some(bytes) = token.get(end..range.start)
            && !bytes.is_empty()
        {
            gaps.push(Part {
                row: None,
                name: "not covered",
                offset: end,
                bytes,
                content: Content::Nothing,
            });
        }
        end = end.max(range.end);
    }
    gaps
}

impl Part<'_> {
    fn describe(&self, overlaps: &[String], report: &mut Report) {
        let mut value = text::bytes(self.bytes);
        let mut notes = Vec::new();
        let mut summary = None;
        match self.content {
            Content::Text(charset) => {
                let (text, fault) = text::text(charset, self.bytes, self.name, self.offset);
                match fault {
                    Some(fault) => {
                        notes.push("not valid UTF-16".to_owned());
                        report.fault(fault);
                    }
                    None => summary = Some(format!("\"{text}\"")),
                }
                value = text;
                if matches!(charset, Charset::Unicode) && self.offset % 2 == 1 {
                    notes.push("at an odd offset".to_owned());
                }
            }
            Content::Pairs => notes.push("AV pairs".to_owned()),
            Content::Lm { response, flags } => {
                notes.push(response::lm_kind(self.bytes, response, flags));
            }
            Content::Nt { flags } => notes.push(response::nt_kind(self.bytes, flags).to_owned()),
            Content::Key { flags } => {
                notes.push("the session key, encrypted with RC4".to_owned());
                if !flags.contains(NegotiateFlags::KEY_EXCH) {
                    notes.push("ignored: NTLMSSP_NEGOTIATE_KEY_EXCH is not set".to_owned());
                }
                if self.bytes.len() != 16 {
                    notes.push("not 16 bytes long".to_owned());
                }
            }
            Content::Nothing => notes.push("belongs to no field".to_owned()),
        }
        if let Some(row) = self.row {
            if let Some(line) = summary.as_ref().or_else(|| notes.first()) {
                report.explain(row, line.clone());
            }
            for line in overlaps {
                report.explain(row, line.clone());
            }
        }
        let mut field = Field::new(self.offset, self.bytes.len(), self.name, value);
        field.meaning = notes;
        field.meaning.extend_from_slice(overlaps);
        let row = report.push(field);
        let reader = Reader::at(self.bytes, self.offset);
        let read = match self.content {
            Content::Pairs => {
                pairs::describe(self.bytes, self.offset, 1, report);
                Ok(())
            }
            Content::Lm { response, flags } => response::lm(reader, response, flags, report),
            Content::Nt { .. } => response::nt(reader, report),
            Content::Text(_) | Content::Key { .. } | Content::Nothing => Ok(()),
        };
        if let Err(fault) = read {
            report.explain(row, fault.to_string());
            report.fault(fault);
        }
    }
}
