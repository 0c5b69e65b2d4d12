//! Connectionless contexts over UDP on the loopback, with packets lost, repeated and overtaken.
use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use countersign::*;
use countersign_net::datagram::{
    CallError, Client, Event, Faults, MAX_DATA, Packet, PacketError, Port, Server, protect,
};
use countersign_net::store::{AccountStore, MemoryAccounts, StoreAnswers};

fn port() -> Port {
    Port::new(UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap()
}

fn faults(seed: u32, percent: u32) -> Faults {
    let mut state = seed;
    Faults::from_numbers(move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    })
    .loss(percent)
    .duplicate(percent)
    .reorder(percent)
}

fn context(password: &str) -> Datagram {
    let alice = Identity::with_password(r"LAB\alice", password).unwrap();
    let ntlm = Packages::standard().get("NTLM").unwrap();
    ntlm.acquire(Acquire::outbound().identity(alice))
        .unwrap()
        .datagram(&Initiate::to("RPC/server").require(ContextFlags::CONFIDENTIALITY))
        .unwrap()
}

fn server(request: Accept) -> Server {
    let ntlm = Packages::standard().get("NTLM").unwrap();
    Server::new(ntlm.acquire(Acquire::inbound()).unwrap(), request)
}

fn accounts() -> StoreAnswers<MemoryAccounts> {
    let accounts = MemoryAccounts::new();
    accounts
        .add(&Account::with_password("LAB", "alice", &"Passw0rd".into()))
        .unwrap();
    StoreAnswers(accounts)
}

/// A server on a thread of its own that answers each message with itself.
struct Echo {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Event>>,
}

impl Echo {
    /// `forgets`: after how many messages, and again after as many.
    fn start(mut server: Server, port: Port, forgets: Option<usize>) -> Self {
        let address = port.address().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let (mut port, mut answers) = (port, accounts());
            let (mut seen, mut messages) = (Vec::new(), 0);
            while !stopped.load(Ordering::Relaxed) {
                let Some((from, packet)) = port.receive(Duration::from_millis(20)).unwrap() else {
                    continue;
                };
                server.take(from, packet, &mut answers);
                while let Some(event) = server.event() {
                    match &event {
                        Event::Transmit { to, packet } => {
                            port.send(*to, packet).unwrap();
                            continue;
                        }
                        Event::Message {
                            peer,
                            sequence,
                            data,
                            ..
                        } => {
                            let reply = server.reply(*peer, *sequence, data).unwrap();
                            port.send(*peer, &reply).unwrap();
                            messages += 1;
                        }
                        _ => {}
                    }
                    seen.push(event);
                }
                if forgets.is_some_and(|count| messages >= count) {
                    server.forget();
                    messages = 0;
                }
            }
            seen
        });
        Self {
            address,
            stop,
            thread,
        }
    }

    fn stop(self) -> Vec<Event> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// Impatient, because packets are lost.
fn client(port: Port, server: SocketAddr) -> Client {
    Client::new(port, server, context("Passw0rd")).patience(400, Duration::from_millis(30))
}

/// Repeats nothing, however slow the machine is.
fn patient(port: Port, server: SocketAddr) -> Client {
    client(port, server).patience(1, Duration::from_secs(60))
}

fn texts(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("request {n}")).collect()
}

/// How often each number was given.
fn given(events: &[Event]) -> BTreeMap<u32, usize> {
    let mut given = BTreeMap::new();
    for event in events {
        if let Event::Message { sequence, data, .. } = event {
            assert_eq!(data, format!("request {sequence}").as_bytes());
            *given.entry(*sequence).or_default() += 1;
        }
    }
    given
}

/// DG-4, DG-8, DG-9, DG-12: each message arrives once, under its number, whatever the network does.
#[test]
fn exchanges_complete_under_faults() {
    for (seed, percent) in [(1, 0), (2, 10), (3, 35)] {
        for quality in [Quality::Confidential, Quality::IntegrityOnly] {
            let faulty = port().faults(faults(seed + 100, percent));
            let echo = Echo::start(server(Accept::new()), faulty, None);
            let faulty = port().faults(faults(seed, percent));
            let mut client = client(faulty, echo.address);
            if percent == 0 {
                client = client.patience(1, Duration::from_secs(60));
            }
            let texts = texts(40);
            let mut replies = BTreeMap::new();
            client
                .call_each(&texts, quality, |reply| {
                    assert!(replies.insert(reply.sequence, reply.data).is_none());
                })
                .unwrap();
            let expected = (1..).zip(texts.iter().map(|text| text.clone().into_bytes()));
            assert_eq!(replies, expected.collect());
            assert!(client.challenges() > 0);
            let events = echo.stop();
            let once = (1..=40).map(|number| (number, 1)).collect();
            assert_eq!(given(&events), once, "{percent} percent, {quality:?}");
            let refused = |event: &&Event| matches!(event, Event::Refused { .. });
            assert_eq!(events.iter().find(refused), None);
            let repeated = |event: &Event| matches!(event, Event::Repeated { .. });
            assert_eq!(events.iter().any(repeated), percent > 0);
        }
    }
}

