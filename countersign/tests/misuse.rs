//! Misuse that must not compile.

/// CONN-7: a message before the end, a second step of a spent handshake, a wrong answer: the compiler refuses.
#[test]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/misuse/*.rs");
}
