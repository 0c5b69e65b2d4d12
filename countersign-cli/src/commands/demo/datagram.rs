//! Connectionless contexts over UDP: the request first, the challenge later, and again.
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use anyhow::{Result, bail};
use countersign::{Datagram, Input, Quality, Responded};
use countersign_net::datagram::{Event, Packet, Port, Server, protect};
use countersign_net::store::{MemoryAccounts, StoreAnswers};

use super::Check;
use super::exchange::Scene;
use crate::link::status_name;

/// How long a datagram may take over the loopback before it is taken for lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client and a server, each with its socket.
struct Pair {
    client: Datagram,
    port: Port,
    server: Server,
    server_port: Port,
    server_address: SocketAddr,
    answers: StoreAnswers<MemoryAccounts>,
}

/// What came of messages that were sent.
#[derive(Debug, Default)]
struct Outcome {
    /// Numbers and texts, as they verified.
    messages: Vec<(u32, String)>,
    /// Errors of the server.
    refused: Vec<String>,
    /// How often a client proved who it is.
    established: usize,
    challenge: Option<Vec<u8>>,
}

impl Outcome {
    fn numbers(&self) -> String {
        let numbers: Vec<String> = self.messages.iter().map(|(n, _)| n.to_string()).collect();
        numbers.join(" ")
    }

    /// In a word, what the server did.
    fn observed(&self) -> String {
        match (&self.messages[..], &self.refused[..], &self.challenge) {
            (_, [status, ..], _) => status.clone(),
            ([(number, text), ..], ..) => format!("#{number} {text}"),
            (_, _, Some(_)) => "a challenge".to_owned(),
            _ => "nothing".to_owned(),
        }
    }
}

/// Plays it all; what is an attack goes into `attacks`.
pub(super) fn play(scene: &Scene, attacks: &mut Vec<Check>) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    let mut check = |what, expected: &str, observed: String| {
        checks.push(Check {
            what,
            expected: expected.to_owned(),
            observed,
        });
    };
    let mut pair = Pair::new(scene)?;

    let one = pair.protect(1, "request one", Quality::IntegrityOnly)?;
    let kind = one.first().map(|kind| char::from(*kind).to_string());
    check(
        "request 1 is signed before any token exists",
        "M",
        kind.unwrap_or_default(),
    );
    let first = pair.deliver(&[&one])?;
    check(
        "the server can not verify it yet, and asks",
        "a challenge",
        first.observed(),
    );
    let after = pair.establish(&first)?;
    check(
        "authenticated, it verifies request 1",
        "#1 request one",
        after.observed(),
    );

    let late = ["three", "four", "five"];
    let packets: Vec<Vec<u8>> = (3..)
        .zip(late)
        .map(|(number, text)| pair.protect(number, text, Quality::Confidential))
        .collect::<Result<_>>()?;
    let order: Vec<&[u8]> = packets.iter().rev().map(Vec::as_slice).collect();
    let outcome = pair.deliver(&order)?;
    check(
        "sealed messages open in any order",
        "5 4 3",
        outcome.numbers(),
    );

    let six = pair.protect(6, "still the same", Quality::Confidential)?;
    let mut altered = six.clone();
    if let Some(last) = altered.last_mut() {
        *last ^= 1;
    }
    let outcome = pair.deliver(&[&altered])?;
    attacks.push(Check {
        what: "one bit of a datagram is flipped",
        expected: "SEC_E_MESSAGE_ALTERED".to_owned(),
        observed: outcome.observed(),
    });

    let key = pair.key();
    pair.server.forget();
    let outcome = pair.deliver(&[&six])?;
    check(
        "a server that forgot everything asks again",
        "a challenge",
        outcome.observed(),
    );
    let outcome = pair.establish(&outcome)?;
    check(
        "and opens what was sealed before that",
        "#6 still the same",
        outcome.observed(),
    );
    let same = key.is_some() && key == pair.key();
    check(
        "with the key that the client chose at first",
        "the same",
        if same { "the same" } else { "another one" }.to_owned(),
    );
    Ok(checks)
}

impl Pair {
    fn new(scene: &Scene) -> Result<Self> {
        let (client, server, answers) = scene.datagram()?;
        let server_port = Port::new(UdpSocket::bind("127.0.0.1:0")?)?;
        Ok(Self {
            client,
            port: Port::new(UdpSocket::bind("127.0.0.1:0")?)?,
            server,
            server_address: server_port.address()?,
            server_port,
            answers,
        })
    }

    fn protect(&mut self, number: u32, text: &str, quality: Quality) -> Result<Vec<u8>> {
        Ok(protect(&mut self.client, number, text.as_bytes(), quality)?)
    }

    /// The key that the server has.
    fn key(&self) -> Option<Vec<u8>> {
        let facts = self.server.facts(self.port.address().ok()?)?;
        Some(facts.session_key.as_ref()?.expose().to_vec())
    }

    /// Sends packets to the server, one after the other.
    fn deliver(&mut self, packets: &[&[u8]]) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        for packet in packets {
            self.port.send(self.server_address, packet)?;
            let Some((from, packet)) = self.server_port.receive(PATIENCE)? else {
                bail!("a datagram was lost on the loopback");
            };
            self.server.take(from, packet, &mut self.answers);
            while let Some(event) = self.server.event() {
                match event {
                    Event::Transmit { to, packet } => {
                        self.server_port.send(to, &packet)?;
                        let Some((_, packet)) = self.port.receive(PATIENCE)? else {
                            bail!("a datagram was lost on the loopback");
                        };
                        outcome.challenge = Some(packet.to_vec());
                    }
                    Event::Established { .. } => outcome.established += 1,
                    Event::Message { sequence, data, .. } => outcome
                        .messages
                        .push((sequence, String::from_utf8_lossy(&data).into_owned())),
                    Event::Refused { error, .. } => outcome.refused.push(status_name(&error)),
                    other => outcome.refused.push(format!("{other:?}")),
                }
            }
        }
        Ok(outcome)
    }

    /// Answers the challenge that came.
    fn establish(&mut self, before: &Outcome) -> Result<Outcome> {
        let Some(Ok(Packet::Token(challenge))) = before.challenge.as_deref().map(Packet::parse)
        else {
            bail!("no challenge came");
        };
        let (mut token, mut packet) = (Vec::new(), Vec::new());
        let step = self.client.respond(Input::token(challenge), &mut token)?;
        if !matches!(step, Responded::Established) {
            bail!("the client has more to ask than its challenge");
        }
        Packet::Token(&token).write(&mut packet)?;
        let outcome = self.deliver(&[&packet])?;
        if outcome.established != 1 && outcome.refused.is_empty() {
            bail!("the server did not take the client's answer");
        }
        Ok(outcome)
    }
}
