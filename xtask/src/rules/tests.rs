use super::*;
use crate::workspace::Source;

const CONNECTION: &str = "# finished\nCONN-1\tboth ways\nCONN-2\ta context\n";
const NTLM: &str =
    "# in progress\n# flags\nNTLM-FLG-1\tone character set\n\nNTLM-FLG-2\tone key scheme\n";

fn lists(files: &[(&str, &str)]) -> (Lists, Vec<String>) {
    let sources: Vec<Source> = files
        .iter()
        .map(|(path, text)| Source::new(path, text))
        .collect();
    let mut faults = Vec::new();
    let lists = Lists::read(&sources, &mut faults);
    (lists, shown(&faults))
}

fn good_lists(pending: &str) -> Lists {
    let files = [
        ("rules/connection.tsv", CONNECTION),
        ("rules/ntlm.tsv", NTLM),
        ("rules/pending.tsv", pending),
    ];
    let (lists, faults) = lists(&files);
    assert_eq!(faults, [""; 0]);
    lists
}

fn proof(id: &str, line: usize) -> Proof {
    Proof {
        id: id.into(),
        test: "t".into(),
        path: "countersign/a.rs".into(),
        line,
        ignored: false,
    }
}

fn shown(faults: &[Fault]) -> Vec<String> {
    faults.iter().map(ToString::to_string).collect()
}

fn judged(pending: &str, proofs: &[Proof]) -> Vec<String> {
    shown(&judge(&good_lists(pending), proofs))
}

#[test]
fn all_proven_or_pending_passes() {
    assert_eq!(
        judged("", &[proof("CONN-1", 1), proof("CONN-2", 2)]),
        [""; 0]
    );
    assert_eq!(
        judged("# none yet\nCONN-2\tneeds a peer\n", &[proof("CONN-1", 1)]),
        [""; 0]
    );
}

#[test]
fn a_finished_area_needs_proofs() {
    assert_eq!(
        judged("", &[proof("CONN-1", 1)]),
        [
            "rules/connection.tsv:3: CONN-2 has no test, and no reason in rules/pending.tsv (a context)"
        ]
    );
}

#[test]
fn a_stale_pending_entry_is_found() {
    assert_eq!(
        judged(
            "CONN-2\tneeds a peer\n",
            &[proof("CONN-1", 1), proof("CONN-2", 7)]
        ),
        ["rules/pending.tsv:1: CONN-2 is proven at countersign/a.rs:7: take it off the list"]
    );
    assert_eq!(
        judged("CONN-9\tx\n", &[proof("CONN-1", 1), proof("CONN-2", 7)]),
        ["rules/pending.tsv:1: CONN-9 is pending, but in no list"]
    );
}

#[test]
fn a_test_cites_only_listed_rules() {
    let both = [proof("CONN-1", 1), proof("CONN-2", 2)];
    let with = |extra: Proof| judged("", &[both[0].clone(), both[1].clone(), extra]);
    assert_eq!(
        with(proof("CONN-11", 3)),
        ["countersign/a.rs:3: t cites CONN-11, which no list has"]
    );
    assert_eq!(
        with(proof("conn 1", 3)),
        ["countersign/a.rs:3: t cites \"conn 1\", which is no rule ID"]
    );
}

#[test]
fn an_ignored_test_proves_nothing() {
    let ignored = Proof {
        ignored: true,
        ..proof("CONN-2", 5)
    };
    assert_eq!(
        judged("", &[proof("CONN-1", 1), ignored]),
        [
            "rules/connection.tsv:3: CONN-2 has no test, and no reason in rules/pending.tsv (a context)",
            "countersign/a.rs:5: t cites CONN-2, but is ignored: a test that does not run proves nothing"
        ]
    );
}

#[test]
fn broken_lists_are_found() {
    let (_, faults) = lists(&[
        ("rules/a.tsv", "CONN-1\tno state\n"),
        (
            "rules/b.tsv",
            "# finished\nCONN-1 no tab\nCONN-2\t\nconn-3\tx\n",
        ),
        ("rules/c.tsv", "# finished\nDG-1\tone\n"),
        ("rules/d.tsv", "# in progress\nDG-1\tagain\n"),
    ]);
    assert_eq!(
        faults,
        [
            "rules/a.tsv:1: the first line is neither `# finished` nor `# in progress`",
            "rules/b.tsv:2: not `ID<TAB>title`: \"CONN-1 no tab\"",
            "rules/b.tsv:3: not `ID<TAB>title`: \"CONN-2\\t\"",
            "rules/b.tsv:4: not `ID<TAB>title`: \"conn-3\\tx\"",
            "rules/d.tsv:2: DG-1 is listed already at rules/c.tsv:2"
        ]
    );
}

#[test]
fn the_table_shows_every_rule() {
    let proofs = [
        proof("CONN-1", 1),
        proof("CONN-1", 9),
        proof("NTLM-FLG-2", 3),
    ];
    assert_eq!(
        table(&good_lists("CONN-2\tneeds a peer\n"), &proofs),
        "CONN-1         t countersign/a.rs:1\n               t countersign/a.rs:9\n\
         CONN-2         pending: needs a peer\n\
         NTLM-FLG-1     -\n\
         NTLM-FLG-2     t countersign/a.rs:3\n\
         rules proven: connection 1/2, ntlm 1/2 (in progress); 1 pending\n"
    );
    assert_eq!(
        listing(&good_lists("").areas[1], &proofs),
        "ntlm: in progress\nNTLM-FLG-1       0  one character set\nNTLM-FLG-2       1  one key scheme\n"
    );
}
