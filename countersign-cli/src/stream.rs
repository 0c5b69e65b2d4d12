//! A TCP connection whose handshake has a deadline.
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// How long a handshake may take as a whole.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(30);
/// How long the peer may leave what we send unread.
const WRITE: Duration = Duration::from_secs(30);

/// A connection. The deadline holds for all reads together: a peer that sends one byte now and then
/// gains nothing.
#[derive(Debug)]
pub(crate) struct Timed {
    stream: TcpStream,
    until: Option<Instant>,
}

impl Timed {
    /// A connection that must get through its handshake within `limit`.
    pub(crate) fn new(stream: TcpStream, limit: Duration) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(WRITE))?;
        Ok(Self {
            stream,
            until: Some(Instant::now() + limit),
        })
    }

    /// Lifts the deadline: an authenticated peer may be silent.
    pub(crate) fn at_leisure(&mut self) -> io::Result<()> {
        self.until = None;
        self.stream.set_read_timeout(None)
    }

    /// The same connection for a second thread.
    pub(crate) fn try_clone(&self) -> io::Result<TcpStream> {
        self.stream.try_clone()
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(until) = self.until {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(too_late());
            }
            self.stream.set_read_timeout(Some(left))?;
        }
        self.stream
            .read(buffer)
            .map_err(|error| match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => too_late(),
                _ => error,
            })
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

fn too_late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the handshake took too long")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A peer that sends a byte whenever the reader may have lost its patience gains nothing.
    #[test]
    fn slow_peers_do_not_outlast_the_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let dripping = thread::spawn(move || {
            let (mut peer, _) = listener.accept().unwrap();
            while peer.write_all(b"x").is_ok() {
                thread::sleep(Duration::from_millis(5));
            }
        });
        let stream = TcpStream::connect(address).unwrap();
        let mut stream = Timed::new(stream, Duration::from_millis(50)).unwrap();
        let error = io::copy(&mut stream, &mut io::sink()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(stream);
        dripping.join().unwrap();
    }

    #[test]
    fn silent_peers() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut stream = Timed::new(stream, Duration::from_millis(20)).unwrap();
        let error = stream.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        stream.at_leisure().unwrap();
        assert_eq!(stream.stream.read_timeout().unwrap(), None);
    }
}
