//! The linter and the list of names, from outside.
//!
//! A scenario's first comment announces what `casim check` finds in it, in a line
//! `# check: L03 L04`; a scenario without one is clean. Every lint has a scenario
//! `tests/lints/<id>.toml`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use casim::check::{self, Report, lints};
use casim::scenario::{self, Override};

use crate::support::{SMALL, Sandbox};

fn announced(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap();
    let comment = text.lines().take_while(|line| line.starts_with('#'));
    let line = comment.filter_map(|line| line.strip_prefix("# check:")).next().unwrap_or("");
    line.split_whitespace().map(str::to_owned).collect()
}

fn found(path: &Path, set: &[Override]) -> Vec<Report> {
    let scenario = scenario::load(path, set).unwrap_or_else(|faults| panic!("{}: {faults}", path.display()));
    // Fixes are tried in advice.rs.
    check::findings(&scenario)
}

fn ids(reports: &[Report]) -> BTreeSet<String> {
    reports.iter().map(|report| report.lint.id.to_owned()).collect()
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    files
}

#[test]
fn scenarios_hold_what_their_first_comment_announces() {
    let mut wrong = Vec::new();
    for path in
        ["scenarios", "scenarios/calibration", "tests/lints", "tests/lints/base"].into_iter().flat_map(files)
    {
        let (expected, found) = (announced(&path), ids(&found(&path, &[])));
        if expected != found {
            wrong.push(format!("{}: announced {expected:?}, found {found:?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_lint_fires_in_its_own_scenario() {
    for lint in lints::all() {
        let path = PathBuf::from(format!("tests/lints/{}.toml", lint.id));
        assert!(announced(&path).contains(lint.id), "{} is not announced", lint.id);
        assert!(ids(&found(&path, &[])).contains(lint.id), "{} does not fire", lint.id);
        assert!(lint.docs.len() > 60 && !lint.title.is_empty() && !lint.source.is_empty(), "{}", lint.id);
    }
    let all: Vec<&str> = lints::all().map(|lint| lint.id).collect();
    let unique: BTreeSet<&&str> = all.iter().collect();
    assert_eq!(unique.len(), all.len(), "an id is used twice");
}

/// A fix is worth nothing if it does not mend: laid on the scenario, it silences its finding.
/// A site that another one publishes is reached from the Internet: a redirect to its own name is no dead one.
#[test]
fn a_published_site_may_have_an_external_url() {
    let own = "owa = { external_url = \"https://pop.boston.contoso.com/owa\", auth = [\"integrated\"] }";
    let text = SMALL.replace("owa = { auth = [\"integrated\"] }", own);
    assert_ne!(text, SMALL);
    for (text, expected) in
        [(text.clone(), false), (text.replace("published_from = \"Amsterdam\"\n", ""), true)]
    {
        let sandbox = Sandbox::new();
        sandbox.write("own.toml", &text);
        assert_eq!(sandbox.run(&["check", "own.toml"]).stdout.contains("L01"), expected, "{text}");
    }
}

#[test]
fn findings_stand_in_a_file() {
    for path in files("tests/lints") {
        for report in found(&path, &[]) {
            let at = &report.finding.path;
            assert!(report.span.is_some(), "{}: {} has no place for {at}", path.display(), report.lint.id);
        }
    }
}

#[test]
fn the_document_of_the_defaults_is_current() {
    let path = "docs/defaults.md";
    let now = casim::model::setup::document();
    if std::env::var_os("CASIM_BLESS").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), now, "renew it with CASIM_BLESS=1");
}

#[test]
fn the_document_of_the_lints_is_current() {
    let found = fs::read_to_string("docs/lints.md").unwrap_or_default();
    let current = check::document::document();
    assert!(found == current, "write it anew: casim check --list-lints > docs/lints.md");
}

fn lint_file(id: &str) -> String {
    format!("{}/tests/lints/{id}.toml", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn errors_end_with_one_and_name_place_users_and_fix() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["check", &lint_file("L04")]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    for part in [
        "error[L04]: OWA of Boston has forms-based authentication",
        "L04.toml:8:16",
        "150 of Boston staff",
        "site.Boston.owa.auth=[\"integrated\"]",
        "Set-OwaVirtualDirectory -Identity \"Boston-CAS\\owa (Default Web Site)\"",
        "1 error, 0 warnings, 0 notes",
    ] {
        assert!(ran.stdout.contains(part), "{part} is missing in\n{}", ran.stdout);
    }
    let mended = sandbox.run(&["check", &lint_file("L04"), "--set", "site.Boston.owa.auth=[\"integrated\"]"]);
    assert_eq!(
        (mended.code, mended.stdout.as_str()),
        (
            Some(0),
            "Two sites: nothing found\na core of 2 GHz counts as SPECint_rate2006 11.3 (sizing tables up to 2010): Amsterdam, Boston\n"
        )
    );
}

#[test]
fn warnings_and_notes_end_with_zero_and_bad_input_with_two() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["check", &lint_file("L23")]).code, Some(0));
    assert_eq!(sandbox.run(&["check", &lint_file("L10")]).code, Some(0));
    assert_eq!(sandbox.run(&["check", "no-such.toml"]).code, Some(2));
    assert_eq!(sandbox.run(&["check"]).code, Some(2));
}

