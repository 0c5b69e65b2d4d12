//! A server: what it knows of its clients is bounded, and may be forgotten at any time.
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use countersign::{
    Accept, ApiMisuse, ChannelBindings, Credential, Datagram, Error, Facts, Input, Quality,
    Resolve, Responded, answer,
};

use super::packet::{Packet, PacketError, Received, protect};

/// How many clients a server remembers, unless it is told another number.
pub const MAX_PEERS: usize = 256;

/// How many bytes of messages wait until their sender is known.
const MAX_WAITING: usize = 64 * 1024;
/// How many messages wait.
const MAX_WAITING_MESSAGES: usize = 16;
/// How many numbers of messages are remembered with their replies.
const MAX_REPLIES: usize = 64;
/// How many bytes of replies are kept.
const MAX_REPLY_BYTES: usize = 256 * 1024;

/// A server of many clients, told apart by their addresses. It does not touch the network:
/// packets go in with [`Self::take`], and [`Self::event`] tells what follows from them.
///
/// Each message is given once, however often it comes, as long as its sender is remembered. When a
/// server forgets, a message that is repeated after that is given again.
#[derive(Debug)]
pub struct Server {
    credential: Arc<dyn Credential>,
    request: Accept,
    bindings: Option<ChannelBindings>,
    limit: usize,
    peers: HashMap<SocketAddr, Peer>,
    clock: u64,
    events: VecDeque<Event>,
}

/// What followed from a packet.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Send this.
    Transmit {
        /// To whom.
        to: SocketAddr,
        /// The packet.
        packet: Vec<u8>,
    },
    /// The client has proven who it is; [`Server::facts`] tell who.
    Established {
        /// Where it is.
        peer: SocketAddr,
        /// The same key was in use with it before.
        again: bool,
    },
    /// A message that verified. [`Server::reply`] makes the reply, without which it comes again.
    Message {
        /// From whom.
        peer: SocketAddr,
        /// Its number.
        sequence: u32,
        /// The message.
        data: Vec<u8>,
        /// How it was protected.
        quality: Quality,
    },
    /// A message came again. Its reply, where there is one, is sent again, too.
    Repeated {
        /// From whom.
        peer: SocketAddr,
        /// Its number.
        sequence: u32,
    },
    /// A token or a message was refused; the client is challenged anew when it sends something.
    Refused {
        /// Whose it was, by its address.
        peer: SocketAddr,
        /// Why.
        error: Error,
    },
    /// Something that is no packet came, and was passed over.
    NoPacket {
        /// From whom.
        peer: SocketAddr,
        /// What is wrong with it.
        error: PacketError,
    },
    /// A client was forgotten to make room for another one.
    Forgotten {
        /// Where it was.
        peer: SocketAddr,
    },
}

/// What is known of one client.
#[derive(Debug)]
struct Peer {
    context: Datagram,
    /// The challenge that is out. It is sent again rather than replaced, so that an answer fits
    /// even when the message that asked for it came twice.
    challenge: Option<Vec<u8>>,
    waiting: Vec<Received>,
    established: bool,
    replies: Replies,
    /// When it was heard of last, in packets.
    used: u64,
}

impl Server {
    /// A server that knows nobody yet.
    #[must_use]
    pub fn new(credential: Arc<dyn Credential>, request: Accept) -> Self {
        Self {
            credential,
            request,
            bindings: None,
            limit: MAX_PEERS,
            peers: HashMap::new(),
            clock: 0,
            events: VecDeque::new(),
        }
    }

    /// Binds clients to a channel.
    #[must_use]
    pub fn bindings(mut self, bindings: Option<ChannelBindings>) -> Self {
        self.bindings = bindings;
        self
    }

    /// How many clients are remembered; at least one is.
    #[must_use]
    pub fn limit(mut self, peers: usize) -> Self {
        self.limit = peers.max(1);
        self
    }

    /// What follows from the packets so far, one after the other.
    #[must_use]
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What is known of a client that has proven who it is.
    #[must_use]
    pub fn facts(&self, peer: SocketAddr) -> Option<&Facts> {
        let peer = self.peers.get(&peer).filter(|peer| peer.established)?;
        Some(peer.context.facts())
    }

