//! Numbers with the range in which they may lie.

use std::path::Path;

use crate::scenario::{Resolved, load_text};

const QUEUE: &str = r#"
[run]
window = "1 h"
[[station]]
name = "cas"
cores = CORES
service = { exponential = { mean = { value = "10 ms", from = "8 ms", to = "0.02 s" } } }
[[source]]
name = "users"
arrivals = { poisson = "50 /s" }
path = ["cas"]
"#;

/// The value is what counts: the same model, the same digest. The resolved scenario keeps the range, and
/// reads as the same again.
#[test]
fn a_range_changes_nothing_but_is_kept() {
    let of = |text: &str| load_text("queue.toml", text, Path::new(""), &[]).unwrap();
    let with = of(&QUEUE.replace("CORES", "{ value = 2, to = 4 }"));
    let plain = QUEUE.replace("CORES", "2");
    let plain = of(&plain.replace("{ value = \"10 ms\", from = \"8 ms\", to = \"0.02 s\" }", "\"10 ms\""));
    assert_eq!(with.digest, plain.digest);
    let again = of(&with.resolved);
    assert_eq!((again.digest.as_str(), &again.resolved), (with.digest.as_str(), &with.resolved));
    let resolved = Resolved::of(&with.resolved);
    let range = |low: Option<&str>, high: Option<&str>| [low, high].map(|end| end.map(str::to_owned));
    let ranges = resolved.ranges();
    assert_eq!(ranges["station.cas.cores"], range(None, Some("4")));
    assert_eq!(ranges["station.cas.service.exponential.mean"], range(Some("8 ms"), Some("0.02 s")));
    assert_eq!(ranges.len(), 2);
}

#[test]
fn what_is_no_range_is_told_at_its_place() {
    let told = |cores: &str| {
        let faults = load_text("queue.toml", &QUEUE.replace("CORES", cores), Path::new(""), &[]).unwrap_err();
        let fault = &faults.items[0];
        let line = faults.sources.get(fault.labels[0].span.source).unwrap().text
            [..fault.labels[0].span.start as usize]
            .lines()
            .count();
        (fault.code, fault.title.clone(), line)
    };
    let (code, title, line) = told("{ value = 2, from = 3 }");
    assert_eq!((code, line), ("out-of-range", 6));
    assert_eq!(title, "the range of `station.cas.cores` begins above its value");
    assert_eq!(told("{ value = 2, to = 1 }").1, "the range of `station.cas.cores` ends below its value");
    assert_eq!(told("{ value = 2, to = \"3 s\" }").0, "wrong-type");
    // A table that is none is what it was: no number.
    assert_eq!(told("{ value = 2, until = 3 }").0, "wrong-type");
    assert_eq!(told("{ value = 2 }").0, "wrong-type");
    // The value itself is looked at as ever.
    assert_eq!(told("{ value = 0, to = 3 }").0, "out-of-range");
}
