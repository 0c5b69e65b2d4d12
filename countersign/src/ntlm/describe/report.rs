//! The fields found so far.
use std::ops::Range;

use super::text;
use crate::wire::description::{Description, Field};
use crate::wire::{Malformed, Reader};

/// More fields than any token has that means well.
const MAX_FIELDS: usize = 2000;

#[derive(Debug)]
pub(super) struct Report {
    fields: Vec<Field>,
    /// Fields that found no room any more.
    omitted: usize,
    fault: Option<Malformed>,
}

impl Report {
    pub(super) const fn new() -> Self {
        Self {
            fields: Vec::new(),
            omitted: 0,
            fault: None,
        }
    }

    /// Adds a field and gives its place for [`Self::explain`].
    pub(super) fn push(&mut self, field: Field) -> usize {
        let row = self.fields.len();
        if row < MAX_FIELDS {
            self.fields.push(field);
        } else {
            self.omitted = self.omitted.saturating_add(1);
        }
        row
    }

    /// Adds a field that lies `depth` deep in others.
    pub(super) fn nest(&mut self, depth: u8, mut field: Field) -> usize {
        field.depth = depth;
        self.push(field)
    }

    /// Adds the next `len` bytes as they are, `depth` deep.
    pub(super) fn raw(
        &mut self,
        reader: &mut Reader<'_>,
        depth: u8,
        name: &'static str,
        len: usize,
    ) -> Result<(), Malformed> {
        let at = reader.offset();
        let bytes = reader.take(len, name)?;
        self.nest(depth, Field::new(at, len, name, text::bytes(bytes)));
        Ok(())
    }

    /// Adds a line of meaning to a field.
    pub(super) fn explain(&mut self, row: usize, line: impl Into<String>) {
        if let Some(field) = self.fields.get_mut(row) {
            field.meaning.push(line.into());
        }
    }

    /// Notes a fault; the first one is reported.
    pub(super) fn fault(&mut self, fault: Malformed) {
        self.fault.get_or_insert(fault);
    }

    /// The fields of the token itself that have bytes: name and place.
    pub(super) fn taken(&self) -> impl Iterator<Item = (&'static str, Range<usize>)> {
        self.fields
            .iter()
            .filter(|field| field.depth == 0 && field.length > 0)
            .map(|field| {
                let end = field.offset.saturating_add(field.length);
                (field.name, field.offset..end)
            })
    }

    pub(super) fn finish(mut self, title: &'static str, end: usize) -> Description {
        if self.omitted > 0 {
            let value = format!("{} fields", self.omitted);
            self.fields.push(Field::new(end, 0, "not shown", value));
        }
        Description {
            title,
            fields: self.fields,
            fault: self.fault,
        }
    }
}
