//! What the command prints: tables and colour for people, JSON for programs.
use std::fmt;
use std::io::{self, Write};

pub(crate) mod colour;
pub(crate) mod facts;
pub(crate) mod fields;
pub(crate) mod json;
pub(crate) mod table;
pub(crate) mod text;

/// Standard output, without colour where it is no terminal.
///
/// It is locked as long as the value lives, so that lines of several threads do not mix.
///
/// That the reader of a pipe has gone is told apart from the same error of a socket, because it is
/// no failure: see [`ClosedPipe`].
pub(crate) fn stdout() -> impl Write {
    Stdout(anstream::stdout().lock())
}

struct Stdout<W>(W);

impl<W: Write> Write for Stdout<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(mark)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(mark)
    }
}

fn mark(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::BrokenPipe {
        io::Error::new(io::ErrorKind::BrokenPipe, ClosedPipe)
    } else {
        error
    }
}

/// Nobody reads standard output any more.
#[derive(Debug)]
pub(crate) struct ClosedPipe;

impl fmt::Display for ClosedPipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads standard output any more")
    }
}

impl std::error::Error for ClosedPipe {}
