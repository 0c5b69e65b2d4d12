//! Remote calls over UDP in the style of DCE RPC: the request comes first, authenticated later.
//!
//! ```sh
//! cargo run --example rpc_datagram
//! ```
//! A client signs its first request before anything was exchanged. The server keeps it, challenges,
//! and verifies it when the answer has come. Then the server forgets everything; the next request
//! makes it challenge again, and the client answers with the same session key. A fifth of all
//! packets is lost on the way, and others come twice or late.
use std::error::Error;
use std::net::UdpSocket;
use std::time::Duration;

use countersign::{Accept, Account, Acquire, ContextFlags, Identity, Initiate, Packages, Quality};
use countersign_net::datagram::{Client, Event, Faults, Port, Server};
use countersign_net::store::{AccountStore, MemoryAccounts, StoreAnswers};

const REQUESTS: [&str; 4] = ["add 1 2", "add 40 2", "add 7 x", "add 4294967295 1"];

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let accounts = MemoryAccounts::new();
    accounts.add(&Account::with_password("LAB", "alice", &"Passw0rd".into()))?;
    let ntlm = Packages::standard().get("NTLM")?;
    let server = Server::new(ntlm.acquire(Acquire::inbound())?, Accept::new());
    let port = Port::new(UdpSocket::bind("127.0.0.1:0")?)?.faults(faults(1));
    let address = port.address()?;
    let serving = std::thread::spawn(move || serve(port, server, accounts));

    let alice = Identity::with_password(r"LAB\alice", "Passw0rd")?;
    let context = ntlm
        .acquire(Acquire::outbound().identity(alice))?
        .datagram(&Initiate::to("RPC/calculator").require(ContextFlags::INTEGRITY))?;
    let port = Port::new(UdpSocket::bind("127.0.0.1:0")?)?.faults(faults(2));
    let mut client = Client::new(port, address, context);
    for request in REQUESTS {
        let reply = client.call(request.as_bytes(), Quality::IntegrityOnly)?;
        let text = String::from_utf8_lossy(&reply.data);
        println!("client: request {}: {request} = {text}", reply.sequence);
    }
    println!("client: answered {} challenges", client.challenges());
    drop(client);
    serving.join().map_err(|_| "the server panicked")??;
    Ok(())
}

/// Serves until nobody has said anything for a while.
fn serve(
    mut port: Port,
    mut server: Server,
    accounts: MemoryAccounts,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut answers = StoreAnswers(accounts);
    let (mut served, mut forgot) = (0, false);
    while let Some((from, packet)) = port.receive(Duration::from_secs(2))? {
        server.take(from, packet, &mut answers);
        while let Some(event) = server.event() {
            match event {
                Event::Transmit { to, packet } => port.send(to, &packet)?,
                Event::Established { peer, .. } => {
                    if let Some(facts) = server.facts(peer) {
                        println!("server: {} is here", facts.names.client);
                    }
                }
                Event::Message {
                    peer,
                    sequence,
                    data,
                    ..
                } => {
                    println!("server: request {sequence} verified");
                    let reply = server.reply(peer, sequence, call(&data).as_bytes())?;
                    port.send(peer, &reply)?;
                    served += 1;
                }
                Event::Repeated { sequence, .. } => println!("server: request {sequence}, again"),
                Event::Refused { error, .. } => println!("server: refused: {error}"),
                _ => {}
            }
        }
        // A server may do so at any time and tells nobody.
        if served == 2 && !forgot {
            server.forget();
            forgot = true;
            println!("server: forgot everything");
        }
    }
    Ok(())
}

/// The procedure: `add` and two numbers.
fn call(request: &[u8]) -> String {
    let text = String::from_utf8_lossy(request);
    let sum = text.strip_prefix("add ").and_then(|numbers| {
        let (one, other) = numbers.split_once(' ')?;
        one.parse::<u64>().ok()?.checked_add(other.parse().ok()?)
    });
    sum.map_or_else(|| "fault: no such call".to_owned(), |sum| sum.to_string())
}

/// The same faults in every run: xorshift, which is no source of secrets.
fn faults(seed: u32) -> Faults {
    let mut state = seed;
    Faults::from_numbers(move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    })
    .loss(20)
    .duplicate(20)
    .reorder(20)
}
