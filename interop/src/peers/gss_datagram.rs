//! gss-ntlmssp's connectionless contexts, through `interop/peers/gss_datagram.c`.
//!
//! Tokens, keys, the MIC and signatures agree. Sealed messages do not: gss-ntlmssp encrypts with
//! the stream that the message before left (the first one with that of the sealing key itself), and
//! takes the key of the message's own number only for the signature, which so equals that of a
//! message that is signed and not sealed. It can not sign before it is established.
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use anyhow::{Context, Result, anyhow, bail, ensure};
use countersign::wire::description::hex;
use countersign::{
    Accept, Account, Acquire, ContextFlags, Datagram, Error, Identity, Initiate, Input, Outgoing,
    Packages, Piece, Quality, Responded, answer,
};
use countersign_net::store::{AccountStore, MemoryAccounts, StoreAnswers};

use crate::Check;
use crate::environment::Environment;

/// Where the MIC is in an AUTHENTICATE message.
const MIC: usize = 72;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "gss-ntlmssp -> gss-ntlmssp: datagrams, signed in any order, sealed in one",
        rules: &[],
        run: |lab| {
            let (mut client, mut server) = (Peer::client(lab, None)?, Peer::server(lab)?);
            client.say("step -")?;
            let challenge = server.step("-")?;
            let token = client.step(&challenge)?;
            ensure!(server.step(&token)? == "-", "one token too many");
            ensure!(client.say("key")? == server.say("key")?, "two keys");
            for number in [5, 3, 9] {
                let signature = client.sign(number, b"text")?;
                server.verify(number, b"text", &signature)?;
            }
            let first = client.wrap(1, b"first")?;
            let second = client.wrap(2, b"second")?;
            ensure!(server.unwrap(1, &first)? == hex(b"first"), "first");
            ensure!(server.unwrap(2, &second)? == hex(b"second"), "second");
            let third = client.wrap(3, b"third")?;
            let fourth = client.wrap(4, b"fourth")?;
            ensure!(server.unwrap(4, &fourth).is_err(), "order does not matter");
            ensure!(server.unwrap(3, &third).is_err(), "it found back");
            Ok(())
        },
    },
    Check {
        name: "Countersign -> gss-ntlmssp: datagrams signed before and after, in any order",
        rules: &[
            "DG-4",
            "DG-8",
            "DG-9",
            "DG-12",
            "NTLM-DG-1",
            "NTLM-DG-2",
            "NTLM-DG-3",
            "NTLM-DG-4",
            "NTLM-DG-5",
            "NTLM-DG-6",
            "NTLM-DG-9",
        ],
        run: |lab| {
            let (mut client, mut server) = (client(lab)?, Peer::server(lab)?);
            let before = sign(&mut client, 1, b"request one")?;
            let token = authenticate(&mut client, &mut server)?;
            ensure!(server.step(&hex(&token))? == "-", "one token too many");
            ensure!(server.say("key")? == key(&client)?, "two keys");
            server.verify(1, b"request one", &before)?;
            for number in [7, 2, u32::MAX, 0] {
                let signature = sign(&mut client, number, b"text")?;
                server.verify(number, b"text", &signature)?;
                let signature = server.sign(number, b"answer")?;
                client.verify(&[b"answer"], &bytes(&signature)?, Some(number))?;
            }
            Ok(())
        },
    },
    Check {
        name: "Countersign -> gss-ntlmssp: a server that forgot verifies what was signed before",
        rules: &["DG-5", "DG-6", "DG-7", "NTLM-DG-8"],
        run: |lab| {
            let mut client = client(lab)?;
            let before = sign(&mut client, 1, b"request one")?;
            for _ in 0..3 {
                let mut server = Peer::server(lab)?;
                let token = authenticate(&mut client, &mut server)?;
                server.step(&hex(&token))?;
                server.verify(1, b"request one", &before)?;
            }
            Ok(())
        },
    },
    Check {
        name: "Countersign -> gss-ntlmssp: an altered MIC of a datagram context refused",
        rules: &["NTLM-DG-4"],
        run: |lab| {
            let (mut client, mut server) = (client(lab)?, Peer::server(lab)?);
            let mut token = authenticate(&mut client, &mut server)?;
            let byte = token.get_mut(MIC).context("a short AUTHENTICATE")?;
            *byte ^= 1;
            ensure!(
                server.step(&hex(&token)).is_err(),
                "nobody looks at the MIC"
            );
            Ok(())
        },
    },
    Check {
        name: "Countersign -> gss-ntlmssp: it seals datagrams with the stream of the message before",
        rules: &[],
        run: |lab| {
            let (mut client, mut server) = (client(lab)?, Peer::server(lab)?);
            let token = authenticate(&mut client, &mut server)?;
            server.step(&hex(&token))?;
            let ours = seal(&mut client, 1, b"sealed text")?;
            ensure!(
                server.unwrap(1, &hex(&ours)).is_err(),
                "it understands ours"
            );
            theirs_is_signed_only(&mut client, &mut server)
        },
    },
    Check {
        name: "gss-ntlmssp -> Countersign: datagrams signed in any order",
        rules: &[
            "DG-8",
            "DG-9",
            "NTLM-DG-1",
            "NTLM-DG-2",
            "NTLM-DG-3",
            "NTLM-DG-4",
            "NTLM-DG-6",
        ],
        run: |lab| {
            let (mut client, mut server) = (Peer::client(lab, None)?, server()?);
            let early = client.say(&format!("sign {}", hex(b"early")));
            ensure!(early.is_err(), "it signs before it is established");
            meet(lab, &mut client, &mut server)?;
            ensure!(client.say("key")? == key(&server)?, "two keys");
            let expected = format!(r"{}\{}", lab.get("LAB_DOMAIN")?, lab.get("LAB_USER")?);
            let name = &server.facts().names.client;
            ensure!(*name == expected, "the client is {name}");
            for number in [7, 2, u32::MAX, 0] {
                let signature = client.sign(number, b"text")?;
                server.verify(&[b"text"], &bytes(&signature)?, Some(number))?;
                let signature = sign(&mut server, number, b"answer")?;
                client.verify(number, b"answer", &signature)?;
            }
            Ok(())
        },
    },
    Check {
        name: "gss-ntlmssp -> Countersign: it seals datagrams with the stream of the message before",
        rules: &[],
        run: |lab| {
            let (mut client, mut server) = (Peer::client(lab, None)?, server()?);
            meet(lab, &mut client, &mut server)?;
            let ours = seal(&mut server, 1, b"sealed text")?;
            ensure!(
                client.unwrap(1, &hex(&ours)).is_err(),
                "it understands ours"
            );
            theirs_is_signed_only(&mut server, &mut client)
        },
    },
    Check {
        name: "gss-ntlmssp -> Countersign: wrong password of a datagram context refused",
        rules: &["CONN-6"],
        run: |lab| {
            let (mut client, mut server) = (Peer::client(lab, Some("nope"))?, server()?);
            match meet(lab, &mut client, &mut server) {
                Err(error) if matches!(error.downcast_ref(), Some(Error::LogonDenied(_))) => Ok(()),
                Err(error) => Err(error.context("refused for another reason")),
                Ok(()) => bail!("our server let it in"),
            }
        },
    },
];

