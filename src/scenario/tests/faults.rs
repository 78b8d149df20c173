//! What is refused, how it is said, and what no input may do.

use super::*;

/// The labels of a URL's host are those of a host name.
#[test]
fn a_url_has_a_host_name() {
    use crate::model::directory::Url;
    for good in ["https://mail.contoso.com/owa", "http://cas-a1/owa", "https://mail.contoso.com:444/owa"] {
        assert!(Url::parse(good).is_some(), "{good}");
    }
    for bad in
        ["https://mail..contoso.com", "https://.com/owa", "https://mail.", "https:///owa", "https://-a/owa"]
    {
        assert!(Url::parse(bad).is_none(), "{bad}");
    }
}

/// A key in the wrong table is led to where it belongs.
#[test]
fn a_key_in_the_wrong_table_is_led_home() {
    for (from, to, help) in [
        ("[run]\n", "[run]\nexchange = \"2010\"\n", "write it before the first [table]"),
        ("[run]\n", "[run]\nslo = { cpu = 0.8 }\n", "begin it with [slo]"),
        ("[run]\n", "[run]\nlink = []\n", "begin it with [[link]]"),
        (
            "cores = 4 }",
            "cores = 4, external_url = \"none\" }",
            "belongs to a table of [[site]]: autodiscover.",
        ),
        ("cores = 4 }", "cores = 4, mailboxes = 9 }", "`mailboxes` is a key of [[population]]"),
        ("[slo]\n", "[slo]\nlogon_p95 = \"1 s\"\n", "did you mean `owa.logon_p95` of [slo]?"),
        ("[slo]\n", "[slo]\nseed = 9\n", "`seed` is a key of [run]"),
        ("[slo]\n", "[slo]\nxyzzyx = 9\n", "keys here: "),
    ] {
        let text = EXAMPLE.replacen(from, to, 1);
        assert_ne!(text, EXAMPLE, "{from}");
        let faults = read(&text).expect_err(to).to_string();
        assert!(faults.contains(help), "{to}: {faults}");
    }
}

/// A law by two of its quantiles is written by its mean and its coefficient of variation, which has a limit.
#[test]
fn a_law_by_its_quantiles_can_be_written() {
    let law = |p95: &str| {
        let law = format!("{{ lognormal = {{ median = \"20 ms\", p95 = \"{p95}\" }} }}");
        station("").replacen("{ exponential = { mean = \"100 ms\" } }", &law, 1)
    };
    good(&good(&law("2944 ms")).resolved);
    for p95 in ["2945 ms", "100000000 ms"] {
        assert_eq!(codes(&law(p95)), ["out-of-range"], "{p95}");
    }
}

#[test]
fn every_fault_is_reported_at_once() {
    let text = EXAMPLE
        .replace("cores = 4 }", "cors = 4 }")
        .replace("\"10 Mbps\"", "\"10 MBps\"")
        .replace("mailboxes = 4000", "mailboxes = -1")
        .replace("home = \"Boston\"", "home = \"Bostn\"");
    assert_eq!(
        codes(&text),
        [
            "unknown-key",
            "unknown-key",
            "unknown-key",
            "unknown-key",
            "bad-quantity",
            "unknown-name",
            "out-of-range"
        ]
    );
}

#[test]
fn impossible_custom_workloads_are_refused() {
    for (more, code) in [
        ("[[outage]]\nwhat = \"station.cas\"\nat = \"10 s\"\nuntil = \"5 s\"\n", "out-of-range"),
        ("[[outage]]\nwhat = \"station.csa\"\nat = \"10 s\"\nfor = \"5 s\"\n", "unknown-name"),
        ("[[outage]]\nwhat = \"station.cas\"\nfor = \"5 s\"\nevery = \"5 s\"\n", "out-of-range"),
        ("[[source]]\nname = \"b\"\narrivals = { poisson = \"0 /s\" }\npath = [\"cas\"]\n", "out-of-range"),
        (
            "[[source]]\nname = \"b\"\narrivals = { poisson = \"1e308 /s\" }\npath = [\"cas\"]\n",
            "out-of-range",
        ),
        (
            "[[source]]\nname = \"b\"\narrivals = { poisson = \"1 /s\" }\npath = [\"cas x0\"]\n",
            "out-of-range",
        ),
        (
            "[[source]]\nname = \"b\"\narrivals = { poisson = \"1 /s\" }\nentry = \"cas\"\nrouting = { cas = { cas = 1.0 } }\n",
            "endless-route",
        ),
        (
            "[[source]]\nname = \"b\"\narrivals = { poisson = \"1 /s\" }\nentry = \"cas\"\nrouting = { cas = { cas = 0.6, src = 0.5 } }\n",
            "unknown-name",
        ),
        ("[[delay]]\nname = \"cas\"\nspan = \"1 s\"\n", "duplicate-name"),
        ("[[station]]\nname = \"CAS\"\nservice = \"1 s\"\n", "duplicate-name"),
        ("[[station]]\nname = \"x\"\nservice = { exponential = { mean = \"0 s\" } }\n", "out-of-range"),
        (
            "[[station]]\nname = \"x\"\nservice = { exponential = { mean = \"1 s\", cv = 2 } }\n",
            "unknown-key",
        ),
        ("[[station]]\nname = \"x\"\nservice = { gamma = { mean = \"1 s\", cv = 0 } }\n", "out-of-range"),
        ("[[station]]\nname = \"x\"\nservice = { gama = { mean = \"1 s\", cv = 1 } }\n", "bad-distribution"),
        ("[[station]]\nname = \"x\"\ncores = 9000000000000000000\nservice = \"1 s\"\n", "out-of-range"),
        ("[[station]]\nname = \"x\"\nservice = \"1e-320 s\"\n", "out-of-range"),
    ] {
        assert_eq!(codes(&station(more)), [code], "{more}");
    }
}

