//! As much of LDAP (RFC 4511) as a SASL bind with NTLM and a search need, over the standard input and
//! output of a command that leads to the server.
use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use countersign::{ContextFlags, Handshake, Incoming, NoAnswers, Opened, Order, Session};
use countersign_net::blocking::{self, Side, Transport};

const SUCCESS: u8 = 0;
const SASL_BIND_IN_PROGRESS: u8 = 14;

/// No answer of the lab is longer.
const LIMIT: usize = 1 << 20;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
const SEQUENCE: u8 = 0x30;
const BIND_REQUEST: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const SEARCH_REQUEST: u8 = 0x63;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const SASL: u8 = 0xa3;
const SERVER_SASL_CREDENTIALS: u8 = 0x87;

/// A connection before its bind.
pub(crate) struct Connection {
    process: Child,
    input: ChildStdin,
    output: ChildStdout,
    id: u8,
}

/// A connection that is bound; everything is sealed from then on, where that was negotiated.
pub(crate) struct Bound {
    connection: Connection,
    session: Session,
    /// What was opened and not yet read as messages.
    plain: Vec<u8>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Connection {
    pub(crate) fn open(mut command: Command) -> Result<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().context("no standard input")?;
        let output = process.stdout.take().context("no standard output")?;
        Ok(Self {
            process,
            input,
            output,
            id: 0,
        })
    }

    /// Binds with the mechanism GSS-SPNEGO, in which Samba takes the tokens of NTLM as they are.
    pub(crate) fn bind(mut self, handshake: Handshake) -> Result<Bound> {
        let session = blocking::initiate(&mut self, handshake, None, &mut NoAnswers)?;
        Ok(Bound {
            connection: self,
            session,
            plain: Vec::new(),
        })
    }

    fn message(&mut self, operation: u8, parts: &[&[u8]]) -> Vec<u8> {
        self.id += 1;
        element(
            SEQUENCE,
            &[&element(INTEGER, &[&[self.id]]), &element(operation, parts)],
        )
    }

    /// Reads the answer to a bind: result code, text and credentials.
    fn bind_response(&mut self) -> io::Result<(u8, String, Vec<u8>)> {
        let mut message = Vec::new();
        let parts = loop {
            if let Some((_, used)) = parse(&message)? {
                break operation(&message[..used], self.id, BIND_RESPONSE)?;
            }
            read_more(&mut self.output, &mut message)?;
        };
        let mut rest = &parts[..];
        let code = result_code(&mut rest)?;
        let _matched = next(&mut rest)?;
        let text = String::from_utf8_lossy(next(&mut rest)?.1).into_owned();
        while !rest.is_empty() {
            if let (SERVER_SASL_CREDENTIALS, credentials) = next(&mut rest)? {
                return Ok((code, text, credentials.to_vec()));
            }
        }
        Ok((code, text, Vec::new()))
    }
}

impl Transport for Connection {
    fn send(&mut self, token: &[u8]) -> io::Result<()> {
        let sasl = element(
            SASL,
            &[
                &element(OCTETS, &[b"GSS-SPNEGO"]),
                &element(OCTETS, &[token]),
            ],
        );
        let message = self.message(
            BIND_REQUEST,
            &[&element(INTEGER, &[&[3]]), &element(OCTETS, &[]), &sasl],
        );
        self.input.write_all(&message)
    }

    fn receive(&mut self, incoming: &mut Incoming) -> io::Result<()> {
        match self.bind_response()? {
            (SASL_BIND_IN_PROGRESS, _, token) => {
                incoming.extend(&token);
                Ok(())
            }
            (code, text, _) => Err(bad(format!("the bind ended with {code}: {text}"))),
        }
    }

    fn established(&mut self, _: Side, _: &[u8]) -> io::Result<()> {
        match self.bind_response()? {
            (SUCCESS, ..) => Ok(()),
            (code, text, _) => Err(bad(format!("the bind ended with {code}: {text}"))),
        }
    }
}

impl Bound {
    /// The names of the entries below `base` (and of itself) that have this value.
    pub(crate) fn search(
        &mut self,
        base: &str,
        attribute: &str,
        value: &str,
    ) -> Result<Vec<String>> {
        let octets = |text: &str| element(OCTETS, &[text.as_bytes()]);
        let parts = [
            octets(base),
            element(ENUMERATED, &[&[2]]), // the whole subtree
            element(ENUMERATED, &[&[0]]),
            element(INTEGER, &[&[0]]),
            element(INTEGER, &[&[0]]),
            element(0x01, &[&[0]]),
            element(0xa3, &[&octets(attribute), &octets(value)]), // equal
            element(SEQUENCE, &[&octets(attribute)]),
        ];
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let request = self.connection.message(SEARCH_REQUEST, &parts);
        let request = self.wrap(&request)?;
        self.connection.input.write_all(&request)?;

        let mut names = Vec::new();
        loop {
            let message = self.message()?;
            if let Ok(entry) = operation(&message, self.connection.id, SEARCH_ENTRY) {
                names.push(String::from_utf8(next(&mut &entry[..])?.1.to_vec())?);
            } else if let Ok(done) = operation(&message, self.connection.id, SEARCH_DONE) {
                let code = result_code(&mut &done[..])?;
                ensure!(code == SUCCESS, "the search ended with {code}");
                return Ok(names);
            }
        }
    }

