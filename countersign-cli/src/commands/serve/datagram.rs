//! A server of connectionless contexts: it challenges when a first message came, and verifies that.
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use countersign::Quality;
use countersign_net::DriveError;
use countersign_net::datagram::{Event, Port, Server};
use countersign_net::store::StoreAnswers;

use super::{Noting, Service, announce, deaf, refusal, say, welcome};
use crate::args::ServeArgs;
use crate::commands::with_faults;
use crate::output::colour::{BAD, FAINT};
use crate::output::facts::LegLine;
use crate::output::text;

/// How often the server looks up when nothing comes.
const IDLE: Duration = Duration::from_secs(60);

pub(super) fn run(args: &ServeArgs, service: &Service) -> Result<()> {
    let port = UdpSocket::bind(&args.listen)
        .and_then(Port::new)
        .map_err(|error| deaf(args, &error))?;
    announce(port.address()?)?;
    let mut port = with_faults(port, &args.datagrams);
    let mut server = Server::new(Arc::clone(&service.credential), service.request.clone())
        .bindings(service.bindings.clone())
        .limit(args.remember);
    let mut noting = Noting {
        answers: StoreAnswers(Arc::clone(&service.accounts)),
        who: String::new(),
    };
    loop {
        let received = port.receive(IDLE).context("nothing can be received")?;
        let Some((from, packet)) = received else {
            continue;
        };
        show(service, from, true, packet);
        noting.who.clear();
        server.take(from, packet, &mut noting);
        while let Some(event) = server.event() {
            attend(service, &mut server, &mut port, &noting.who, event);
        }
    }
}

/// Shows what happened, and answers messages.
fn attend(service: &Service, server: &mut Server, port: &mut Port, who: &str, event: Event) {
    match event {
        Event::Transmit { to, packet } => send(service, port, to, &packet),
        Event::Established { peer, again } => {
            if let Some(facts) = server.facts(peer) {
                let again = if again { ", with the same key" } else { "" };
                say(&format!("[{peer}] {}{again}", welcome(facts)));
            }
        }
        Event::Message {
            peer,
            sequence,
            data,
            quality,
        } => {
            let how = match quality {
                Quality::Confidential => "sealed",
                Quality::IntegrityOnly => "signed",
            };
            say(&format!(
                "[{peer}] {FAINT}{how} #{sequence}{FAINT:#}  {}",
                text::visible_bytes(&data)
            ));
            let answer = if service.echo {
                [b"echo:", data.as_slice()].concat()
            } else {
                Vec::new()
            };
            match server.reply(peer, sequence, &answer) {
                Ok(reply) => send(service, port, peer, &reply),
                Err(error) => say(&format!(
                    "[{peer}] {BAD}not answered{BAD:#} #{sequence}: {error}"
                )),
            }
        }
        Event::Repeated { peer, sequence } => {
            say(&format!("[{peer}] {FAINT}again #{sequence}{FAINT:#}"));
        }
        Event::Refused { peer, error } => say(&format!(
            "[{peer}] {}",
            refusal(who, &DriveError::Security(error))
        )),
        Event::NoPacket { peer, error } => {
            say(&format!("[{peer}] {BAD}passed over{BAD:#}: {error}"));
        }
        Event::Forgotten { peer } => say(&format!("[{peer}] forgotten")),
        _ => {}
    }
}

fn send(service: &Service, port: &mut Port, to: SocketAddr, packet: &[u8]) {
    show(service, to, false, packet);
    if let Err(error) = port.send(to, packet) {
        say(&format!("[{to}] {BAD}not sent{BAD:#}: {error}"));
    }
}

/// Shows a token to who wants to see them.
fn show(service: &Service, peer: SocketAddr, to_server: bool, packet: &[u8]) {
    if let (true, Some((b'T', token))) = (service.verbose, packet.split_first()) {
        say(&format!(
            "[{peer}] {}",
            LegLine::new(to_server, token).line()
        ));
    }
}
