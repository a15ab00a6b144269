//! `likesctl load` against a running stack.

use crate::harness::likesctl;

#[test]
fn a_load_is_accepted_counted_exactly_and_reported() {
    let arguments =
        ["--json", "load", "--rate", "30", "--duration", "4s", "--movies", "5", "--duplicates", "0.3"];
    let run = likesctl(&arguments);
    let report = run.json();

    assert_eq!(run.code(), Some(0), "{report}");
    assert_eq!(report["posts"], 120);
    let duplicates = report["duplicates"].as_u64().unwrap();
    assert!(duplicates > 0, "{report}");
    assert_eq!(report["likes"].as_u64(), Some(120 - duplicates));
    assert_eq!(report["counted"], report["likes"]);
    assert_eq!(report["exact"], true);
    assert!(
        report["latencyMilliseconds"]["p50"].as_u64() <= report["latencyMilliseconds"]["max"].as_u64(),
        "{report}"
    );
}
