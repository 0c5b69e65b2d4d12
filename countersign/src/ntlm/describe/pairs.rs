//! AV pairs and the structures in them ([MS-NLMP] 2.2.2.1, 2.2.2.2).
use super::report::Report;
use super::{flags, text};
use crate::base::environment::Timestamp;
use crate::ntlm::message::{AvFlags, AvId, AvPairs, Charset};
use crate::wire::description::Field;
use crate::wire::{Malformed, Reader};

/// A pair with its place: the end of the list is one too.
struct Pair<'a> {
    id: AvId,
    value: &'a [u8],
    offset: usize,
}

/// The pairs with their end, as far as they can be read.
fn read<'a>(mut reader: Reader<'a>) -> impl Iterator<Item = Pair<'a>> {
    let mut ended = false;
    std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let offset = reader.offset();
        let id = AvId(reader.u16("AvId").ok()?);
        let len = reader.u16("AvLen").ok()?;
        let value = reader.take(usize::from(len), "AV pair").ok()?;
        ended = id == AvId::EOL;
        Some(Pair { id, value, offset })
    })
}

/// The length of the list with its end, and how many pairs are in it. Without an end all is list.
pub(super) fn measure(bytes: &[u8]) -> (usize, usize) {
    let mut count = 0usize;
    for pair in read(Reader::new(bytes)) {
        if pair.id == AvId::EOL {
            let end = pair
                .offset
                .saturating_add(4)
                .saturating_add(pair.value.len());
            return (end, count);
        }
        count = count.saturating_add(1);
    }
    (bytes.len(), count)
}

/// Describes the list that stands at `offset`.
pub(super) fn describe(bytes: &[u8], offset: usize, depth: u8, report: &mut Report) {
    if let Err(mut fault) = AvPairs::parse(bytes) {
        fault.offset = fault.offset.saturating_add(offset);
        report.fault(fault);
    }
    let mut end = offset;
    for pair in read(Reader::at(bytes, offset)) {
        let length = pair.value.len().saturating_add(4);
        end = pair.offset.saturating_add(length);
        pair.describe(length, depth, report);
    }
    let rest = bytes.get(end.saturating_sub(offset)..).unwrap_or_default();
    if !rest.is_empty() {
        let field = Field::new(end, rest.len(), "not covered", text::bytes(rest));
        report.nest(depth, field.meaning("not part of a pair"));
    }
}

impl Pair<'_> {
    fn describe(&self, length: usize, depth: u8, report: &mut Report) {
        let at = self.offset.saturating_add(4);
        let name = self.id.name().unwrap_or("AV pair");
        let mut field = Field::new(self.offset, length, name, text::bytes(self.value));
        match self.id {
            AvId::NB_COMPUTER_NAME
            | AvId::NB_DOMAIN_NAME
            | AvId::DNS_COMPUTER_NAME
            | AvId::DNS_DOMAIN_NAME
            | AvId::DNS_TREE_NAME
            | AvId::TARGET_NAME => {
                let (text, fault) = text::text(Charset::Unicode, self.value, name, at);
                field.value = text;
                if let Some(fault) = fault {
                    field = field.meaning("not valid UTF-16");
                    report.fault(fault);
                } else if self.value.is_empty() {
                    field = field.meaning("empty");
                }
            }
            AvId::FLAGS => {
                if let Ok(bytes) = self.value.try_into() {
                    let flags = AvFlags::from_bits_retain(u32::from_le_bytes(bytes));
                    field.value = format!("{:#010x}", flags.bits());
                    field.meaning = flags::av(flags);
                } else {
                    field = field.meaning("not 4 bytes long");
                }
            }
            AvId::TIMESTAMP => {
                if let Ok(bytes) = self.value.try_into() {
                    let time = u64::from_le_bytes(bytes);
                    field.value = Timestamp::from_filetime(time).to_string();
                    field = field.meaning(format!("{time:#018x}"));
                } else {
                    field = field.meaning("not 8 bytes long");
                }
            }
            AvId::CHANNEL_BINDINGS => {
                if self.value == [0; 16] {
                    "none (zero)".clone_into(&mut field.value);
                } else if self.value.len() == 16 {
                    field = field.meaning("MD5 of the channel bindings");
                } else {
                    field = field.meaning("not 16 bytes long");
                }
            }
            AvId::EOL => field = field.meaning("end of the list"),
            AvId::SINGLE_HOST => {}
            AvId(id) => field = field.meaning(format!("unknown id {id:#06x}")),
        }
        let row = report.nest(depth, field);
        if self.id == AvId::SINGLE_HOST
            && single_host(Reader::at(self.value, at), depth.saturating_add(1), report).is_err()
        {
            report.explain(row, "shorter than its structure");
        }
    }
}

/// `Single_Host_Data`.
fn single_host(mut reader: Reader<'_>, depth: u8, report: &mut Report) -> Result<(), Malformed> {
    let at = reader.offset();
    let size = reader.u32("Size")?;
    report.nest(depth, Field::new(at, 4, "Size", size.to_string()));
    report.raw(&mut reader, depth, "Z4", 4)?;
    report.raw(&mut reader, depth, "CustomData", 8)?;
    report.raw(&mut reader, depth, "MachineID", 32)?;
    let (at, rest) = (reader.offset(), reader.rest());
    if !rest.is_empty() {
        let field = Field::new(at, rest.len(), "not covered", text::bytes(rest));
        report.nest(depth, field.meaning("behind the structure"));
    }
    Ok(())
}