/// DG-5, DG-6, DG-7: a server that forgets again and again is told again, with the same key.
#[test]
fn a_forgetful_server() {
    for percent in [0, 20] {
        let faulty = port().faults(faults(7, percent));
        let echo = Echo::start(server(Accept::new()), faulty, Some(3));
        let mut client = client(port().faults(faults(8, percent)), echo.address);
        let key = client.facts().session_key.clone().unwrap();
        for text in texts(12) {
            let reply = client.call(text.as_bytes(), Quality::Confidential).unwrap();
            assert_eq!(reply.data, text.as_bytes());
        }
        assert!(client.challenges() >= 4);
        let now = client.facts().session_key.clone().unwrap();
        assert_eq!(key.expose(), now.expose());
        let events = echo.stop();
        assert_eq!(given(&events).len(), 12);
        let here = |event: &&Event| matches!(event, Event::Established { again: false, .. });
        assert!(events.iter().filter(here).count() >= 4);
    }
}

/// More clients than a server remembers: those that were forgotten are challenged again.
#[test]
fn more_clients_than_are_remembered() {
    let echo = Echo::start(server(Accept::new()).limit(2), port(), None);
    let mut clients: Vec<_> = (0..4).map(|_| patient(port(), echo.address)).collect();
    for _ in 0..3 {
        for client in &mut clients {
            let number = client.call(b"", Quality::Confidential).unwrap().sequence;
            assert!((1..=3).contains(&number));
        }
    }
    assert!(clients.iter().all(|client| client.challenges() == 3));
    let events = echo.stop();
    let forgotten = |event: &&Event| matches!(event, Event::Forgotten { .. });
    assert_eq!(events.iter().filter(forgotten).count(), 10);
}

/// CONN-6: a wrong password gives no reply; the server knows why, the client is told nothing.
#[test]
fn wrong_passwords() {
    let echo = Echo::start(server(Accept::new()), port(), None);
    let mut client =
        Client::new(port(), echo.address, context("wrong")).patience(3, Duration::from_secs(1));
    let error = client.call(b"x", Quality::Confidential).unwrap_err();
    assert!(
        matches!(
            &error,
            CallError::NoReply {
                attempts: 3,
                refused: None
            }
        ),
        "{error:?}"
    );
    // Enough for the server to have seen the answer, however slow it is.
    let mut good = patient(port(), echo.address);
    good.call(b"request 1", Quality::Confidential).unwrap();
    let events = echo.stop();
    let denied = Error::LogonDenied(Denied::WrongPassword);
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::Refused { error, .. } if *error == denied))
    );
    assert_eq!(given(&events).len(), 1);
}

/// A server and a client without a network between them.
struct Direct {
    server: Server,
    client: Datagram,
    answers: StoreAnswers<MemoryAccounts>,
}

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);

impl Direct {
    fn new(request: Accept) -> Self {
        Self {
            server: server(request),
            client: context("Passw0rd"),
            answers: accounts(),
        }
    }

    fn message(&mut self, sequence: u32, data: &[u8]) -> Vec<u8> {
        protect(&mut self.client, sequence, data, Quality::Confidential).unwrap()
    }

    fn take(&mut self, packet: &[u8]) -> Vec<Event> {
        self.server.take(PEER, packet, &mut self.answers);
        std::iter::from_fn(|| self.server.event()).collect()
    }

    /// The client's answer to the challenge in a packet.
    fn answer(&mut self, packet: &[u8]) -> Vec<u8> {
        let Ok(Packet::Token(token)) = Packet::parse(packet) else {
            panic!("{packet:?}");
        };
        let (mut out, mut answer) = (Vec::new(), Vec::new());
        let step = self.client.respond(Input::token(token), &mut out).unwrap();
        assert!(matches!(step, Responded::Established));
        Packet::Token(&out).write(&mut answer).unwrap();
        answer
    }
}

fn challenge(events: &[Event]) -> Vec<u8> {
    match events {
        [Event::Transmit { to: PEER, packet }] => packet.clone(),
        other => panic!("{other:?}"),
    }
}

fn message(sequence: u32, data: &[u8]) -> Event {
    Event::Message {
        peer: PEER,
        sequence,
        data: data.to_vec(),
        quality: Quality::Confidential,
    }
}

const ESTABLISHED: Event = Event::Established {
    peer: PEER,
    again: false,
};

/// The challenge is the same until it was answered, and messages wait for the answer.
#[test]
fn messages_wait_for_the_answer() {
    let mut direct = Direct::new(Accept::new());
    let (one, two) = (direct.message(1, b"one"), direct.message(2, b"two"));
    let first = challenge(&direct.take(&two));
    assert_eq!(challenge(&direct.take(&one)), first);
    assert_eq!(challenge(&direct.take(&two)), first);
    let (answer, late) = (direct.answer(&first), direct.answer(&first));
    assert_eq!(
        direct.take(&answer),
        [ESTABLISHED, message(1, b"one"), message(2, b"two")]
    );
    assert_eq!(direct.take(&late), [], "a repeated answer changes nothing");
    assert_eq!(
        direct.take(&one),
        [Event::Repeated {
            peer: PEER,
            sequence: 1
        }]
    );
    let reply = direct.server.reply(PEER, 1, b"reply").unwrap();
    assert_eq!(
        direct.take(&one)[1],
        Event::Transmit {
            to: PEER,
            packet: reply
        }
    );
    for (peer, sequence) in [(PEER, 1), (PEER, 3), (SocketAddr::new(PEER.ip(), 10), 2)] {
        let error = direct.server.reply(peer, sequence, b"").unwrap_err();
        assert!(matches!(error, Error::ApiMisuse(_)), "{sequence}");
    }
}

