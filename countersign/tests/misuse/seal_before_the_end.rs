use countersign::*;

fn misuse(handshake: Handshake) {
    handshake.seal_message(b"too early", &mut Vec::new());
}

fn main() {
    let _ = misuse;
}
