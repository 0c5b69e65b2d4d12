use countersign::*;

fn misuse(asking: Asking<Logon>) {
    let answer: Result<Remembered, Unavailable> = Ok(Remembered::New);
    let _ = asking.answer(answer, &mut Vec::new());
}

fn main() {
    let _ = misuse;
}