    fn sealed(&self) -> bool {
        let flags = self.session.facts().flags;
        flags.contains(ContextFlags::CONFIDENTIALITY)
    }

    /// The security layer: the length in four bytes, the signature, the sealed data.
    fn wrap(&mut self, message: &[u8]) -> Result<Vec<u8>> {
        if !self.sealed() {
            return Ok(message.to_vec());
        }
        let mut out = vec![0; 4];
        self.session.seal_message(message, &mut out)?;
        let length = u32::try_from(out.len() - 4)?;
        out[..4].copy_from_slice(&length.to_be_bytes());
        Ok(out)
    }

    /// Reads and opens what the server sealed.
    fn unwrap(&mut self) -> Result<()> {
        let output = &mut self.connection.output;
        let mut length = [0; 4];
        output.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length))?;
        ensure!(length < LIMIT, "{length} bytes of a message");
        let mut data = vec![0; length];
        output.read_exact(&mut data)?;
        let Opened::Message { plain, used, .. } =
            self.session.open_stream(&mut data, Order::Next)?
        else {
            bail!("not a message");
        };
        ensure!(used == length, "{used} of {length} bytes were opened");
        self.plain.extend_from_slice(&data[plain]);
        Ok(())
    }

    fn message(&mut self) -> Result<Vec<u8>> {
        loop {
            if let Some((_, used)) = parse(&self.plain)? {
                return Ok(self.plain.drain(..used).collect());
            }
            if self.sealed() {
                self.unwrap()?;
            } else {
                read_more(&mut self.connection.output, &mut self.plain)?;
            }
        }
    }
}

fn bad(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

fn read_more(from: &mut impl Read, into: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let read = from.read(&mut buffer)?;
    if read == 0 {
        return Err(bad("the server closed the connection"));
    }
    into.extend_from_slice(&buffer[..read]);
    Ok(())
}

/// An element of BER.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    let mut out = vec![tag];
    match u8::try_from(contents.len()) {
        Ok(short @ 0..=127) => out.push(short),
        _ => {
            out.push(0x84);
            // The lab's messages are far below 4 GiB.
            let length = u32::try_from(contents.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&length.to_be_bytes());
        }
    }
    out.extend_from_slice(&contents);
    out
}

/// Where the contents of the first element begin and where it ends; nothing while bytes are missing.
fn parse(bytes: &[u8]) -> io::Result<Option<(usize, usize)>> {
    let Some(&first) = bytes.get(1) else {
        return Ok(None);
    };
    let (start, length) = if first < 0x80 {
        (2, usize::from(first))
    } else {
        let count = usize::from(first & 0x7f);
        if !(1..=4).contains(&count) {
            return Err(bad("a length that is none"));
        }
        let Some(length) = bytes.get(2..2 + count) else {
            return Ok(None);
        };
        let length = length
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte));
        (2 + count, length)
    };
    if length > LIMIT {
        return Err(bad("a message that is too long"));
    }
    Ok((bytes.len() >= start + length).then_some((start, start + length)))
}

/// Takes the first element, whole, off the front: its tag and its contents.
fn next<'a>(bytes: &mut &'a [u8]) -> io::Result<(u8, &'a [u8])> {
    let (start, end) = parse(bytes)?.ok_or_else(|| bad("an element is cut short"))?;
    let (element, rest) = bytes.split_at(end);
    *bytes = rest;
    Ok((element[0], &element[start..]))
}

fn result_code(parts: &mut &[u8]) -> io::Result<u8> {
    match next(parts)? {
        (ENUMERATED, [code]) => Ok(*code),
        _ => Err(bad("no result code")),
    }
}

/// The contents of a message's operation, which must be this one and answer this request.
fn operation(message: &[u8], id: u8, wanted: u8) -> io::Result<Vec<u8>> {
    let mut rest = message;
    let (tag, mut parts) = next(&mut rest)?;
    let answers = next(&mut parts)?;
    let (operation, contents) = next(&mut parts)?;
    if tag != SEQUENCE || answers != (INTEGER, &[id]) || operation != wanted {
        return Err(bad(format!("operation {operation:#x} was not expected")));
    }
    Ok(contents.to_vec())
}
