//! Framed tokens over a byte stream: one byte for the kind, four for the length (big-endian), then
//! the payload.
//!
//! ```
//! use countersign_net::frame::{self, Frame, FrameError, Kind};
//!
//! let mut wire = Vec::new();
//! frame::write(&mut wire, Kind::Token, b"NTLMSSP\0")?;
//! assert_eq!(&wire[..5], b"T\0\0\0\x08");
//!
//! let mut stream = wire.as_slice();
//! assert_eq!(frame::read(&mut stream)?.unwrap().payload, b"NTLMSSP\0");
//! assert!(frame::read(&mut stream)?.is_none(), "closed between two frames");
//!
//! let lie = frame::read(&mut &b"T\xff\xff\xff\xff"[..]);
//! assert!(matches!(lie, Err(FrameError::TooLong { kind: Kind::Token, .. })));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
use std::fmt;
use std::io::{self, Read, Write};

/// The longest token, in bytes: the 64 KiB that Kerberos tickets may grow to, and the wrapping
/// around them.
pub const MAX_TOKEN: usize = 65_536 + 4096;
/// The longest protected message, in bytes.
pub const MAX_MESSAGE: usize = 16 * 1024 * 1024;
/// The longest text of a frame that tells about the exchange itself, in bytes.
pub const MAX_TEXT: usize = 4096;

/// The length of kind and length.
const HEADER: usize = 5;
/// How much memory is taken before the first byte of it was received.
const STEP: usize = 16 * 1024;

/// What a frame carries.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum Kind {
    /// A token of a handshake.
    Token = b'T',
    /// The sender gives up; the text says why, for people.
    Error = b'E',
    /// The server's context is established.
    Done = b'D',
    /// A sealed message: token, then data.
    Wrapped = b'W',
    /// A message with integrity only: token, then data.
    Integrity = b'I',
    /// A plain message with its signature.
    Signed = b'M',
    /// Nothing more follows.
    Quit = b'Q',
}

impl Kind {
    /// The kind that a byte stands for.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            b'T' => Self::Token,
            b'E' => Self::Error,
            b'D' => Self::Done,
            b'W' => Self::Wrapped,
            b'I' => Self::Integrity,
            b'M' => Self::Signed,
            b'Q' => Self::Quit,
            _ => return None,
        })
    }

    /// The byte on the wire.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// The longest payload of this kind, in bytes.
    #[must_use]
    pub const fn limit(self) -> usize {
        match self {
            Self::Token => MAX_TOKEN,
            Self::Wrapped | Self::Integrity | Self::Signed => MAX_MESSAGE,
            Self::Error | Self::Done | Self::Quit => MAX_TEXT,
        }
    }
}

/// A frame.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Frame {
    /// What it carries.
    pub kind: Kind,
    /// The bytes of it.
    pub payload: Vec<u8>,
}

/// Why no frame could be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum FrameError {
    /// The stream failed.
    Io(io::Error),
    /// The first byte names no kind.
    UnknownKind(u8),
    /// The length is beyond the limit of the kind. Nothing of the payload was read.
    TooLong {
        /// The kind.
        kind: Kind,
        /// The length as it was sent.
        length: u32,
    },
    /// The stream ended inside a frame.
    Truncated {
        /// How many bytes of the part being read (header or payload) were missing.
        missing: usize,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::UnknownKind(byte) => write!(f, "no frame begins with the byte {byte:#04x}"),
            Self::TooLong { kind, length } => write!(
                f,
                "a frame of kind {kind:?} claims {length} bytes; {} are allowed",
                kind.limit()
            ),
            Self::Truncated { missing } => {
                write!(f, "the stream ended inside a frame, {missing} bytes early")
            }
        }
    }
}

impl std::error::Error for FrameError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for FrameError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<FrameError> for io::Error {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Io(error) => error,
            FrameError::Truncated { .. } => Self::new(io::ErrorKind::UnexpectedEof, error),
            FrameError::UnknownKind(_) | FrameError::TooLong { .. } => {
                Self::new(io::ErrorKind::InvalidData, error)
            }
        }
    }
}

