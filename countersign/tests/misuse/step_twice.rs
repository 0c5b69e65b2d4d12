use countersign::*;

fn misuse(handshake: Handshake) {
    let _ = handshake.step(Input::none(), &mut Vec::new());
    let _ = handshake.step(Input::none(), &mut Vec::new());
}

fn main() {
    let _ = misuse;
}