/// What waits is bounded in number and in size.
#[test]
fn what_waits_is_bounded() {
    let mut direct = Direct::new(Accept::new());
    let mut packet = Vec::new();
    for sequence in 0..100 {
        let small = direct.message(sequence, b"x");
        packet = challenge(&direct.take(&small));
    }
    let answer = direct.answer(&packet);
    assert_eq!(direct.take(&answer).len(), 1 + 16);

    let mut direct = Direct::new(Accept::new());
    for sequence in 0..3 {
        let large = direct.message(sequence, &[0; MAX_DATA]);
        packet = challenge(&direct.take(&large));
    }
    let answer = direct.answer(&packet);
    assert_eq!(
        direct.take(&answer),
        [ESTABLISHED, message(0, &[0; MAX_DATA])]
    );
    let error = protect(
        &mut direct.client,
        4,
        &[0; MAX_DATA + 1],
        Quality::Confidential,
    );
    assert_eq!(
        error.unwrap_err().status(),
        Status::SEC_E_UNSUPPORTED_FUNCTION
    );
}

/// Repetitions are told from news for as long as replies are remembered, and never given twice.
#[test]
fn repetitions() {
    for request in [
        Accept::new(),
        Accept::new().request(ContextFlags::REPLAY_DETECT),
    ] {
        let mut direct = Direct::new(request);
        let packets: Vec<_> = (0..200).map(|n| direct.message(n, &[1; 9000])).collect();
        let packet = challenge(&direct.take(&packets[0]));
        let answer = direct.answer(&packet);
        direct.take(&answer);
        direct.server.reply(PEER, 0, &[2; 9000]).unwrap();
        for (sequence, packet) in (1..).zip(&packets[1..]) {
            let events = direct.take(packet);
            assert_eq!(events, [message(sequence, &[1; 9000])]);
            direct.server.reply(PEER, sequence, &[2; 9000]).unwrap();
        }
        let mut kept = 0;
        for (sequence, packet) in (0..).zip(&packets) {
            let events = direct.take(packet);
            assert_eq!(
                events[0],
                Event::Repeated {
                    peer: PEER,
                    sequence
                }
            );
            kept += events.len() - 1;
        }
        assert_eq!(kept, 256 * 1024 / 9021);
    }
}

/// API-MSG-11: what was altered is refused, and challenged; the good one is taken after that.
#[test]
fn altered_packets() {
    let mut direct = Direct::new(Accept::new());
    let one = direct.message(1, b"one");
    let packet = challenge(&direct.take(&one));
    let answer = direct.answer(&packet);
    direct.take(&answer);
    let good = direct.message(2, b"two");
    for bit in 8..good.len() * 8 {
        let mut packet = good.clone();
        packet[bit / 8] ^= 1 << (bit % 8);
        let events = direct.take(&packet);
        assert!(
            matches!(
                &events[..],
                [Event::Refused { .. }, Event::Transmit { .. }] | [Event::Repeated { .. }]
            ),
            "bit {bit}: {events:?}"
        );
    }
    assert_eq!(direct.take(&good), [message(2, b"two")]);
    let events = direct.take(b"x");
    let error = PacketError::UnknownKind(b'x');
    assert_eq!(events, [Event::NoPacket { peer: PEER, error }]);
    // The challenge that followed what was altered is good for one answer.
    let events = direct.take(b"Tno token");
    assert!(matches!(events[..], [Event::Refused { .. }]), "{events:?}");
    assert_eq!(direct.take(b"Tno token"), []);
}

/// DG-6: a client that starts anew at the same address is challenged, and its numbers begin anew.
#[test]
fn a_client_that_starts_anew() {
    let mut direct = Direct::new(Accept::new());
    for round in 0..3 {
        direct.client = context("Passw0rd");
        let one = direct.message(1, b"one");
        let mut events = direct.take(&one);
        if round > 0 {
            let refused = events.remove(0);
            assert!(matches!(refused, Event::Refused { .. }), "{refused:?}");
        }
        let packet = challenge(&events);
        let answer = direct.answer(&packet);
        assert_eq!(direct.take(&answer)[0], ESTABLISHED);
        if round > 0 {
            assert_eq!(direct.take(&one), [message(1, b"one")]);
        }
        let name = &direct.server.facts(PEER).unwrap().names.client;
        assert_eq!(name, r"LAB\alice");
    }
    direct.server.forget();
    assert_eq!(direct.server.remembered(), 0);
    assert!(direct.server.facts(PEER).is_none());
}
