//! Protected messages in both directions, over the connection.
use anyhow::{Result, anyhow};
use countersign::Quality;
use countersign_net::frame::{self, Frame, Kind};
use serde_json::{Value, json};

use super::Check;
use super::exchange::{End, Established};
use crate::link::status_name;
use crate::message::{self, MessageError};
use crate::output::text;

/// How much of a sealed message is shown.
const SHOWN: usize = 20;

/// A message that went over the connection.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) to_server: bool,
    pub(super) protection: &'static str,
    pub(super) plain: String,
    /// What an eavesdropper saw of it.
    pub(super) wire: String,
    pub(super) wire_bytes: usize,
    /// What the receiver made of it.
    pub(super) opened: String,
}

impl Message {
    pub(super) fn document(&self) -> Value {
        json!({
            "direction": if self.to_server { "client to server" } else { "server to client" },
            "protection": self.protection,
            "text": self.plain,
            "wire_prefix": self.wire,
            "wire_bytes": self.wire_bytes,
            "opened": self.opened,
        })
    }
}

/// Sends messages in both directions.
pub(super) fn exchange(
    established: &mut Established,
    checks: &mut Vec<Check>,
) -> Result<Vec<Message>> {
    let Established { client, server } = established;
    let messages = vec![
        sealed(true, "the balance, please", client, server)?,
        sealed(false, "1024 gold pieces", server, client)?,
        signed(true, "a public remark", client, server)?,
    ];
    for message in &messages {
        checks.push(Check {
            what: match (message.to_server, message.protection) {
                (true, "sealed") => "the server opens what the client sealed",
                (false, "sealed") => "the client opens what the server sealed",
                _ => "the server verifies what the client signed",
            },
            expected: message.plain.clone(),
            observed: message.opened.clone(),
        });
    }
    let eavesdropped = messages
        .iter()
        .filter(|message| message.protection == "sealed")
        .any(|message| {
            let plain = countersign::wire::description::hex(message.plain.as_bytes());
            message.wire.contains(&plain[..8])
        });
    checks.push(Check {
        what: "a sealed message does not show its text",
        expected: "unreadable".to_owned(),
        observed: if eavesdropped {
            "readable"
        } else {
            "unreadable"
        }
        .to_owned(),
    });
    Ok(messages)
}

fn sealed(to_server: bool, plain: &str, from: &mut End, to: &mut End) -> Result<Message> {
    let wire = seal(from, plain)?;
    let received = carry(from, to, Kind::Wrapped, &wire)?;
    Ok(Message {
        to_server,
        protection: "sealed",
        plain: plain.to_owned(),
        wire: text::hex_prefix(&wire, SHOWN),
        wire_bytes: wire.len(),
        opened: open(to, received),
    })
}

fn signed(to_server: bool, plain: &str, from: &mut End, to: &mut End) -> Result<Message> {
    let wire = message::sign(&mut from.sealer, &from.facts, plain.as_bytes())?;
    let received = carry(from, to, Kind::Signed, &wire)?;
    Ok(Message {
        to_server,
        protection: "signed",
        plain: plain.to_owned(),
        wire: text::hex_prefix(&wire, SHOWN),
        wire_bytes: wire.len(),
        opened: message::verify(&mut to.opener, &received)
            .map_or_else(outcome, text::visible_bytes),
    })
}

/// A sealed message as it goes over the wire.
pub(super) fn seal(from: &mut End, plain: &str) -> Result<Vec<u8>> {
    let quality = Quality::Confidential;
    Ok(message::seal(
        &mut from.sealer,
        &from.facts,
        plain.as_bytes(),
        quality,
    )?)
}

/// The text of a sealed message, or the name of the status that it was refused with.
pub(super) fn open(to: &mut End, mut wire: Vec<u8>) -> String {
    match message::open(&mut to.opener, &mut wire) {
        Ok((plain, verified)) if verified.quality == Quality::Confidential => {
            text::visible_bytes(&wire[plain])
        }
        Ok(_) => "a message that is not encrypted".to_owned(),
        Err(error) => outcome(error),
    }
}

fn outcome(error: MessageError) -> String {
    match error {
        MessageError::Security(error) => status_name(&error),
        MessageError::Form(what) => what.to_owned(),
    }
}

/// Sends a frame through the connection and takes it out at the other end.
pub(super) fn carry(from: &mut End, to: &mut End, kind: Kind, wire: &[u8]) -> Result<Vec<u8>> {
    frame::write(&mut from.stream, kind, wire)?;
    match frame::read(&mut to.stream)? {
        Some(Frame {
            kind: came,
            payload,
        }) if came == kind => Ok(payload),
        other => Err(anyhow!(
            "a message was due, and this came: {:?}",
            other.map(|frame| frame.kind)
        )),
    }
}
