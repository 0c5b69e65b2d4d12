//! A server that authenticates its clients with NTLM and sends every sealed message back.
//!
//! ```sh
//! echo 'LAB:alice:Passw0rd' > passwords
//! cargo run --example ntlm_server -- 127.0.0.1:4450 passwords
//! ```
use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use countersign::{Accept, Acquire, ContextFlags, Credential, Opened, Order, Packages};
use countersign_net::blocking::{self, Framed};
use countersign_net::frame::Kind;
use countersign_net::store::{AccountStore, MemoryAccounts, StoreAnswers, files};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(passwords)) = (arguments.next(), arguments.next()) else {
        return Err("usage: ntlm_server ADDRESS FILE-OF-PASSWORDS".into());
    };
    let accounts = MemoryAccounts::new();
    let known = files::read_passwords(BufReader::new(File::open(passwords)?))?;
    accounts.import(&known, false)?;

    // One credential for all connections.
    let credential = Packages::standard()
        .get("NTLM")?
        .acquire(Acquire::inbound())?;
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    for stream in listener.incoming() {
        let (credential, accounts) = (credential.clone(), accounts.clone());
        let stream = stream?;
        std::thread::spawn(move || {
            if let Err(error) = serve(stream, &credential, accounts) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

fn serve(
    stream: TcpStream,
    credential: &Arc<dyn Credential>,
    accounts: MemoryAccounts,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    // A client that says nothing does not keep its thread for ever.
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut transport = Framed::new(stream);
    let handshake = credential.accept(&Accept::new().require(ContextFlags::PROTECTED))?;
    let mut session =
        blocking::accept(&mut transport, handshake, None, &mut StoreAnswers(accounts))?;
    println!("{} is here", session.facts().names.client);

    while let Some(mut frame) = transport.read()? {
        if frame.kind != Kind::Wrapped {
            break;
        }
        let Opened::Message { plain, .. } = session.open_stream(&mut frame.payload, Order::Next)?
        else {
            return Err("a message is cut short".into());
        };
        let mut answer = Vec::new();
        session.seal_message(&frame.payload[plain], &mut answer)?;
        transport.write(Kind::Wrapped, &answer)?;
    }
    Ok(())
}
