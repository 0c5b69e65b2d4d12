//! The vectors of [MS-NLMP] 4.2.4 and those derived from it, byte for byte through the public API.
mod support;

use countersign::ntlm::Version;
use countersign::wire::description::hex;
use countersign::*;
use support::*;

const NEGOTIATE: &str =
    "4e544c4d5353500001000000978208e2000000000000000000000000000000000a00614a0000000f";
const CHALLENGE: &str = "4e544c4d53535000020000000c000c0038000000158289e20123456789abcdef00000000000000009e009e00440000000a00614a0000000f44006f006d00610069006e0001000c0053004500520056004500520002000c0044006f006d00610069006e0003002a007300650072007600650072002e0064006f006d00610069006e002e006500780061006d0070006c00650004001c0064006f006d00610069006e002e006500780061006d0070006c00650005001c0064006f006d00610069006e002e006500780061006d0070006c0065000700080078563412dec0d90100000000";
const AUTHENTICATE: &str = "4e544c4d5353500003000000180018007c00000022012201940000000c000c00580000000800080064000000100010006c00000010001000b6010000158288e20a00614a0000000f3668438c5877ecc8464c1dbbf80c841544006f006d00610069006e00550073006500720043004f004d0050005500540045005200000000000000000000000000000000000000000000000000f480d648a3012a9318c897107662d82f010100000000000078563412dec0d901aaaaaaaaaaaaaaaa0000000001000c0053004500520056004500520002000c0044006f006d00610069006e0003002a007300650072007600650072002e0064006f006d00610069006e002e006500780061006d0070006c00650004001c0064006f006d00610069006e002e006500780061006d0070006c00650005001c0064006f006d00610069006e002e006500780061006d0070006c0065000700080078563412dec0d90106000400020000000a0010006586e99d81c2fc984e47172fd4dd03100900340048005400540050002f007300650072007600650072002e0064006f006d00610069006e002e006500780061006d0070006c006500000000000000000064a4fcb3d6ab4303876fb599f172a9df";

/// NTLM-API-1, NTLM-FLG-1, NTLM-FLG-2, NTLM-FLG-5, NTLM-MSG-1, NTLM-MSG-4, NTLM-AV-1, NTLM-CLI-2
/// NTLM-CLI-3, NTLM-CLI-5, NTLM-CLI-6, NTLM-SRV-1, NTLM-SRV-6, NTLM-API-4, NTLM-API-5, CONN-9
#[test]
fn derived_full_exchange() {
    let mut setup = Setup::default();
    let (client, negotiate) = setup.negotiate();
    assert_eq!(hex(&negotiate), NEGOTIATE);
    let (server, challenge) = setup.challenge(&negotiate).unwrap();
    assert_eq!(hex(&challenge), CHALLENGE);
    let (client, authenticate) = setup.authenticate(client, &challenge).unwrap();
    assert_eq!(hex(&authenticate), AUTHENTICATE);
    let server = setup.verdict(server, &authenticate).unwrap();
    for session in [&client, &server] {
        let facts = session.facts();
        assert_eq!(
            facts.session_key.as_ref().unwrap().expose(),
            [0x55; 16],
            "the exported session key"
        );
        assert_eq!(facts.names.client, r"Domain\User");
        assert_eq!(facts.target.as_deref(), Some("HTTP/server.domain.example"));
    }
    assert_eq!(
        server.facts().bindings,
        Some(BindingsResult::CLIENT_SUPPORT | BindingsResult::VALID_MATCHED)
    );
}

/// NTLM-CLI-2, NTLM-CLI-4: the published exchange without timestamp, so with LMv2 and without MIC. Its client
/// knows nothing of extended protection.
#[test]
fn published_authenticate_of_version_2() {
    let challenge = unhex(
        "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef00000000000000002400240044000000060070170000000f53006500720076006500720002000c0044006f006d00610069006e0001000c0053006500720076006500720000000000",
    );
    let mut setup = Setup::sealing();
    setup.ntlm = setup.ntlm.version(Version {
        major: 5,
        minor: 1,
        build: 2600,
        revision: 15,
    });
    setup.client_time = 0;
    setup.client_policy.ntlm.suppress_extended_protection = true;
    let (client, _) = setup.negotiate();
    let (mut session, authenticate) = setup.authenticate(client, &challenge).unwrap();
    assert_eq!(
        hex(&authenticate),
        "4e544c4d5353500003000000180018006c00000054005400840000000c000c00480000000800080054000000100010005c00000010001000d8000000358288e20501280a0000000f44006f006d00610069006e00550073006500720043004f004d005000550054004500520086c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa68cd0ab851e51c96aabc927bebef6a1c01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000c5dad2544fc9799094ce1ce90bc9d03e"
    );
    let (data, token) = seal(&mut session);
    assert_eq!(data, "54e50165bf1936dc996020c1811b0f06fb5f");
    assert_eq!(token, "010000007fb38ec5c55d497600000000");
}

fn plaintext() -> Vec<u8> {
    "Plaintext"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect()
}

fn seal(session: &mut Session) -> (String, String) {
    let (mut data, mut token) = (plaintext(), [0; 16]);
    session
        .seal(
            &mut Outgoing::new(&mut token, &mut [Piece::Data(&mut data)]),
            Quality::Confidential,
            Order::Next,
        )
        .unwrap();
    (hex(&data), hex(&token))
}

/// NTLM-SIG-1, NTLM-SIG-3, NTLM-SIG-4: both directions, the second message, and signing alone.
#[test]
fn protected_messages() {
    let (mut client, mut server) = Setup::sealing().sessions();
    let pair = |data: &str, token: &str| (data.to_owned(), token.to_owned());
    assert_eq!(
        seal(&mut client),
        pair(
            "54e50165bf1936dc996020c1811b0f06fb5f",
            "010000007fb38ec5c55d497600000000"
        )
    );
    assert_eq!(
        seal(&mut client),
        pair(
            "64c308e09ea236e7f4232553c94a01e700fa",
            "01000000255405955d31d8c401000000"
        )
    );
    assert_eq!(
        seal(&mut server),
        pair(
            "160871b730ba74e946c453d7465b54278dd0",
            "01000000b298b847ce7c580700000000"
        )
    );
    let (mut client, _) = Setup::sealing().sessions();
    let mut token = [0; 16];
    client
        .sign(&[&plaintext()], &mut token, Order::Next)
        .unwrap();
    assert_eq!(hex(&token), "0100000074d045342c4f1cd500000000");
}