/// Its sealed message does not open, and its signature is that of a message signed and not sealed.
fn theirs_is_signed_only(ours: &mut Datagram, theirs: &mut Peer) -> Result<()> {
    for number in [4, 5] {
        let mut wrapped = bytes(&theirs.wrap(number, b"sealed text")?)?;
        let (token, data) = wrapped
            .split_at_mut_checked(16)
            .context("a short message")?;
        let opened = ours.open(token, &mut [Piece::Data(data)], Some(number));
        ensure!(opened == Err(Error::MessageAltered), "{opened:?}");
        ours.verify(&[b"sealed text"], token, Some(number))
            .context("its signature has become another one")?;
    }
    Ok(())
}

/// Our client's answer to the peer's challenge.
fn authenticate(client: &mut Datagram, server: &mut Peer) -> Result<Vec<u8>> {
    let challenge = bytes(&server.step("-")?)?;
    let mut token = Vec::new();
    let step = client.respond(Input::token(&challenge), &mut token)?;
    ensure!(matches!(step, Responded::Established), "{step:?}");
    Ok(token)
}

/// The peer's client and our server, until both are established.
fn meet(lab: &Environment, client: &mut Peer, server: &mut Datagram) -> Result<()> {
    client.say("step -")?;
    let mut out = Vec::new();
    server.respond(Input::none(), &mut out)?;
    let token = bytes(&client.step(&hex(&out))?)?;
    out.clear();
    let Responded::Ask(question) = server.respond(Input::token(&token), &mut out)? else {
        bail!("no question about the account");
    };
    let accounts = MemoryAccounts::new();
    accounts.add(&Account::with_password(
        lab.get("LAB_DOMAIN")?,
        lab.get("LAB_USER")?,
        &lab.get("LAB_PASS")?.into(),
    ))?;
    let step = server.answer(answer(&question, &mut StoreAnswers(accounts)), &mut out)?;
    ensure!(matches!(step, Responded::Established), "{step:?}");
    Ok(())
}

