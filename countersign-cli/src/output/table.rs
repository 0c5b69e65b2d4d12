//! Tables that fit the terminal.
use std::io::Write;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement};

use super::colour::TITLE;
use super::stdout;

/// The width where the terminal does not say: what fits everywhere.
const DEFAULT_WIDTH: u16 = 80;
/// Narrower than this nothing can be read any more.
const LEAST_WIDTH: u16 = 40;

/// A table with a head.
#[derive(Debug)]
pub(crate) struct Table {
    table: comfy_table::Table,
    indent: usize,
}

impl Table {
    /// A table with these columns.
    pub(crate) fn new(head: &[&str]) -> Self {
        let mut table = comfy_table::Table::new();
        table
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(head);
        Self { table, indent: 0 }
    }

    /// A table of names and values, without a head.
    pub(crate) fn pairs() -> Self {
        let mut table = comfy_table::Table::new();
        table
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic);
        Self { table, indent: 0 }
    }

    /// Moves the table to the right.
    pub(crate) fn indented(mut self, by: usize) -> Self {
        self.indent = by;
        self
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.table.add_row(cells);
    }

    /// Aligns columns of numbers to the right.
    pub(crate) fn right(mut self, columns: &[usize]) -> Self {
        self.table.discover_columns();
        for &column in columns {
            if let Some(column) = self.table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        self
    }

    /// Prints it; the columns in `rigid` are never wrapped.
    pub(crate) fn print(mut self, rigid: &[usize]) -> anyhow::Result<()> {
        self.table.discover_columns();
        let width = usize::from(width()).saturating_sub(self.indent);
        self.table.set_width(u16::try_from(width)?);
        for column in self.table.column_iter_mut() {
            if rigid.contains(&column.index) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
            column.set_padding((0, 2));
        }
        let has_head = self.table.header().is_some();
        let mut out = stdout();
        for (number, line) in self.table.lines().enumerate() {
            let (line, indent) = (line.trim_end(), self.indent);
            if has_head && number == 0 {
                writeln!(out, "{:indent$}{TITLE}{line}{TITLE:#}", "")?;
            } else {
                writeln!(out, "{:indent$}{line}", "")?;
            }
        }
        Ok(())
    }
}

/// The width to print to.
pub(super) fn width() -> u16 {
    let terminal = terminal_size::terminal_size().map(|(width, _)| width.0);
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal
        .or_else(told)
        .unwrap_or(DEFAULT_WIDTH)
        .max(LEAST_WIDTH)
}
