#![no_main]
//! A server of datagrams that gets any packets from a few addresses: nobody is known by them, no
//! message verifies, and what it remembers is bounded.
//!
//! Packets stand behind one another: address, length, bytes.
use std::net::{Ipv4Addr, SocketAddr};

use countersign::ntlm::Ntlm;
use countersign::{Accept, Acquire, ContextFlags, Package};
use countersign_net::datagram::{Event, Packet, Server};
use harness::Accounts;
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 3;

fuzz_target!(|data: &[u8]| {
    let credential = Ntlm::default()
        .acquire(Acquire::inbound())
        .expect("a server");
    let request = Accept::new().request(ContextFlags::PROTECTED);
    let mut server = Server::new(credential, request).limit(LIMIT);
    let mut rest = data;
    for _ in 0..32 {
        let Some(([address, low, high], behind)) =
            rest.split_first_chunk::<3>().map(|(a, b)| (*a, b))
        else {
            break;
        };
        let length = usize::from(u16::from_le_bytes([low, high])).min(behind.len());
        let (packet, behind) = behind.split_at(length);
        rest = behind;
        if let Ok(packet) = Packet::parse(packet) {
            let mut again = Vec::new();
            packet
                .write(&mut again)
                .expect("what was parsed can be written");
            assert_eq!(Packet::parse(&again), Ok(packet));
        }
        let from = SocketAddr::from((Ipv4Addr::LOCALHOST, 1 + u16::from(address % 8)));
        server.take(from, packet, &mut Accounts { known: true });
        assert!(server.remembered() <= LIMIT);
        assert!(server.facts(from).is_none());
        while let Some(event) = server.event() {
            assert!(
                !matches!(event, Event::Established { .. } | Event::Message { .. }),
                "{event:?}"
            );
        }
    }
});
