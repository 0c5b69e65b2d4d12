//! A client of connectionless contexts: the first message goes out before anything else.
use std::io::{self, BufRead, IsTerminal, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::Arc;

use anyhow::{Context, Result};
use countersign::{ContextFlags, Credential, Quality};
use countersign_net::DriveError;
use countersign_net::datagram::{CallError, Client, Port, Reply};
use serde_json::{Value, json};

use super::{Style, print_facts, refused, request, unreachable};
use crate::args::ConnectArgs;
use crate::commands::with_faults;
use crate::exit::{Exit, Fault};
use crate::output::colour::{BACK, FAINT, THERE};
use crate::output::{facts, json, stdout, text};

pub(super) fn run(
    args: &ConnectArgs,
    credential: &Arc<dyn Credential>,
    style: Style,
) -> Result<()> {
    let context = Arc::clone(credential)
        .datagram(&request(args, ContextFlags::INTEGRITY))
        .map_err(|error| refused(args, &error.into()))?;
    let (port, server) = reach(&args.server).map_err(|error| unreachable(&args.server, &error))?;
    let quality = if args.no_conf {
        Quality::IntegrityOnly
    } else {
        Quality::Confidential
    };
    let mut talk = Talk {
        args,
        style,
        quality,
        client: Client::new(with_faults(port, &args.datagrams), server, context)
            .bindings(args.bindings.clone()),
        sent: Vec::new(),
        received: Vec::new(),
    };
    if args.message.is_empty() {
        for line in io::stdin().lock().lines() {
            talk.say(&[line.context("standard input can not be read")?])?;
        }
    } else {
        // The first one alone, so that who is there is shown before the rest goes out at once.
        let (first, rest) = args.message.split_at(1);
        talk.say(first)?;
        talk.say(rest)?;
    }
    if style == Style::Json {
        json::print(&json!({
            "client": facts::document(talk.client.facts()),
            "challenges": talk.client.challenges(),
            "sent": talk.sent,
            "received": talk.received,
        }))?;
    }
    Ok(())
}

/// A socket of the server's own family, and the server's address.
fn reach(server: &str) -> io::Result<(Port, SocketAddr)> {
    let nowhere = || io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let address = server.to_socket_addrs()?.next().ok_or_else(nowhere)?;
    let here: SocketAddr = if address.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    Ok((Port::new(UdpSocket::bind(here)?)?, address))
}

/// What is said and heard.
struct Talk<'a> {
    args: &'a ConnectArgs,
    style: Style,
    quality: Quality,
    client: Client,
    sent: Vec<Value>,
    received: Vec<Value>,
}

impl Talk<'_> {
    /// Sends lines and shows their replies, in the order in which they come.
    fn say(&mut self, lines: &[String]) -> Result<()> {
        let repeat = !self.args.message.is_empty() || !io::stdin().is_terminal();
        for line in lines {
            // The numbers are the client's: it counts from one.
            let number = self.sent.len() + 1;
            if self.style == Style::Text && repeat {
                print(true, self.quality, number, line)?;
            }
            self.sent.push(json!({ "number": number, "text": line }));
        }
        let (style, before) = (self.style, self.client.challenges());
        let received = &mut self.received;
        let mut replies = Vec::new();
        let called = self.client.call_each(lines, self.quality, |reply| {
            received.push(document(&reply));
            replies.push(reply);
        });
        if style == Style::Text && before == 0 && self.client.challenges() > 0 && called.is_ok() {
            print_facts(self.args, self.client.facts(), &Value::Null)?;
        }
        for reply in replies {
            let text = String::from_utf8_lossy(&reply.data);
            match style {
                Style::Text => print(false, reply.quality, reply.sequence, &text)?,
                Style::Quiet if text.is_empty() => {}
                Style::Quiet => writeln!(stdout(), "{}", text::visible(&text))?,
                Style::Json => {}
            }
        }
        called.map_err(|error| self.failed(error).into())
    }

    fn failed(&self, error: CallError) -> Fault {
        let server = text::visible(&self.args.server);
        match error {
            CallError::Security(error) => refused(self.args, &DriveError::Security(error)),
            error @ CallError::NoReply { .. } => {
                Fault::new(Exit::Unavailable, format!("{server}: {error}")).help(
                    "is the server running with --datagram, and are name and password right? \
                     One that refuses says nothing: its own output names the reason",
                )
            }
            error => Fault::new(Exit::Unavailable, format!("{server}: {error}")),
        }
    }
}

fn document(reply: &Reply) -> Value {
    json!({
        "number": reply.sequence,
        "text": String::from_utf8_lossy(&reply.data),
        "protection": how(reply.quality),
    })
}

fn how(quality: Quality) -> &'static str {
    match quality {
        Quality::Confidential => "sealed",
        Quality::IntegrityOnly => "signed",
    }
}

fn print(
    to_server: bool,
    quality: Quality,
    number: impl std::fmt::Display,
    line: &str,
) -> Result<()> {
    let (style, arrow) = if to_server {
        (THERE, "->")
    } else {
        (BACK, "<-")
    };
    writeln!(
        stdout(),
        "{style}{arrow}{style:#} {FAINT}{} #{number}{FAINT:#}  {}",
        how(quality),
        text::visible(line)
    )?;
    Ok(())
}
