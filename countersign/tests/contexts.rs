//! The core with packages from outside: questions, incomplete and surplus input, further steps,
//! connectionless contexts, statuses of their own.
use std::cell::Cell;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use countersign::*;

static INFO: PackageInfo = PackageInfo {
    capabilities: Capabilities::DATAGRAM.union(Capabilities::CONNECTION),
    version: 1,
    rpc_id: 0xFFFF,
    max_token: 100,
    name: "Toy",
    comment: "A package for tests",
};

/// A package with a token of a known length, one question of each kind, and sessions that step.
#[derive(Debug)]
struct Toy;

#[derive(Debug)]
struct ToyCredential;

/// What a client's token looks like: a length, then so many bytes.
const TOKEN: &[u8] = b"\x05hello";

impl Package for Toy {
    fn info(&self) -> &'static PackageInfo {
        &INFO
    }
    fn acquire(&self, _: Acquire) -> Result<Arc<dyn Credential>, Error> {
        Ok(Arc::new(ToyCredential))
    }
}

impl Credential for ToyCredential {
    fn info(&self) -> &'static PackageInfo {
        &INFO
    }
    fn name(&self) -> Option<String> {
        None
    }
    fn initiate(&self, request: &Initiate) -> Result<Handshake, Error> {
        match request.target.as_deref() {
            Some("status") => Err(Error::Foreign(Status::SEC_E_INSUFFICIENT_MEMORY)),
            _ => Ok(Handshake::new(ToyServer(0))),
        }
    }
    fn accept(&self, _: &Accept) -> Result<Handshake, Error> {
        Ok(Handshake::new(ToyServer(0)))
    }
    fn datagram(&self, _: &Initiate) -> Result<Datagram, Error> {
        Ok(Datagram::new(ToyDatagram {
            facts: facts("dgram"),
            established: false,
        }))
    }
}

/// Reads a token, then asks a KDC, a memory and the accounts, in this order.
#[derive(Debug)]
struct ToyServer(u8);

impl Mechanism for ToyServer {
    fn step(&mut self, event: Event<'_>, out: &mut Vec<u8>) -> Result<Progress, Error> {
        match (self.0, event) {
            (0, Event::Input(input)) => {
                let bytes = input.bytes();
                let needed = bytes.first().map_or(1, |len| usize::from(*len) + 1);
                if bytes.len() < needed {
                    return Ok(Progress::Incomplete(needed - bytes.len()));
                }
                input.used(needed);
                self.0 = 1;
                let question = Kdc {
                    realm: "EXAMPLE.COM".into(),
                    request: bytes[1..needed].to_vec(),
                };
                Ok(Progress::Ask(question.into()))
            }
            (1, Event::Answer(Answer::Kdc(reply))) => {
                out.extend(reply.map_err(Error::Unavailable)?.0);
                self.0 = 2;
                let question = Remember {
                    key: vec![1],
                    until: Timestamp::NEVER,
                };
                Ok(Progress::Ask(question.into()))
            }
            (2, Event::Answer(Answer::Remember(known))) => {
                if known.map_err(Error::Unavailable)? == Remembered::Known {
                    // The peer is told why before the error comes.
                    out.extend_from_slice(b"replay");
                    return Err(Error::LogonDenied(Denied::Stale));
                }
                self.0 = 3;
                let question = Logon {
                    domain: String::new(),
                    user: "alice".into(),
                    workstation: String::new(),
                    proof: LogonProof::Ntlm {
                        server_challenge: [0; 8],
                        nt_response: Vec::new(),
                        lm_response: Vec::new(),
                    },
                };
                Ok(Progress::Ask(question.into()))
            }
            (3, Event::Answer(Answer::Logon(answer))) => {
                let LogonAnswer::Account(account) = answer.map_err(Error::Unavailable)? else {
                    return Err(Error::LogonDenied(Denied::UnknownUser));
                };
                Ok(Progress::Done(parts(&account.user)))
            }
            _ => Err(ApiMisuse::AnswerWithoutQuestion.into()),
        }
    }
}

fn facts(client: &str) -> Facts {
    Facts {
        package: &INFO,
        role: Role::Server,
        flags: ContextFlags::CONNECTION,
        sizes: Sizes {
            max_token: 100,
            max_signature: 4,
            block_size: 1,
            security_trailer: 8,
        },
        names: Names {
            client: client.to_owned(),
            server: None,
        },
        lifespan: Lifespan {
            start: Timestamp::from_filetime(0),
            expiry: Timestamp::NEVER,
        },
        session_key: None,
        key_info: None,
        target: None,
        target_information: Vec::new(),
        bindings: None,
        password_expiry: None,
    }
}