/// Writes a frame with one call of `write_all`, so that small frames are one packet.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] when `payload` is beyond the limit of its kind; nothing is
/// written then. Any error of `to`.
pub fn write(to: &mut impl Write, kind: Kind, payload: &[u8]) -> io::Result<()> {
    to.write_all(&encode(kind, payload)?)?;
    to.flush()
}

/// Reads a frame; `None` when the stream ended between two frames.
///
/// # Errors
/// [`FrameError`]. A length is checked against the limit of its kind before anything is read, and
/// memory grows with the bytes that arrive, so that a lying length costs none.
pub fn read(from: &mut impl Read) -> Result<Option<Frame>, FrameError> {
    let mut header = [0; HEADER];
    let mut have = 0;
    while let Some(room) = header.get_mut(have..).filter(|room| !room.is_empty()) {
        match from.read(room) {
            Ok(0) if have == 0 => return Ok(None),
            Ok(0) => return Err(truncated(HEADER - have)),
            Ok(count) => have += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    let (kind, length) = decode(header)?;
    let mut payload = Vec::new();
    let mut left = length;
    while left > 0 {
        let step = next_step(payload.len(), left);
        payload.reserve_exact(step);
        let count = from.by_ref().take(step as u64).read_to_end(&mut payload)?;
        if count < step {
            return Err(truncated(left - count));
        }
        left -= count;
    }
    Ok(Some(Frame { kind, payload }))
}

/// Writes a frame; see [`write()`].
///
/// # Errors
/// As [`write()`].
#[cfg(feature = "tokio")]
pub async fn write_async(
    to: &mut (impl tokio::io::AsyncWrite + Unpin),
    kind: Kind,
    payload: &[u8],
) -> io::Result<()> {
    use tokio::io::AsyncWriteExt;
    to.write_all(&encode(kind, payload)?).await?;
    to.flush().await
}

/// Reads a frame; see [`read`]. Not to be dropped half-way: what was read of a frame is lost then.
///
/// # Errors
/// As [`read`].
#[cfg(feature = "tokio")]
pub async fn read_async(
    from: &mut (impl tokio::io::AsyncRead + Unpin),
) -> Result<Option<Frame>, FrameError> {
    use tokio::io::AsyncReadExt;
    let mut header = [0; HEADER];
    let mut have = 0;
    while let Some(room) = header.get_mut(have..).filter(|room| !room.is_empty()) {
        match from.read(room).await? {
            0 if have == 0 => return Ok(None),
            0 => return Err(truncated(HEADER - have)),
            count => have += count,
        }
    }
    let (kind, length) = decode(header)?;
    let mut payload = Vec::new();
    let mut left = length;
    while left > 0 {
        let step = next_step(payload.len(), left);
        payload.reserve_exact(step);
        let count = from.take(step as u64).read_to_end(&mut payload).await?;
        if count < step {
            return Err(truncated(left - count));
        }
        left -= count;
    }
    Ok(Some(Frame { kind, payload }))
}

fn encode(kind: Kind, payload: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(payload.len())
        .ok()
        .filter(|_| payload.len() <= kind.limit())
        .ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "a frame of kind {kind:?} can not hold {} bytes; {} are allowed",
                    payload.len(),
                    kind.limit()
                ),
            )
        })?;
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.push(kind.byte());
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(payload);
    Ok(bytes)
}

fn decode([kind, length @ ..]: [u8; HEADER]) -> Result<(Kind, usize), FrameError> {
    let kind = Kind::from_byte(kind).ok_or(FrameError::UnknownKind(kind))?;
    let length = u32::from_be_bytes(length);
    match usize::try_from(length) {
        Ok(len) if len <= kind.limit() => Ok((kind, len)),
        _ => Err(FrameError::TooLong { kind, length }),
    }
}

/// Memory doubles with what has arrived.
fn next_step(have: usize, left: usize) -> usize {
    left.min(have.max(STEP))
}

