#![no_main]
//! Descriptions: fields lie within the token and within the field above them, no byte is left out,
//! the output is bounded, and what a parser refuses has a fault.
use countersign::ntlm::describe;
use countersign::ntlm::message::{Authenticate, Challenge, Negotiate, message_type};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(description) = describe(data) else {
        assert!(message_type(data).is_err());
        return;
    };
    assert!(description.fields.len() <= 2001);
    let mut above: Vec<(usize, usize)> = Vec::new();
    let mut own = Vec::new();
    for field in &description.fields {
        let place = (
            field.offset,
            field.offset.checked_add(field.length).unwrap(),
        );
        assert!(place.1 <= data.len(), "{field:?}");
        above.truncate(usize::from(field.depth));
        assert_eq!(above.len(), usize::from(field.depth), "{field:?}");
        match above.last() {
            Some(parent) => assert!(parent.0 <= place.0 && place.1 <= parent.1, "{field:?}"),
            None => own.push(place),
        }
        above.push(place);
        // At most 256 characters, each of them escaped, and the note that more follow.
        assert!(field.value.len() <= 256 * 10 + 32, "{field:?}");
        assert!(field.meaning.len() <= 40);
        for line in field.meaning.iter().chain([&field.value]) {
            assert!(!line.contains(char::is_control), "{field:?}");
        }
    }
    own.sort_unstable();
    let end = own.into_iter().fold(0, |end, (from, to)| {
        assert!(from <= end, "a gap before {from}");
        end.max(to)
    });
    assert_eq!(end, data.len());

    let parsed = [
        Negotiate::parse(data).is_ok(),
        Challenge::parse(data).is_ok(),
        Authenticate::parse(data).is_ok(),
    ];
    assert!(description.fault.is_some() || parsed.contains(&true));
});