/// What follows from the release that is taken in place of one that cannot be read is not told.
#[test]
fn a_release_that_is_none_is_told_alone() {
    let site = "[[site]]\nname = \"A\"\ninternet = { bandwidth = \"1 Mbps\" }\ncas = { build = \"14.2.247.5\" }\n\
                mailbox = { servers = 2, fails_over_to = [\"A\"] }\n[[dag]]\nname = \"D\"\nmembers = [\"A\"]\n\
                [[population]]\nname = \"P\"\nhome = \"A\"\nmailboxes = 9\nfrom = \"A\"\nprofile = \"light\"\n\
                namespace = \"a.example\"\nclients = { owa = 0.5 }\n";
    for (release, told) in [("2010 SP9", &["unknown-word"][..]), ("2010 SP2", &[])] {
        let text = format!("exchange = \"{release}\"\n{site}");
        let found = match read(&text) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.items.iter().map(|fault| fault.code).collect(),
        };
        assert_eq!(found, told, "{release}");
    }
}

/// The help of a number beyond what is allowed can be followed.
#[test]
fn what_is_beyond_every_number_has_a_help_of_its_own() {
    let said = |path: &str, value: &str| {
        let set = [Override { path: path.to_owned(), value: value.to_owned() }];
        load_text("test.toml", EXAMPLE, Path::new(""), &set).unwrap_err().to_string()
    };
    let share = said("slo.owa.failures", "\"150 %\"");
    assert!(share.contains("\"0 %\" to \"100 %\"") && !share.contains("of a hundred"), "{share}");
    assert!(said("slo.owa.failures", "5").contains("5 of a hundred is written"));
    let load = said("run.load", "\"1e400\"");
    assert!(load.contains("too large") && !load.contains("1e400 %"), "{load}");
    assert!(!said("run.replications", "1e30").contains("fraction"));
}

#[test]
fn no_depth_or_size_exhausts_the_reader() {
    let deep = "[".repeat(100_000);
    assert!(read(&format!("x = {deep}")).is_err());
    assert!(read(&format!("{} = 1", "a.".repeat(100_000) + "b")).is_err());
    assert!(read(&format!("x = {}", "{a=".repeat(100_000))).is_err());
    assert!(read(&format!("[{}]", "a.".repeat(100_000) + "b")).is_err());
    let overrides = [Override { path: "a.".repeat(100_000) + "b", value: "1".to_owned() }];
    assert!(load_text("test.toml", EXAMPLE, Path::new(""), &overrides).is_err());
}

#[test]
fn more_elements_than_any_organisation_has_are_refused() {
    let many: String = (0..20_001).map(|n| format!("[[site]]\nname = \"s{n}\"\n")).collect();
    assert_eq!(codes(&many), ["too-many"]);
    let changes = "[[change]]\nat = \"1 s\"\n".repeat(1001);
    assert_eq!(codes(&station(&changes)), ["too-many"]);
}

#[test]
fn line_ends_and_marks_of_other_systems_are_accepted() {
    let crlf = EXAMPLE.replace('\n', "\r\n");
    assert_eq!(good(&crlf).digest, good(EXAMPLE).digest);
    assert_eq!(good(EXAMPLE.trim_end()).digest, good(EXAMPLE).digest);
    let marked = [b"\xef\xbb\xbf".as_slice(), EXAMPLE.as_bytes()].concat();
    assert_eq!(files::decode(marked).as_deref(), Ok(EXAMPLE));
    assert_eq!(files::decode(vec![b'a', 0xff]), Err((1, "bytes that are not UTF-8")));
}

#[test]
fn what_is_no_readable_file_is_refused_at_once() {
    for path in ["tests", "no/such/file.toml", "/dev/zero", "src/\0.toml"] {
        let faults = load(Path::new(path), &[]).expect_err(path);
        assert_eq!(faults.items[0].code, "unreadable-file", "{faults}");
    }
}
