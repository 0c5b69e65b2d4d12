use countersign::*;

fn misuse(session: Session) {
    let (sealer, _, _) = session.split();
    let _ = sealer.clone();
}

fn main() {
    let _ = misuse;
}