    /// How many clients are remembered, with those that have proven nothing yet.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.peers.len()
    }

    /// Forgets every client, as a server may at any time: they are challenged again.
    pub fn forget(&mut self) {
        self.peers.clear();
    }

    /// Takes a packet.
    pub fn take(&mut self, from: SocketAddr, packet: &[u8], answers: &mut dyn Resolve) {
        let received = match Packet::parse(packet) {
            Ok(Packet::Token(token)) => return self.token(from, token, answers),
            Ok(Packet::Signed {
                sequence,
                signature,
                data,
            }) => Received::new(sequence, signature, data, Quality::IntegrityOnly),
            Ok(Packet::Sealed {
                sequence,
                signature,
                data,
            }) => Received::new(sequence, signature, data, Quality::Confidential),
            Err(error) => {
                self.events.push_back(Event::NoPacket { peer: from, error });
                return;
            }
        };
        if let Err(error) = self.message(from, received) {
            self.events.push_back(Event::Refused { peer: from, error });
        }
    }

    /// Makes the reply to message number `sequence`, protected as that was, and remembers it.
    ///
    /// # Errors
    /// [`ApiMisuse::WrongOrder`] when no such message waits for its reply; any [`Error`] of the
    /// context.
    pub fn reply(
        &mut self,
        peer: SocketAddr,
        sequence: u32,
        data: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let wrong = ApiMisuse::WrongOrder("no such message waits for its reply");
        let peer = self.peers.get_mut(&peer).ok_or(wrong)?;
        let quality = peer.replies.due(sequence).ok_or(wrong)?;
        let packet = protect(&mut peer.context, sequence, data, quality)?;
        peer.replies.keep(sequence, packet.clone());
        Ok(packet)
    }

    /// A message: verified where the sender is known, kept for later where it is not.
    fn message(&mut self, from: SocketAddr, received: Received) -> Result<(), Error> {
        self.make_room(from);
        self.clock += 1;
        let peer = match self.peers.entry(from) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => entry.insert(Peer {
                context: self.credential.accept_datagram(&self.request)?,
                challenge: None,
                waiting: Vec::new(),
                established: false,
                replies: Replies::default(),
                used: 0,
            }),
        };
        peer.used = self.clock;
        if peer.established {
            let fault = peer.verify(from, received, &mut self.events);
            let Err(error) = fault else {
                return Ok(());
            };
            // Somebody altered it, or the client started anew with another key: it can tell.
            self.events.push_back(Event::Refused { peer: from, error });
        } else {
            peer.wait(received);
        }
        peer.challenge(from, self.bindings.as_ref(), &mut self.events)
    }

    /// A client's answer to a challenge.
    fn token(&mut self, from: SocketAddr, token: &[u8], answers: &mut dyn Resolve) {
        // One that was forgotten, or a repeated answer: its next message tells.
        let Some(peer) = self.peers.get_mut(&from) else {
            return;
        };
        if peer.challenge.take().is_none() {
            return;
        }
        self.clock += 1;
        peer.used = self.clock;
        match peer.prove(token, self.bindings.as_ref(), answers) {
            Ok(again) => {
                let events = &mut self.events;
                events.push_back(Event::Established { peer: from, again });
                for received in std::mem::take(&mut peer.waiting) {
                    if let Err(error) = peer.verify(from, received, events) {
                        events.push_back(Event::Refused { peer: from, error });
                    }
                }
            }
            Err(error) => self.events.push_back(Event::Refused { peer: from, error }),
        }
    }

    /// Forgets whom it hurts least: the one longest silent, of those that have proven nothing first.
    fn make_room(&mut self, newcomer: SocketAddr) {
        if self.peers.len() < self.limit || self.peers.contains_key(&newcomer) {
            return;
        }
        let oldest = self
            .peers
            .iter()
            .min_by_key(|(_, peer)| (peer.established, peer.used))
            .map(|(address, _)| *address);
        if let Some(peer) = oldest {
            self.peers.remove(&peer);
            self.events.push_back(Event::Forgotten { peer });
        }
    }
}

impl Peer {
    /// Keeps a message until its sender is known, as far as there is room.
    fn wait(&mut self, received: Received) {
        let known = |one: &Received| {
            (one.sequence, one.quality == Quality::Confidential)
                == (received.sequence, received.quality == Quality::Confidential)
        };
        // It was repeated. The newer one stays: the older may be of somebody else.
        self.waiting.retain(|one| !known(one));
        let held: usize = self.waiting.iter().map(Received::size).sum();
        if self.waiting.len() < MAX_WAITING_MESSAGES && held + received.size() <= MAX_WAITING {
            self.waiting.push(received);
        }
    }