const fn truncated(missing: usize) -> FrameError {
    FrameError::Truncated { missing }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 7] = [
        Kind::Token,
        Kind::Error,
        Kind::Done,
        Kind::Wrapped,
        Kind::Integrity,
        Kind::Signed,
        Kind::Quit,
    ];

    /// Counts calls, and takes and gives at most `chunk` bytes at once.
    struct Slow<'a> {
        bytes: &'a [u8],
        chunk: usize,
        asked: usize,
    }

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.asked = self.asked.max(buffer.len());
            let count = buffer.len().min(self.chunk).min(self.bytes.len());
            let (now, later) = self.bytes.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.bytes = later;
            Ok(count)
        }
    }

    #[derive(Default)]
    struct Counting(Vec<usize>);

    impl Write for Counting {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// CONN-4: every byte of every kind comes back, however the stream cuts it.
    #[test]
    fn round_trips() {
        let all: Vec<u8> = (0..=255).collect();
        for kind in KINDS {
            assert_eq!(Kind::from_byte(kind.byte()), Some(kind));
            for payload in [
                &b""[..],
                b"\0",
                &all,
                &vec![0x5a; kind.limit().min(100_000)],
            ] {
                if payload.len() > kind.limit() {
                    continue;
                }
                let mut wire = Vec::new();
                write(&mut wire, kind, payload).unwrap();
                for chunk in [1, 3, 4096, usize::MAX] {
                    let mut stream = Slow {
                        bytes: &wire,
                        chunk,
                        asked: 0,
                    };
                    let frame = read(&mut stream).unwrap().unwrap();
                    assert_eq!((frame.kind, frame.payload.as_slice()), (kind, payload));
                    assert_eq!(read(&mut stream).unwrap(), None);
                }
            }
        }
    }

    #[test]
    fn every_prefix_is_truncated() {
        let mut wire = Vec::new();
        write(&mut wire, Kind::Token, b"0123456789").unwrap();
        assert!(read(&mut &wire[..0]).unwrap().is_none());
        for len in 1..wire.len() {
            let missing = if len < HEADER { HEADER } else { wire.len() } - len;
            match read(&mut &wire[..len]) {
                Err(FrameError::Truncated { missing: told }) => assert_eq!(told, missing, "{len}"),
                other => panic!("{len}: {other:?}"),
            }
        }
    }

    #[test]
    fn unknown_kinds() {
        for byte in 0..=255 {
            if Kind::from_byte(byte).is_none() {
                let read = read(&mut &[byte, 0, 0, 0, 0][..]);
                assert!(matches!(read, Err(FrameError::UnknownKind(b)) if b == byte));
            }
        }
    }

    #[test]
    fn lying_lengths_cost_nothing() {
        for kind in KINDS {
            let beyond = u32::try_from(kind.limit() + 1).unwrap();
            for length in [beyond, u32::MAX, 1 << 31] {
                let mut wire = vec![kind.byte()];
                wire.extend_from_slice(&length.to_be_bytes());
                wire.extend_from_slice(&[0; 64]);
                let mut stream = wire.as_slice();
                assert!(matches!(
                    read(&mut stream),
                    Err(FrameError::TooLong { length: told, .. }) if told == length
                ));
                assert_eq!(stream.len(), 64, "nothing of the payload was read");
            }
            // The limit itself is allowed, and reading it asks for little at once.
            let mut wire = vec![kind.byte()];
            wire.extend_from_slice(&u32::try_from(kind.limit()).unwrap().to_be_bytes());
            wire.push(0);
            let mut stream = Slow {
                bytes: &wire,
                chunk: usize::MAX,
                asked: 0,
            };
            let missing = kind.limit() - 1;
            assert!(matches!(
                read(&mut stream),
                Err(FrameError::Truncated { missing: told }) if told == missing
            ));
            assert!(stream.asked <= STEP, "{}", stream.asked);
        }
    }

    #[test]
    fn too_long_is_not_written() {
        for kind in KINDS {
            let mut wire = Vec::new();
            let error = write(&mut wire, kind, &vec![0; kind.limit() + 1]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            assert!(wire.is_empty());
        }
    }

    #[test]
    fn one_write_per_frame() {
        let mut stream = Counting::default();
        write(&mut stream, Kind::Token, b"token").unwrap();
        assert_eq!(stream.0, [HEADER + 5]);
    }

    #[test]
    fn errors_keep_their_cause() {
        let error = io::Error::from(FrameError::UnknownKind(b'H'));
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(error.to_string(), "no frame begins with the byte 0x48");
        let error = io::Error::from(truncated(3));
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