fn parts(client: &str) -> Parts {
    Parts {
        sealer: Box::new(Short),
        opener: Box::new(Short),
        facts: Arc::new(facts(client)),
        resume: Some(Box::new(Again(0))),
    }
}

/// Seals with a token that is shorter than the room for it.
#[derive(Debug)]
struct Short;

impl Seal for Short {
    fn sign(&mut self, _: &[&[u8]], _: &mut [u8], _: Order) -> Result<usize, Error> {
        Err(Error::QopNotSupported("integrity"))
    }
    fn seal(
        &mut self,
        message: &mut Outgoing<'_, '_>,
        _: Quality,
        _: Order,
    ) -> Result<Lengths, Error> {
        message.token[..3].copy_from_slice(b"tok");
        Ok(Lengths {
            token: 3,
            padding: 0,
        })
    }
}

impl Open for Short {
    fn verify(&mut self, _: &[&[u8]], _: &[u8], _: Order) -> Result<Verified, Error> {
        Err(Error::MessageAltered)
    }
    fn open(&mut self, _: &[u8], _: &mut [Piece<'_>], _: Order) -> Result<Verified, Error> {
        Err(Error::MessageAltered)
    }
    fn open_stream(&mut self, _: &mut [u8], _: Order) -> Result<Opened, Error> {
        Ok(Opened::Closed)
    }
}

/// One more leg, then new parts, then the end.
#[derive(Debug)]
struct Again(u8);

impl Resume for Again {
    fn step(&mut self, input: Input<'_>, out: &mut Vec<u8>) -> Result<Resumed, Error> {
        self.0 += 1;
        out.extend_from_slice(input.bytes());
        Ok(match (self.0, input.bytes()) {
            (_, b"bye") => Resumed::Closed,
            (1, _) => Resumed::Continue,
            _ => Resumed::Established(parts("bob")),
        })
    }
}

#[derive(Debug)]
struct ToyDatagram {
    facts: Facts,
    established: bool,
}

impl Connectionless for ToyDatagram {
    fn sign(&mut self, _: &[&[u8]], token: &mut [u8], sequence: u32) -> Result<usize, Error> {
        token[..4].copy_from_slice(&sequence.to_le_bytes());
        Ok(4)
    }
    fn seal(
        &mut self,
        message: &mut Outgoing<'_, '_>,
        _: Quality,
        sequence: u32,
    ) -> Result<Lengths, Error> {
        let token = self.sign(&[], message.token, sequence)?;
        Ok(Lengths { token, padding: 0 })
    }
    fn verify(&mut self, _: &[&[u8]], token: &[u8], order: Order) -> Result<Verified, Error> {
        let received = u32::from_le_bytes(token.try_into().map_err(|_| Error::MessageAltered)?);
        match order {
            Order::At(expected) if expected != received => {
                Err(Error::OutOfSequence { expected, received })
            }
            _ => Ok(Verified {
                sequence: received,
                quality: Quality::IntegrityOnly,
            }),
        }
    }
    fn open(&mut self, token: &[u8], _: &mut [Piece<'_>], order: Order) -> Result<Verified, Error> {
        self.verify(&[], token, order)
    }
    fn respond(&mut self, input: Input<'_>, out: &mut Vec<u8>) -> Result<Responded, Error> {
        if input.bytes() == b"who?" {
            return Ok(Responded::Ask(
                Remember {
                    key: vec![2],
                    until: Timestamp::NEVER,
                }
                .into(),
            ));
        }
        out.extend_from_slice(b"answer");
        self.established = true;
        Ok(Responded::Established)
    }
    fn answer(&mut self, answer: Answer, _: &mut Vec<u8>) -> Result<Responded, Error> {
        match answer {
            Answer::Remember(Ok(Remembered::New)) => Ok(Responded::Continue),
            _ => Err(ApiMisuse::AnswerWithoutQuestion.into()),
        }
    }
    fn facts(&self) -> &Facts {
        &self.facts
    }
}

/// Answers everything.
struct All(Remembered);

impl Resolve for All {
    fn kdc(&mut self, question: &Kdc) -> Result<KdcReply, Unavailable> {
        assert_eq!(question.realm, "EXAMPLE.COM");
        Ok(KdcReply(question.request.clone()))
    }
    fn remember(&mut self, _: &Remember) -> Result<Remembered, Unavailable> {
        Ok(self.0)
    }
    fn logon(&mut self, logon: &Logon) -> Result<LogonAnswer, Unavailable> {
        let account = Account::with_password("", &logon.user, &"x".into());
        Ok(LogonAnswer::Account(account.into()))
    }
}

impl AsyncResolve for All {
    async fn kdc(&self, question: &Kdc) -> Result<KdcReply, Unavailable> {
        Ok(KdcReply(question.request.clone()))
    }
    async fn remember(&self, _: &Remember) -> Result<Remembered, Unavailable> {
        Ok(self.0)
    }
    async fn logon(&self, logon: &Logon) -> Result<LogonAnswer, Unavailable> {
        let account = Account::with_password("", &logon.user, &"x".into());
        Ok(LogonAnswer::Account(account.into()))
    }
}

fn toy() -> Arc<dyn Credential> {
    Packages::builder()
        .with(Toy)
        .build()
        .get("TOY")
        .unwrap()
        .acquire(Acquire::inbound())
        .unwrap()
}

fn established() -> Session {
    let mut out = Vec::new();
    let step = toy()
        .accept(&Accept::new())
        .unwrap()
        .step(Input::token(TOKEN), &mut out)
        .unwrap();
    let step = settle(step, &mut All(Remembered::New), &mut out).unwrap();
    let Step::Done(session) = step else {
        panic!("{step:?}");
    };
    assert_eq!(out, b"hello", "what the KDC said went out");
    session
}

/// CONN-3, CONN-8: three questions in a row are settled by one loop, blocking or with futures, to the same bytes.
#[test]
fn questions_blocking_and_async() {
    assert_eq!(established().facts().names.client, "alice");
    let mut out = Vec::new();
    let step = toy()
        .accept(&Accept::new())
        .unwrap()
        .step(Input::token(TOKEN), &mut out)
        .unwrap();
    let all = All(Remembered::New);
    {
        let mut future = pin!(settle_async(step, &all, &mut out));
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(step) = future.as_mut().poll(&mut context) else {
            panic!("nothing to wait for");
        };
        assert!(matches!(step, Ok(Step::Done(_))));
    }
    assert_eq!(out, b"hello");
}

/// API-ISC-5: what tells the peer about an error is in `out` also when the call fails.
#[test]
fn an_error_may_come_with_a_token() {
    let mut out = Vec::new();
    let step = toy()
        .accept(&Accept::new())
        .unwrap()
        .step(Input::token(TOKEN), &mut out)
        .unwrap();
    let error = settle(step, &mut All(Remembered::Known), &mut out).unwrap_err();
    assert_eq!(error.status(), Status::SEC_E_LOGON_DENIED);
    assert_eq!(out, b"helloreplay");
}

/// API-ISC-6: every prefix of a token is incomplete, leaves the state unchanged, and the whole succeeds.
#[test]
fn incomplete_input() {
    let mut handshake = toy().accept(&Accept::new()).unwrap();
    for len in 0..TOKEN.len() {
        let step = handshake
            .step(Input::token(&TOKEN[..len]), &mut Vec::new())
            .unwrap();
        let Step::Incomplete(same, missing) = step else {
            panic!("{len}: {step:?}");
        };
        assert_eq!(missing, if len == 0 { 1 } else { TOKEN.len() - len });
        handshake = same;
    }
    let step = handshake.step(Input::token(TOKEN), &mut Vec::new());
    assert!(matches!(step, Ok(Step::Ask(Ask::Kdc(_)))));
}

/// API-ISC-7: what was not used is told, whether the caller counts it or a driver's buffer does.
#[test]
fn surplus_input() {
    let bytes = [TOKEN, b"surplus"].concat();
    let used = Cell::new(0);
    let _ = toy()
        .accept(&Accept::new())
        .unwrap()
        .step(Input::token(Token::counted(&bytes, &used)), &mut Vec::new())
        .unwrap();
    assert_eq!(&bytes[used.get()..], b"surplus");
    let mut incoming = Incoming::new();
    incoming.extend(&bytes);
    let _ = toy()
        .accept(&Accept::new())
        .unwrap()
        .step(Input::token(&incoming), &mut Vec::new())
        .unwrap();
    assert_eq!(incoming.compact(), b"surplus");
    incoming.extend(b"!");
    assert_eq!(incoming.compact(), b"surplus!");
    incoming.clear();
    assert_eq!(incoming.compact(), b"");
}

/// API-ISC-18: an established session takes further tokens: it goes on, is established anew, or is closed.
#[test]
fn a_session_steps() {
    let mut session = established();
    let mut out = Vec::new();
    assert_eq!(
        session.step(Input::token(b"1"), &mut out),
        Ok(Stepped::Continue)
    );
    assert_eq!(session.facts().names.client, "alice", "the old facts hold");
    assert_eq!(
        session.step(Input::token(b"2"), &mut out),
        Ok(Stepped::Established)
    );
    assert_eq!(session.facts().names.client, "bob");
    assert_eq!(
        session.step(Input::token(b"bye"), &mut out),
        Ok(Stepped::Closed)
    );
    assert_eq!(out, b"12bye");
}

/// A token shorter than its room leaves no gap.
#[test]
fn sealed_messages_have_no_gap() {
    let mut out = b"before".to_vec();
    established().seal_message(b"data", &mut out).unwrap();
    assert_eq!(out, b"beforetokdata");
    assert_eq!(
        established().open_stream(&mut [], Order::Next),
        Ok(Opened::Closed)
    );
}

/// Connectionless contexts: signed before anything was exchanged; the receiver learns which message it was.
///
/// API-ISC-11: a style that a package does not have is refused.
#[test]
fn datagrams() {
    let mut context = toy().datagram(&Initiate::default()).unwrap();
    let mut token = [0; 4];
    assert_eq!(context.sign(&[b"first"], &mut token, 9), Ok(4));
    assert_eq!(context.verify(&[], &token, None).unwrap().sequence, 9);
    assert_eq!(context.verify(&[], &token, Some(9)).unwrap().sequence, 9);
    assert_eq!(
        context.open(&token, &mut [], Some(8)),
        Err(Error::OutOfSequence {
            expected: 8,
            received: 9
        })
    );
    let mut pieces = [];
    let mut message = Outgoing::new(&mut token, &mut pieces);
    let sealed = context
        .seal(&mut message, Quality::Confidential, 3)
        .unwrap();
    assert_eq!((sealed.token, token), (4, [3, 0, 0, 0]));
    let mut out = Vec::new();
    let asked = context.respond(Input::token(b"who?"), &mut out).unwrap();
    assert!(matches!(asked, Responded::Ask(SomeQuestion::Remember(_))));
    let wrong = context.answer(Answer::Kdc(Ok(KdcReply(vec![]))), &mut out);
    assert_eq!(
        wrong.unwrap_err(),
        Error::ApiMisuse(ApiMisuse::AnswerWithoutQuestion)
    );
    let answer = Answer::Remember(Ok(Remembered::New));
    assert!(matches!(
        context.answer(answer, &mut out),
        Ok(Responded::Continue)
    ));
    for _ in 0..3 {
        out.clear();
        let step = context.respond(Input::token(b"challenge"), &mut out);
        assert!(matches!(step, Ok(Responded::Established)));
        assert_eq!(out, b"answer");
    }
    assert_eq!(context.facts().names.client, "dgram");
    let server = toy().accept_datagram(&Accept::new());
    assert_eq!(
        server.unwrap_err().status(),
        Status::SEC_E_UNSUPPORTED_FUNCTION
    );
}

/// A package from outside has statuses of its own, and takes the place of one with its name.
#[test]
fn packages_from_outside() {
    let error = toy().initiate(&Initiate::to("status")).unwrap_err();
    assert_eq!(error.status(), Status::SEC_E_INSUFFICIENT_MEMORY);
    let packages = Packages::builder()
        .with(Toy)
        .with(ntlm::Ntlm::default())
        .with(Toy)
        .build();
    let names: Vec<_> = packages.iter().map(|p| p.info().name).collect();
    assert_eq!(names, ["NTLM", "Toy"]);
}

/// API-PKG-2, API-PKG-6, API-PKG-7, DG-2: records are found in any case and by RPC id; NTLM's is the published one with DATAGRAM.
#[test]
fn records() {
    let packages = Packages::standard();
    for name in ["NTLM", "ntlm", "Ntlm"] {
        let info = packages.get(name).unwrap();
        let info = info.info();
        assert_eq!(info.capabilities.bits(), 0x0288_2B3F);
        assert_eq!((info.version, info.rpc_id, info.max_token), (1, 10, 2888));
        assert_eq!(info.comment, "NTLM Security Package");
    }
    assert_eq!(packages.by_rpc_id(10).unwrap().info().name, "NTLM");
    assert!(packages.by_rpc_id(0xFFFE).is_none());
    let error = packages.get("NTLM2").unwrap_err();
    assert_eq!(error.status(), Status::SEC_E_SECPKG_NOT_FOUND);
}