#[test]
fn json_says_the_same() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["check", "--json", &lint_file("L42")]);
    assert_eq!(ran.code, Some(1));
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let first = &value["findings"][0];
    assert_eq!((value["errors"].as_u64(), first["lint"].as_str()), (Some(1), Some("L42")));
    assert_eq!((first["line"].as_u64(), first["severity"].as_str()), (Some(16), Some("error")));
    assert_eq!(first["path"], "site.Amsterdam.cas.servers");
}

#[test]
fn names_lists_records_certificates_and_ports() {
    let sandbox = Sandbox::new();
    let scenario = format!("{}/tests/lints/base/two-sites.toml", env!("CARGO_MANIFEST_DIR"));
    let ran = sandbox.run(&["names", &scenario, "-o", "names.csv"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(sandbox.names(), ["names.csv"]);
    let text = fs::read_to_string(sandbox.path().join("names.csv")).unwrap();
    let expected = "\
kind,name,from,to,port,protocols,populations,order,remark
dns_internet,mail.contoso.com,,Amsterdam,,owa;eas;outlook-anywhere;ews;autodiscover;pop;imap,Amsterdam staff;Boston staff,1,
dns_internet,pop.boston.contoso.com,,Boston,,pop;imap,Boston staff,1,
dns_inside,boston-cas,,Boston,,owa;eas;ews,Boston staff,1,
certificate,boston-cas,,Boston-CAS,,owa;eas;ews,Boston staff,1,server to server: the self-signed one of setup will do
certificate,mail.contoso.com,,Amsterdam-CAS,,owa;eas;outlook-anywhere;ews;autodiscover;pop;imap,Amsterdam staff;Boston staff,1,clients see the name
certificate,pop.boston.contoso.com,,Boston-CAS,,pop;imap,Boston staff,1,clients see the name
";
    assert!(text.starts_with(expected), "{text}");
    for row in [
        "port,,Amsterdam-CAS,Boston-CAS,443,owa;eas;ews,Boston staff,1,",
        "port,,Amsterdam-CAS,Boston-MBX,6001,outlook-anywhere,Boston staff,1,\
         no firewall is supported between Client Access and Mailbox servers",
        "port,,Boston-CAS,Boston-MBX,135,owa;eas;ews;pop;imap,Boston staff,1,\
         RPC: and the dynamic ports 1024 to 65535 of Exchange 2007 setup; \
         no firewall is supported between Client Access and Mailbox servers",
        "port,,Internet,Boston-CAS,993,imap,Boston staff,1,\
         they send by SMTP submission (port 587): not simulated",
    ] {
        assert!(text.lines().any(|line| line == row), "{row} is missing in\n{text}");
    }
    let json = sandbox.run(&["names", &scenario, "--json"]);
    let rows: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(rows["rows"].as_array().map(Vec::len), Some(text.lines().count() - 1));
}

/// The name of `site-loss` leads to Amsterdam, then to London, where Amsterdam's
/// databases have their copies: what London needs only then has the order 2.
#[test]
fn names_lists_what_a_fail_over_needs() {
    let sandbox = Sandbox::new();
    let scenario = format!("{}/scenarios/site-loss.toml", env!("CARGO_MANIFEST_DIR"));
    let ran = sandbox.run(&["names", &scenario]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let order = |head: &str| -> Vec<&str> {
        ran.stdout
            .lines()
            .filter(|row| row.starts_with(head))
            .filter_map(|row| row.split(',').nth(7))
            .collect()
    };
    for (head, expected) in [
        ("dns_internet,mail.contoso.com,,Amsterdam,", "1"),
        ("dns_internet,mail.contoso.com,,London,", "2"),
        ("certificate,mail.contoso.com,,Amsterdam-CAS,", "1"),
        ("certificate,mail.contoso.com,,London-CAS,", "2"),
        ("port,,Internet,Amsterdam-CAS,443,", "1"),
        ("port,,Internet,London-CAS,443,", "2"),
        ("port,,Amsterdam-CAS,London-CAS,443,", "1"),
        ("port,,London-CAS,London-MBX,135,", "1"),
        // London is the entry while Amsterdam's databases are at home.
        ("port,,London-CAS,Amsterdam-CAS,993,", "2"),
    ] {
        assert_eq!(order(head), [expected], "{head} in\n{}", ran.stdout);
    }
    // Amsterdam staff among them: their databases may be mounted in London.
    let proxied = "port,,Amsterdam-CAS,London-CAS,443,owa;eas,Amsterdam staff;London staff;Field staff,1,";
    assert!(ran.stdout.lines().any(|row| row == proxied), "{}", ran.stdout);
}

/// A name that leads elsewhere after a change is needed at both ends.
#[test]
fn names_counts_every_change() {
    let text = "base = \"two-sites.toml\"\n\n[[change]]\nat = \"10:00\"\n\
                set = { 'namespace.\"mail.contoso.com\".internet' = [\"Boston\"] }\n";
    let base = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lints/base"));
    let scenario = scenario::load_text("moved.toml", text, base, &[]).unwrap();
    let rows = check::names::names(&scenario);
    let leads: Vec<(&str, usize)> = rows
        .iter()
        .filter(|row| row.kind == check::names::Kind::DnsInternet && row.name == "mail.contoso.com")
        .map(|row| (row.to.as_str(), row.order))
        .collect();
    assert_eq!(leads, [("Amsterdam", 1), ("Boston", 1)]);
}

/// A name that leads to a site only when another fails is needed in its certificate.
#[test]
fn certificates_need_the_names_that_fail_over() {
    let text = "base = \"two-sites.toml\"\n\n[[namespace]]\nname = \"mail.contoso.com\"\n\
                internet = [\"Amsterdam\", \"Boston\"]\n\n[[site]]\nname = \"Boston\"\npop_imap = true
outlook_anywhere = true
\
                internet = { bandwidth = \"10 Mbps\" }\ncas = { certificate_names = CERTIFICATE }\n";
    let base = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lints/base"));
    let of = |names: &str| {
        let text = text.replace("CERTIFICATE", names);
        let scenario = scenario::load_text("cert.toml", &text, base, &[]).unwrap_or_else(|f| panic!("{f}"));
        let reports = check::check(&scenario);
        reports.iter().filter(|r| r.lint.id == "L22").map(|r| r.finding.message.clone()).collect::<Vec<_>>()
    };
    let lacking = of("[\"pop.boston.contoso.com\"]");
    assert_eq!(lacking, ["the certificate of Boston-CAS lacks mail.contoso.com"]);
    assert_eq!(of("[\"pop.boston.contoso.com\", \"mail.contoso.com\"]"), Vec::<String>::new());
}

/// What a change breaks is found like what is broken from the beginning, once, at the
/// change, with the time of day.
#[test]
fn changes_are_checked_too() {
    let base = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
    let setting = Override::parse("site.Boston.owa.external_url=https://mail.contoso.com/owa").unwrap();
    let text = "base = \"regional-namespaces.toml\"\n";
    let plain = check::check(&scenario::load_text("plain.toml", text, base, &[]).unwrap());
    let from_the_beginning = check::check(&scenario::load_text("set.toml", text, base, &[setting]).unwrap());
    let change = |at: &str| {
        format!(
            "[[change]]\nat = \"{at}\"\nset = {{ \"site.Boston.owa.external_url\" = \"https://mail.contoso.com/owa\" }}\n"
        )
    };
    let both = format!("{text}{}{}", change("13:00"), change("14:00"));
    let scenario = scenario::load_text("change.toml", &both, base, &[]).unwrap();
    let changed = check::check(&scenario);
    let of = |reports: &[Report]| reports.iter().filter(|r| r.lint.id == "L14").count();
    assert_eq!((of(&plain), of(&from_the_beginning), of(&changed)), (0, 1, 1));
    let report = changed.iter().find(|r| r.lint.id == "L14").unwrap();
    assert!(report.finding.message.ends_with(", from 13:00 on"), "{}", report.finding.message);
    let (file, place) = scenario.sources.locate(report.span.unwrap()).unwrap();
    assert_eq!((file, place.line), ("change.toml", 4), "{:?}", report.finding);
    // Nothing that stays as it is is said again.
    let old = |r: &&Report| !r.finding.message.ends_with(" on");
    assert_eq!(changed.iter().filter(old).count(), plain.len());
}

/// Address translation crowds connections as a publisher does: 400 mailboxes, half of
/// them with IMAP4, through one server, which takes 20 of an address.
#[test]
fn shared_addresses_crowd_connections() {
    let base = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lints/base"));
    let text = |population: &str, rest: &str| {
        format!(
            "base = \"two-sites.toml\"\n[[population]]\nname = \"Amsterdam staff\"\n\
             concurrent = 1.0\nclients = {{ imap = 0.5 }}\n{population}\n{rest}\n"
        )
    };
    let messages = |text: &str| -> Vec<String> {
        let found = check::check(&scenario::load_text("nat.toml", text, base, &[]).unwrap());
        found.iter().filter(|r| r.lint.id == "L39").map(|r| r.finding.message.clone()).collect()
    };
    assert_eq!(messages(&text("", "")), [""; 0]);
    let of = |n: u32, from: &str| {
        vec![format!("{n} IMAP4 clients reach each server of Amsterdam-CAS from {from}, and 20 may")]
    };
    assert_eq!(messages(&text("addresses = 1", "")), of(200, "one address"));
    assert_eq!(messages(&text("addresses = 4", "")), of(50, "each of 4 addresses"));
    assert_eq!(messages(&text("addresses = 10", "")), [""; 0], "20 of each");
    let region = "[[region]]\nname = \"Internet\"\naddresses = 4";
    assert_eq!(messages(&text("", region)), of(50, "each of 4 addresses"));
}

/// Base, settings, lint, part of the message.
const SLIPS: &[(&str, &[&str], &str, &str)] = &[
    // Names: every URL that holds a host.
    ("two-sites", &["site.Boston.owa.internal_url=https://mail.contso.com/owa"], "L70", "InternalUrl of OWA"),
    (
        "two-sites",
        &["site.Boston.ews.internal_nlb_bypass_url=https://mail.contos.com/EWS/Exchange.asmx"],
        "L70",
        "InternalNLBBypassUrl of EWS of Boston is not declared; did you mean mail.contoso.com?",
    ),
    (
        "two-sites",
        &["site.Amsterdam.owa.failback_url=https://mial.contoso.com/owa"],
        "L70",
        "FailbackUrl of OWA",
    ),
    (
        "two-sites",
        &["site.Amsterdam.owa.exchange2003_url=https://mail.contoso.co/exchange"],
        "L70",
        "Exchange2003Url of OWA",
    ),
    // Values.
    (
        "two-sites",
        &["site.Amsterdam.owa.external_url=http://mail.contoso.com/owa"],
        "L71",
        "ExternalURL http://mail.contoso.com/owa of OWA of Amsterdam does not use SSL",
    ),
    (
        "two-sites",
        &["site.Amsterdam.ews.internal_url=https://amsterdam-cas:8443/EWS/Exchange.asmx"],
        "L71",
        "names port 8443; the web site of Exchange answers at 443",
    ),
    (
        "two-sites",
        &["link.Amsterdam-Boston.available=0.8 %"],
        "L71",
        "0.8 % of Amsterdam-Boston for clients is probably 80 %: a share is 0.8 or \"80 %\"",
    ),
    (
        "two-sites",
        &["population.\"Boston staff\".concurrent=0.6 %"],
        "L71",
        "0.6 % of `Boston staff` active is probably 60 %",
    ),
    ("two-sites", &["slo.cpu=0.7 %"], "L71", "0.7 % of use as a goal is probably 70 %"),
    ("two-sites", &["slo.owa.availability=0.99 %"], "L71", "of OWA available as a goal is probably 99 %"),
    ("two-sites", &["link.Amsterdam-Boston.latency=1.5 s"], "L71", "were 1.5 ms meant?"),
    // Load of a later year.
    ("two-sites", &["run.load=60"], "L42", "of its capacity in the hour from"),
];

#[test]
fn slips_and_growth_are_found() {
    for (base, set, lint, part) in SLIPS {
        let set: Vec<Override> = set.iter().map(|line| Override::parse(line).unwrap()).collect();
        let path = PathBuf::from(format!("tests/lints/base/{base}.toml"));
        let reports = found(&path, &set);
        let of = |report: &&Report| report.lint.id == *lint;
        let all: Vec<&str> = reports.iter().filter(of).map(|r| r.finding.message.as_str()).collect();
        assert!(all.iter().any(|message| message.contains(part)), "{set:?}: {part} is not in {all:#?}");
    }
}

/// A series of names is no slip, nor is a short difference more than a note.
#[test]
fn names_of_a_series_are_no_slips() {
    let path = PathBuf::from("tests/lints/base/two-sites.toml");
    let with = |host: &str| {
        let line = format!("site.Amsterdam.owa.internal_url=https://{host}/owa");
        let reports = found(&path, &[Override::parse(&line).unwrap()]);
        reports.into_iter().find(|report| report.lint.id == "L70").map(|report| report.severity)
    };
    assert_eq!(with("mail2.contoso.com"), None);
    assert_eq!(with("mail.contoso.com"), None);
    assert_eq!(with("mai1l.contoso.com"), None);
    assert_eq!(with("mein.contoso.com"), Some(casim::diagnostics::Severity::Note));
    assert_eq!(with("nail.contoso.com"), Some(casim::diagnostics::Severity::Warning));
    assert_eq!(with("mail.contsoo.com"), Some(casim::diagnostics::Severity::Warning));
}

/// By source address all who share an address are at one server.
#[test]
fn connections_from_an_address_are_not_divided_by_servers() {
    let path = PathBuf::from("tests/lints/L39.toml");
    let message = |set: &[&str]| {
        let set: Vec<Override> = set.iter().map(|line| Override::parse(line).unwrap()).collect();
        let reports = found(&path, &set);
        reports.into_iter().find(|r| r.lint.id == "L39").map(|r| r.finding.message)
    };
    let number =
        |message: Option<String>| -> u32 { message.unwrap().split(' ').next().unwrap().parse().unwrap() };
    let alone = number(message(&[]));
    let two = number(message(&["site.Amsterdam.cas.servers=2"]));
    assert!(two.abs_diff(alone / 2) <= 1, "{two} of {alone}");
    let bound = message(&["site.Amsterdam.cas.servers=2", "site.Amsterdam.cas.affinity=source address"]);
    assert_eq!(number(bound), alone);
}

/// What servers that are down do to the rest, as in `explain`.
#[test]
fn check_knows_what_is_down() {
    let sandbox = Sandbox::new();
    let path = format!("{}/tests/lints/base/two-sites.toml", env!("CARGO_MANIFEST_DIR"));
    let ran = sandbox.run(&["check", &path, "--down", "Boston-MBX", "--json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(value["down"], serde_json::json!(["Boston-MBX"]));
    let found = value["findings"].as_array().unwrap();
    assert!(
        found.iter().all(|finding| finding["lint"] == "L41" || finding["severity"] != "error"),
        "{value:#}"
    );
    let touched = |finding: &serde_json::Value| finding["users"][0]["population"].clone();
    assert!(
        found.iter().filter(|f| f["severity"] == "error").all(|f| touched(f) == "Boston staff"),
        "{value:#}"
    );
    let text = sandbox.run(&["check", &path, "--down", "Boston-MBX"]).stdout;
    assert!(text.contains("Two sites with Boston-MBX down: "), "{text}");
    let ran = sandbox.run(&["check", &path, "--down", "Bostn"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    // Amsterdam's databases have their copies in London, to which the name leads then.
    let path = format!("{}/scenarios/site-loss.toml", env!("CARGO_MANIFEST_DIR"));
    let ran = sandbox.run(&["check", &path, "--down", "Amsterdam"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
}

/// Many sites with the same fault: one finding with a count, in every form, and each by itself
/// where that is asked for.
#[test]
fn findings_that_repeat_are_one_with_a_count() {
    let mut text = fs::read_to_string("tests/lints/base/two-sites.toml").unwrap();
    for site in ["Chennai", "Dublin", "Essen", "Florence", "Graz"] {
        text += &format!(
            "[[site]]\nname = \"{site}\"\npublished_from = \"Amsterdam\"\ncas = {{ servers = 1, cores = 4 }}\n\
             mailbox = {{ servers = 1, cores = 4 }}\n\
             [[link]]\nbetween = [\"Amsterdam\", \"{site}\"]\nbandwidth = \"45 Mbps\"\nlatency = \"45 ms\"\n\
             [[population]]\nname = \"staff of {site}\"\nhome = \"{site}\"\nmailboxes = 100\n\
             namespace = \"mail.contoso.com\"\nclients = {{ owa = 0.3 }}\n"
        );
    }
    let sandbox = Sandbox::new();
    sandbox.write("many.toml", text);
    let rows = |form: &[&str]| {
        let ran = sandbox.run(&[&["check", "many.toml"], form].concat());
        assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
        ran.stdout
    };
    let value: serde_json::Value = serde_json::from_str(&rows(&["--json"])).unwrap();
    let found = value["findings"].as_array().unwrap();
    assert_eq!((found.len(), &value["errors"], &found[0]["count"]), (1, &5.into(), &5.into()), "{value:#}");
    let others = found[0]["others"].as_array().unwrap();
    assert_eq!(others.len(), 4);
    assert_eq!(others[3]["fix"]["sets"][0], "site.Graz.owa.auth=[\"basic\", \"integrated\"]", "{value:#}");
    for (form, lines) in [("csv", 2), ("markdown", 3)] {
        let table = rows(&["--format", form]);
        assert_eq!(table.lines().count(), lines, "{table}");
        let last = table.lines().last().unwrap();
        assert!(last.contains("site.Dublin.owa.auth;site.Essen.owa.auth"), "{table}");
    }
    let text = rows(&[]);
    for part in ["5 like this", "OWA of Graz has forms-based", "5 errors, 0 warnings"] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let each: serde_json::Value = serde_json::from_str(&rows(&["--json", "--each"])).unwrap();
    assert_eq!(each["findings"].as_array().map(Vec::len), Some(5));
    assert_eq!(rows(&["--format", "csv", "--each"]).lines().count(), 6);
}