    /// Sends a challenge, the one that is out where there is one.
    fn challenge(
        &mut self,
        to: SocketAddr,
        bindings: Option<&ChannelBindings>,
        events: &mut VecDeque<Event>,
    ) -> Result<(), Error> {
        let packet = match &self.challenge {
            Some(packet) => packet,
            None => {
                let (mut out, mut packet) = (Vec::new(), Vec::new());
                let mut input = Input::none();
                if let Some(bindings) = bindings {
                    input = input.bindings(bindings);
                }
                self.context.respond(input, &mut out)?;
                Packet::Token(&out)
                    .write(&mut packet)
                    .map_err(|_| Error::Unsupported("the challenge is too long for a packet"))?;
                self.challenge.insert(packet)
            }
        };
        events.push_back(Event::Transmit {
            to,
            packet: packet.clone(),
        });
        Ok(())
    }

    /// Takes the answer to the challenge; tells whether the same key was in use before.
    fn prove(
        &mut self,
        token: &[u8],
        bindings: Option<&ChannelBindings>,
        answers: &mut dyn Resolve,
    ) -> Result<bool, Error> {
        let before = self.context.facts().session_key.clone();
        let mut input = Input::token(token);
        if let Some(bindings) = bindings {
            input = input.bindings(bindings);
        }
        let mut out = Vec::new();
        let mut responded = self.context.respond(input, &mut out)?;
        while let Responded::Ask(question) = responded {
            let found = answer(&question, answers);
            responded = self.context.answer(found, &mut out)?;
        }
        if !matches!(responded, Responded::Established) {
            return Err(Error::Unsupported("more than one leg after a challenge"));
        }
        let now = self.context.facts().session_key.clone();
        let again = match (before, now) {
            (Some(before), Some(now)) => before.expose() == now.expose(),
            _ => false,
        };
        if !again {
            // Another key: the numbers of its messages begin anew.
            self.replies = Replies::default();
        }
        self.established = true;
        Ok(again)
    }

    /// Gives a message when it verifies and is new.
    fn verify(
        &mut self,
        peer: SocketAddr,
        received: Received,
        events: &mut VecDeque<Event>,
    ) -> Result<(), Error> {
        let (sequence, quality) = (received.sequence, received.quality);
        let data = match received.open(&mut self.context) {
            Ok(data) => data,
            // The package watches for repetition itself.
            Err(Error::OutOfSequence { .. }) => {
                self.replies.again(peer, sequence, events);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        if self.replies.is_new(sequence) {
            self.replies.expect(sequence, quality);
            events.push_back(Event::Message {
                peer,
                sequence,
                data,
                quality,
            });
        } else {
            self.replies.again(peer, sequence, events);
        }
        Ok(())
    }
}

/// The messages that came, with their replies.
#[derive(Debug, Default)]
struct Replies {
    known: BTreeMap<u32, Reply>,
    bytes: usize,
    /// Numbers up to this one are too old to be told from repetitions.
    old: Option<u32>,
}

#[derive(Debug)]
enum Reply {
    Due(Quality),
    Sent(Vec<u8>),
}

impl Replies {
    fn is_new(&self, sequence: u32) -> bool {
        self.old.is_none_or(|old| sequence > old) && !self.known.contains_key(&sequence)
    }

    fn expect(&mut self, sequence: u32, quality: Quality) {
        self.known.insert(sequence, Reply::Due(quality));
        self.trim();
    }

    fn due(&self, sequence: u32) -> Option<Quality> {
        match self.known.get(&sequence) {
            Some(Reply::Due(quality)) => Some(*quality),
            _ => None,
        }
    }

    fn keep(&mut self, sequence: u32, packet: Vec<u8>) {
        self.bytes += packet.len();
        self.known.insert(sequence, Reply::Sent(packet));
        self.trim();
    }

    fn again(&self, peer: SocketAddr, sequence: u32, events: &mut VecDeque<Event>) {
        events.push_back(Event::Repeated { peer, sequence });
        if let Some(Reply::Sent(packet)) = self.known.get(&sequence) {
            events.push_back(Event::Transmit {
                to: peer,
                packet: packet.clone(),
            });
        }
    }

    fn trim(&mut self) {
        while self.known.len() > MAX_REPLIES || self.bytes > MAX_REPLY_BYTES {
            let Some((sequence, reply)) = self.known.pop_first() else {
                return;
            };
            if let Reply::Sent(packet) = reply {
                self.bytes -= packet.len();
            }
            self.old = Some(sequence);
        }
    }
}
