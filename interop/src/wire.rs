//! The frames of the lab: those of `countersign-net`, with the lab's own end of the handshake (the
//! server's facts and the session key as JSON, so that both sides can be compared).
use std::io::{self, Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, bail};
use countersign::{Error, Incoming, Opened, Order, Session};
use countersign_net::blocking::{Framed, Side, Transport};
use countersign_net::frame::{self, Frame, Kind};

/// Tokens in frames; whoever accepts says `D` itself.
pub(crate) struct LabTransport<S>(pub(crate) Framed<'static, S>);

impl<S: Read + Write> Transport for LabTransport<S> {
    fn send(&mut self, token: &[u8]) -> io::Result<()> {
        self.0.send(token)
    }
    fn receive(&mut self, incoming: &mut Incoming) -> io::Result<()> {
        self.0.receive(incoming)
    }
    fn established(&mut self, _: Side, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
    fn failed(&mut self, error: &Error) -> io::Result<()> {
        // The lab wants to know which check it was; a real server tells no more than the status.
        let text = format!("{:?}: {error}", error.status());
        self.0.write(Kind::Error, text.as_bytes())
    }
}

/// Reads a frame that must be there.
pub(crate) fn read(stream: &mut TcpStream) -> Result<Frame> {
    let frame = frame::read(stream)?.context("the peer closed the connection")?;
    if frame.kind == Kind::Error {
        bail!(
            "the peer refused: {}",
            String::from_utf8_lossy(&frame.payload)
        );
    }
    Ok(frame)
}

/// Protects `text` as the lab's message of this kind.
pub(crate) fn protect(session: &mut Session, kind: Kind, text: &[u8]) -> Result<Vec<u8>> {
    let mut payload = Vec::new();
    if kind == Kind::Wrapped {
        session.seal_message(text, &mut payload)?;
    } else {
        let mut signature = [0; 16];
        session.sign(&[text], &mut signature, Order::Next)?;
        payload.extend_from_slice(&u32::try_from(text.len())?.to_be_bytes());
        payload.extend_from_slice(text);
        payload.extend_from_slice(&signature);
    }
    Ok(payload)
}

/// Takes a message of the lab apart.
pub(crate) fn unprotect(
    session: &mut Session,
    kind: Kind,
    mut payload: Vec<u8>,
) -> Result<Vec<u8>> {
    if kind == Kind::Wrapped {
        let Opened::Message { plain, .. } = session.open_stream(&mut payload, Order::Next)? else {
            bail!("not a message");
        };
        return Ok(payload[plain].to_vec());
    }
    let (len, rest) = payload.split_first_chunk::<4>().context("no length")?;
    let len = usize::try_from(u32::from_be_bytes(*len))?;
    let (text, signature) = rest.split_at_checked(len).context("a short message")?;
    session.verify(&[text], signature, Order::Next)?;
    Ok(text.to_vec())
}
