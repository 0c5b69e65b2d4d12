//! The few colours. The streams of `anstream` leave them out where the output is no terminal or
//! `NO_COLOR` is set.
use clap::builder::styling::{AnsiColor, Style};

/// Titles and the heads of tables.
pub(crate) const TITLE: Style = Style::new().bold();
/// What went well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What went wrong.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is there to look up and not to read.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// The client's direction.
pub(crate) const THERE: Style = AnsiColor::Cyan.on_default();
/// The server's direction.
pub(crate) const BACK: Style = AnsiColor::Magenta.on_default();