fn client(lab: &Environment) -> Result<Datagram> {
    let name = format!(r"{}\{}", lab.get("LAB_DOMAIN")?, lab.get("LAB_USER")?);
    let identity = Identity::with_password(&name, lab.get("LAB_PASS")?)?;
    let credential = Packages::standard()
        .get("NTLM")?
        .acquire(Acquire::outbound().identity(identity))?;
    let request = Initiate::to("HTTP/localhost").require(ContextFlags::CONFIDENTIALITY);
    Ok(credential.datagram(&request)?)
}

fn server() -> Result<Datagram> {
    let credential = Packages::standard()
        .get("NTLM")?
        .acquire(Acquire::inbound())?;
    Ok(credential.accept_datagram(&Accept::new())?)
}

fn key(context: &Datagram) -> Result<String> {
    let key = context.facts().session_key.as_ref().context("no key")?;
    Ok(hex(key.expose()))
}

/// Our signature, in hexadecimal digits.
fn sign(context: &mut Datagram, number: u32, text: &[u8]) -> Result<String> {
    let mut token = [0; 16];
    context.sign(&[text], &mut token, number)?;
    Ok(hex(&token))
}

/// Our sealed message: signature, then data.
fn seal(context: &mut Datagram, number: u32, text: &[u8]) -> Result<Vec<u8>> {
    let (mut token, mut data) = ([0; 16], text.to_vec());
    let mut pieces = [Piece::Data(&mut data)];
    let mut message = Outgoing::new(&mut token, &mut pieces);
    context.seal(&mut message, Quality::Confidential, number)?;
    Ok([&token[..], &data].concat())
}

fn bytes(digits: &str) -> Result<Vec<u8>> {
    ensure!(digits.is_ascii(), "not hexadecimal: {digits}");
    (0..digits.len())
        .step_by(2)
        .map(|at| {
            digits
                .get(at..at + 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        })
        .collect::<Option<_>>()
        .ok_or_else(|| anyhow!("not hexadecimal: {digits}"))
}

/// A process with one context of gss-ntlmssp.
struct Peer {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn client(lab: &Environment, password: Option<&str>) -> Result<Self> {
        let (domain, user) = (lab.get("LAB_DOMAIN")?, lab.get("LAB_USER")?);
        let password = password.map_or_else(|| lab.get("LAB_PASS"), Ok)?;
        Self::start(lab, &["client", domain, user, "HTTP@localhost"], password)
    }

    fn server(lab: &Environment) -> Result<Self> {
        Self::start(lab, &["server"], "")
    }

    fn start(lab: &Environment, args: &[&str], password: &str) -> Result<Self> {
        let mut process = lab
            .command("GSS_DATAGRAM")?
            .args(args)
            .env("PASSWORD", password)
            .env("LM_COMPAT_LEVEL", "3")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let commands = process.stdin.take().context("no input")?;
        let answers = BufReader::new(process.stdout.take().context("no output")?);
        Ok(Self {
            process,
            commands,
            answers,
        })
    }

    /// Says a command and gives its answer.
    fn say(&mut self, command: &str) -> Result<String> {
        writeln!(self.commands, "{command}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        ensure!(!line.is_empty(), "the peer is gone");
        match line.trim_end().strip_prefix("error ") {
            Some(reason) => bail!("the peer refused: {reason}"),
            None => Ok(line.trim_end().to_owned()),
        }
    }

    /// The next token, `-` for none.
    fn step(&mut self, token: &str) -> Result<String> {
        let said = self.say(&format!("step {token}"))?;
        let (_, token) = said.split_once(' ').context("no token")?;
        Ok(token.to_owned())
    }

    fn sign(&mut self, number: u32, text: &[u8]) -> Result<String> {
        self.say(&format!("number {number}"))?;
        self.say(&format!("sign {}", hex(text)))
    }

    fn verify(&mut self, number: u32, text: &[u8], signature: &str) -> Result<()> {
        self.say(&format!("number {number}"))?;
        self.say(&format!("verify {} {signature}", hex(text)))?;
        Ok(())
    }

    fn wrap(&mut self, number: u32, text: &[u8]) -> Result<String> {
        self.say(&format!("number {number}"))?;
        self.say(&format!("wrap {}", hex(text)))
    }

    fn unwrap(&mut self, number: u32, wrapped: &str) -> Result<String> {
        self.say(&format!("number {number}"))?;
        self.say(&format!("unwrap {wrapped}"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
