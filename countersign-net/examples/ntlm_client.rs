//! A client of `ntlm_server`: authenticates, and sends a sealed message that comes back.
//!
//! ```sh
//! cargo run --example ntlm_client -- 127.0.0.1:4450 'LAB\alice' < password
//! ```
//! The password comes from standard input: the arguments of a program are for everybody to see.
use std::error::Error;
use std::net::TcpStream;

use countersign::{
    Acquire, ContextFlags, Identity, Initiate, NoAnswers, Opened, Order, Packages, SecretString,
};
use countersign_net::blocking::{self, Framed};
use countersign_net::frame::Kind;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(name)) = (arguments.next(), arguments.next()) else {
        return Err("usage: ntlm_client ADDRESS DOMAIN\\USER < PASSWORD".into());
    };
    let mut line = String::with_capacity(1024);
    std::io::stdin().read_line(&mut line)?;
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    let identity = Identity::with_password(&name, SecretString::from(line))?;

    let credential = Packages::standard()
        .get("NTLM")?
        .acquire(Acquire::outbound().identity(identity))?;
    let handshake =
        credential.initiate(&Initiate::to("host/example").require(ContextFlags::PROTECTED))?;
    let mut transport = Framed::new(TcpStream::connect(address)?)
        .observe(|leg| println!("{:?} {} bytes", leg.direction, leg.bytes.len()));
    let mut session = blocking::initiate(&mut transport, handshake, None, &mut NoAnswers)?;
    println!("flags: {}", session.facts().flags.names());

    let mut message = Vec::new();
    session.seal_message(b"hello", &mut message)?;
    transport.write(Kind::Wrapped, &message)?;
    let mut echo = transport.read()?.ok_or("the server is gone")?;
    let Opened::Message { plain, .. } = session.open_stream(&mut echo.payload, Order::Next)? else {
        return Err("a message is cut short".into());
    };
    println!("echo: {}", String::from_utf8_lossy(&echo.payload[plain]));
    transport.write(Kind::Quit, &[])?;
    Ok(())
}
