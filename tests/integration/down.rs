//! Down is down in every role: what `--down` names in `explain`, and an outage of the same
//! words over a whole run, are one answer in every release.

use casim::clients::expected::offered_load::demand_while;
use casim::kernel::Id;
use casim::model::access::{Caller, Failure, Stop};
use casim::results::{SessionOutcome, SessionRecord};
use serde_json::Value;

use crate::support::{self, Sandbox};

/// A hub on the Internet and a branch behind it; `branch` are the branch's servers, `what`
/// is down all day.
fn organisation(release: &str, branch: &str, what: &str) -> String {
    // What 2007 and 2010 need at a target that is proxied to.
    let older = release.starts_with("2007") || release.starts_with("2010");
    let owa = if older { "owa = { auth = [\"integrated\"] }\n" } else { "" };
    format!(
        r#"
exchange = "{release}"
[run]
window = "09:00 - 09:25"
warmup = "1 min"
[clients]
owa_think = "5 s"
pop_poll = "4 min"
eas_heartbeat = "4 min"
ews_requests_per_day = 400
day_begins = "09:00 - 09:04"
[[site]]
name = "Hub"
internet = {{ bandwidth = "1 Gbps" }}
[[site.server]]
name = "EX-HUB"
cas = {{ servers = 1 }}
mailbox = {{ servers = 1 }}
pop_imap = true
[[site]]
name = "Branch"
{}
[[link]]
between = ["Hub", "Branch"]
bandwidth = "1 Gbps"
latency = "10 ms"
[[namespace]]
name = "mail.example.com"
internet = ["Hub"]
[[population]]
name = "staff"
home = "Branch"
mailboxes = 12
concurrent = "100 %"
day = "flat8h"
profile = {{ sent = 60, received = 60, read = 100, deleted = 20, owa_logons = 40 }}
clients = {{ owa = 1.0, eas = 1.0, ews = 1.0, pop = 1.0, imap = 1.0 }}
[[outage]]
what = "{what}"
at = "00:00"
for = "24 h"
"#,
        branch.replace("OWA\n", owa),
    )
}

/// One machine for both roles.
const BOTH: &str = "[[site.server]]\nname = \"EX-BR\"\ncas = { servers = 1 }\nmailbox = { servers = 1 }\n\
                    pop_imap = true\nOWA\n";
/// A machine for each role.
const APART: &str = "[[site.server]]\nname = \"BR-CAS1\"\ncas = { servers = 1 }\npop_imap = true\nOWA\n\
                     [[site.server]]\nname = \"BR-MBX1\"\nmailbox = { servers = 1 }\n";

/// Releases, the branch's servers and their mailbox server, what is down, and who is
/// refused for it among OWA, ActiveSync, EWS, POP3 and IMAP4.
const DOWN: &[(&[&str], &str, &str, &str, &str)] = &[
    // The machine, in every release.
    (
        &["2007 SP3", "2010 SP3", "2013", "2016", "2019"],
        BOTH,
        "EX-BR",
        "server.EX-BR",
        "owa eas ews pop imap",
    ),
    (
        &["2007 SP3", "2010 SP3", "2013", "2016", "2019"],
        BOTH,
        "EX-BR",
        "server.EX-HUB",
        "owa eas ews pop imap",
    ),
    // One role of it: from 2013 on the front end of the target is not on the way.
    (&["2007 SP3", "2010 SP3"], BOTH, "EX-BR", "site.Branch.cas", "owa eas ews pop imap"),
    (&["2013", "2016", "2019"], BOTH, "EX-BR", "site.Branch.cas", ""),
    (&["2007 SP3", "2010 SP3", "2013", "2016"], BOTH, "EX-BR", "site.Branch.mailbox", "owa eas ews pop imap"),
    // Roles apart.
    (&["2007 SP3", "2010 SP3"], APART, "BR-MBX1", "server.BR-CAS1", "owa eas ews pop imap"),
    (&["2013"], APART, "BR-MBX1", "server.BR-CAS1", ""),
    (&["2007 SP3", "2010 SP3", "2013"], APART, "BR-MBX1", "server.BR-MBX1", "owa eas ews pop imap"),
    // POP3 and IMAP4 are two services, at the entry and at the target, back end included.
    (&["2010 RTM", "2010 SP3", "2013", "2016", "2019"], BOTH, "EX-BR", "server.EX-HUB.pop", "pop"),
    (&["2010 RTM", "2010 SP3", "2013", "2016", "2019"], BOTH, "EX-BR", "server.EX-BR.pop", "pop"),
    (&["2010 SP3", "2013", "2016"], BOTH, "EX-BR", "server.EX-BR.imap", "imap"),
    (&["2010 SP3", "2016"], BOTH, "EX-BR", "site.Branch.imap", "imap"),
    (&["2010 SP3", "2016"], BOTH, "EX-BR", "site.Hub.imap", "imap"),
    (&["2010 SP3"], APART, "BR-MBX1", "server.BR-CAS1.imap", "imap"),
    // A web service: the target's counts where it is proxied to, not from 2013 on.
    (&["2007 SP3", "2010 SP3", "2016"], BOTH, "EX-BR", "server.EX-HUB.owa", "owa"),
    (&["2007 SP3", "2010 SP3"], BOTH, "EX-BR", "server.EX-BR.owa", "owa"),
    (&["2007 SP3", "2010 SP3"], BOTH, "EX-BR", "server.EX-BR.eas", "eas"),
    (&["2016", "2019"], BOTH, "EX-BR", "server.EX-BR.owa", ""),
    (&["2007 SP3", "2010 SP3"], APART, "BR-MBX1", "server.BR-CAS1.ews", "ews"),
];

/// How the sessions of a protocol fared: whether any was served, and why others failed.
fn fates(rows: &[SessionRecord], token: &str) -> (bool, Vec<Failure>) {
    let of = rows.iter().filter(|row| row.protocol.is_some_and(|p| p.token() == token));
    let mut served = false;
    let mut failed = Vec::new();
    for row in of {
        match (row.outcome, row.failure) {
            (SessionOutcome::Failed, Some(failure)) if !failed.contains(&failure) => failed.push(failure),
            (SessionOutcome::Failed, _) => {}
            (_, _) => served |= row.latency_count > 0 || row.held_requests > 0,
        }
    }
    (served, failed)
}

#[test]
fn what_is_down_is_one_answer_in_explain_and_a_run() {
    // The oldest and the newest release of each row.
    agree(|releases, release| [releases.first(), releases.last()].contains(&Some(release)));
}

/// `.ci/long organisations`.
#[test]
#[ignore = "seconds for the releases between"]
fn what_is_down_is_one_answer_in_every_release() {
    agree(|_, _| true);
}

fn agree(asked: impl Fn(&[&'static str], &&'static str) -> bool) {
    let sandbox = Sandbox::new();
    for &(releases, branch, mailbox, what, refused) in DOWN {
        for release in releases.iter().filter(|release| asked(releases, release)) {
            let text = organisation(release, branch, what);
            sandbox.write("down.toml", &text);
            let scenario = support::read(&text);
            let (_, rows) = support::play(&scenario.model, &scenario.experiment);
            for protocol in ["owa", "eas", "ews", "pop", "imap"] {
                if release.starts_with("2007") && ["pop", "imap"].contains(&protocol) {
                    continue; // not forwarded at all
                }
                let wanted = refused.split(' ').any(|word| word == protocol);
                let ran = sandbox.run(&[
                    "explain",
                    "down.toml",
                    "--json",
                    "--protocol",
                    protocol,
                    "--entry",
                    "EX-HUB",
                    "--mailbox",
                    mailbox,
                    "--down",
                    what,
                ]);
                assert_eq!(ran.code, Some(0), "{release} {what}: {}", ran.stderr);
                let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
                let said = answer["failure"].as_str().unwrap_or("");
                let case = format!("{release}, {what} down, {protocol}");
                assert_eq!(said, if wanted { "server_down" } else { "" }, "{case}");
                let (served, failed) = fates(&rows, protocol);
                let expected = if wanted { vec![Failure::ServerDown] } else { Vec::new() };
                assert_eq!((served, failed), (!wanted, expected), "{case}: the run");
            }
        }
    }
}

/// One of two servers alike loses POP3: those who enter by it are refused until it is back,
/// the others and IMAP4 notice nothing.
#[test]
fn a_service_of_one_of_two_servers_alike() {
    let people = "[[population]]\nname = \"staff\"\nhome = \"HQ\"\nmailboxes = 100\nconcurrent = \"100 %\"\n\
                  day = \"flat8h\"\nclients = { pop = 1.0, imap = 1.0 }\n";
    let text = format!(
        "exchange = \"2010 SP3\"\n[run]\nwindow = \"09:00 - 10:00\"\nwarmup = \"1 min\"\n\
         [clients]\npop_poll = \"4 min\"\n\
         [[site]]\nname = \"HQ\"\ninternet = {{ bandwidth = \"1 Gbps\" }}\ncas.servers = 2\nmailbox.servers = 1\n\
         pop_imap = true\n[[namespace]]\nname = \"mail.example.com\"\ninternet = [\"HQ\"]\n{people}\
         [[outage]]\nwhat = \"server.HQ-CAS-2.pop\"\nat = \"09:20\"\nfor = \"20 min\"\n"
    );
    let scenario = support::read(&text);
    let (result, rows) = support::play(&scenario.model, &scenario.experiment);
    let imap = fates(&rows, "imap");
    assert_eq!(imap, (true, Vec::new()));
    let polls: Vec<_> = rows.iter().filter(|row| row.protocol.is_some_and(|p| p.token() == "pop")).collect();
    const MINUTE: u64 = 60_000_000_000;
    let meanwhile = |row: &&&SessionRecord| (21 * MINUTE..41 * MINUTE).contains(&row.start.0);
    let all = polls.iter().filter(meanwhile).count();
    let lost = polls.iter().filter(|row| row.failure == Some(Failure::ServerDown)).count();
    assert!(all > 400 && lost * 3 > all && lost * 3 < all * 2, "{lost} of {all}");
    assert!(polls.iter().filter(|row| row.failure.is_some()).all(|row| meanwhile(&row)));
    // A station for each server, and one of them was down.
    let services = result.servers.iter().filter(|row| row.role.token() == "service");
    let each: Vec<_> = services.flat_map(|row| &row.each).collect();
    let up: Vec<f64> = each.iter().map(|row| row.replications[0].availability).collect();
    assert!(up.len() == 2 && up[0] == 1.0 && (up[1] - 2.0 / 3.0).abs() < 1e-9, "{up:?}");
}

/// While one of two servers is down the law, and with it `check --down`, has the other bear what
/// both bore; a site whose servers are down leaves its clients to the next of the name.
#[test]
fn who_is_left_bears_the_load() {
    let text = "exchange = \"2010 SP3\"\n[run]\nwindow = \"09:00 - 10:00\"\n\
        [[site]]\nname = \"HQ\"\ninternet = { bandwidth = \"1 Gbps\" }\n\
        [[site.server]]\nname = \"CAS1\"\ncas.servers = 1\n[[site.server]]\nname = \"CAS2\"\ncas.servers = 1\n\
        [[site.server]]\nname = \"MBX\"\nmailbox.servers = 1\n\
        [[site]]\nname = \"Spare\"\ninternet = { bandwidth = \"1 Gbps\" }\ncas.servers = 1\n\
        [[link]]\nbetween = [\"HQ\", \"Spare\"]\nbandwidth = \"1 Gbps\"\nlatency = \"5 ms\"\n\
        [[namespace]]\nname = \"mail.example.com\"\ninternet = [\"HQ\", \"Spare\"]\n\
        [[population]]\nname = \"staff\"\nhome = \"HQ\"\nmailboxes = 400\nconcurrent = \"100 %\"\nday = \"flat8h\"\n\
        clients = { ews = 1.0, owa = 1.0 }\n";
    let model = support::read(text);
    let cas = |name: &str| model.model.topology.cas.iter().position(|group| group.name == name).unwrap();
    let borne = |down: &[&str]| {
        let stops: Vec<Stop> = down.iter().map(|name| Stop::Cas(Id::new(cas(name)))).collect();
        let (loads, _) =
            demand_while(&model.model, &model.experiment, &Caller { down: &stops, ..Caller::default() });
        ["CAS1", "CAS2", "Spare-CAS"].map(|name| loads.iter().find(|load| load.name == name).unwrap().demand)
    };
    let [first, second, spare] = borne(&[]);
    assert!(first > 0.0 && (first - second).abs() < 1e-9 * first && spare == 0.0);
    let [gone, left, _] = borne(&["CAS1"]);
    assert!(gone == 0.0 && (left - first - second).abs() < 1e-6 * left, "{gone} {left}");
    let [a, b, spare] = borne(&["CAS1", "CAS2"]);
    assert!((a, b) == (0.0, 0.0) && spare > 0.0, "{a} {b} {spare}");
}

/// What `explain` prints of a scenario of two sites, an entry and a mailbox.
fn told(text: &str, (protocol, entry, mailbox): (&str, &str, &str), down: &[&str]) -> String {
    let sandbox = Sandbox::new();
    sandbox.write("down.toml", text);
    let mut words = vec!["explain", "down.toml", "--protocol", protocol, "--mailbox", mailbox];
    words.extend(["--entry", entry].into_iter().filter(|_| !entry.is_empty()));
    words.extend(down.iter().flat_map(|what| ["--down", what]));
    sandbox.run(&words).stdout
}

/// A lost site takes the lines at it along: who is published from it is reached no more, though no server of
/// theirs is down; the servers of the site itself are told, not the line to them.
#[test]
fn nobody_passes_through_a_lost_site() {
    let ask = |words: (&str, &str, &str), down: &[&str]| told(support::SMALL, words, down);
    let published = ("pop", "Boston", "Boston");
    for what in ["site.Amsterdam", "Amsterdam"] {
        let text = ask(published, &[what]);
        assert!(text.contains("link_down") || text.contains("A link on the way was down"), "{text}");
    }
    assert!(!ask(published, &["site.Amsterdam.cas"]).contains("Failure"), "its lines are up");
    let text = ask(("owa", "Amsterdam", "Boston"), &["site.Boston"]);
    assert!(text.contains("server_down"), "{text}");
}

/// What a clustered Mailbox server of 2007 has comes up on its passive node; with that down too, nowhere.
#[test]
fn a_passive_node_is_named_and_may_fail_too() {
    let store = "mailbox = { servers = 1, cores = 64, cluster = true }";
    let text = crate::outages::two_sites("2007 SP3", store, "");
    let ask = |down: &[&str]| told(&text, ("ews", "Amsterdam", "Amsterdam"), down);
    let (active, passive) = ("server.Amsterdam-MBX", "server.Amsterdam-MBX-PASSIVE");
    let one = ask(&[active]);
    let expected = "Amsterdam-MBX is down; its databases on its passive node: Amsterdam-MBX-PASSIVE (mounted after 30 s)";
    assert!(one.contains(expected) && !one.contains("Failure"), "{one}");
    let two = ask(&[active, passive]);
    assert!(two.contains("Amsterdam-MBX-PASSIVE (down, passed over); they are mounted nowhere"), "{two}");
    assert!(two.contains("Failure"), "{two}");
    assert!(!ask(&[passive]).contains("Failure"));
    // Nothing is at home there.
    let matrix = |text: &str| {
        let sandbox = Sandbox::new();
        sandbox.write("down.toml", text);
        sandbox.run(&["explain", "down.toml", "--matrix"]).stdout
    };
    assert_eq!(matrix(&text), matrix(&text.replace(", cluster = true", "")));
}

/// The line between two sites with a group of three votes, the witness in Amsterdam: London's
/// databases are mounted in Amsterdam, so that who enters there is served, and who enters in
/// London is not, over a line that is down. With the witness in London it is the other way round.
#[test]
fn a_line_that_is_down_parts_sites_and_votes() {
    let text = |witness: &str| crate::copies::group(witness, "", "");
    let ask =
        |witness, entry, mailbox| told(&text(witness), ("ews", entry, mailbox), &["link.London-Amsterdam"]);
    let served = ask("Amsterdam", "Amsterdam", "London");
    assert!(
        served.contains("London-MBX is up with 1 of 3 votes, no majority: its databases are dismounted"),
        "{served}"
    );
    assert!(served.contains("What follows is for those on Amsterdam-MBX"), "{served}");
    assert!(!served.contains("Failure"), "{served}");
    let cut = ask("Amsterdam", "London", "London");
    assert!(cut.contains("the line Amsterdam-London is up: no"), "{cut}");
    assert!(cut.contains("Failure   link_down"), "{cut}");
    let other = ask("London", "London", "London");
    assert!(!other.contains("Failure") && !other.contains("dismounted"), "{other}");
    // Where no copy is left the words are those of a group, not of a machine that is down.
    let lost = told(&text("Amsterdam"), ("ews", "London", "London"), &["site.Amsterdam"]);
    assert!(lost.contains("databases are mounted on London-MBX: no"), "{lost}");
    assert!(!lost.contains("London-MBX is up: no"), "{lost}");
}

/// Every server of a group, named one by one, is the group; of two of three one goes on.
#[test]
fn servers_alike_that_are_all_named_are_down_together() {
    let store = "mailbox = { servers = 3, cores = 64 }";
    let text = crate::outages::two_sites("2010 SP2", store, &crate::outages::staff("Amsterdam", "ews = 1.0"));
    let of = |down: &[&str]| told(&text, ("ews", "Amsterdam", "Amsterdam"), down);
    let two = of(&["Amsterdam-MBX-1", "Amsterdam-MBX-3"]);
    let words = "1 of the 3 servers of Amsterdam-MBX goes on, and mailboxes on the others have nobody";
    assert!(two.contains(words), "{two}");
    let all = of(&["Amsterdam-MBX-1", "Amsterdam-MBX-3", "Amsterdam-MBX-2"]);
    assert!(all.contains("Amsterdam-MBX is up: no") && !all.contains("goes on"), "{all}");
}

/// A balancer takes those who enter, and nobody else: who is forwarded from another site is
/// served, and findings name the balancer, not the servers behind it.
#[test]
fn a_balancer_that_is_down_is_no_server_that_is_down() {
    let text = crate::outages::two_sites(
        "2010 SP2",
        crate::outages::STORE,
        &[crate::outages::staff("Amsterdam", "eas = 1.0"), crate::outages::staff("London", "owa = 1.0")]
            .concat(),
    );
    let ask = |entry| told(&text, ("ews", entry, "Amsterdam"), &["balancer.Amsterdam"]);
    let entered = ask("Amsterdam");
    assert!(entered.contains("the balancer before Amsterdam-CAS is up: no"), "{entered}");
    let forwarded = ask("London");
    assert!(!forwarded.contains("Failure"), "{forwarded}");
    let sandbox = Sandbox::new();
    let one = text.replace("internet = [\"Amsterdam\", \"London\"]", "internet = [\"Amsterdam\"]");
    for (text, refused) in [(&text, 0), (&one, 2)] {
        sandbox.write("down.toml", text);
        let ran = sandbox.run(&["check", "down.toml", "--json", "--down", "balancer.Amsterdam"]);
        let found: Value = serde_json::from_str(&ran.stdout).expect("a document");
        let found = found["findings"].as_array().expect("findings");
        let words = |lint: &str| {
            let of = found.iter().filter(|finding| finding["lint"] == lint);
            of.map(|finding| finding["message"].as_str().unwrap_or("").to_owned()).collect::<Vec<_>>()
        };
        let of_refusals = words("L41");
        assert_eq!(of_refusals.len(), refused, "{found:#?}");
        assert!(
            of_refusals.iter().all(|m| m.contains("The balancer before Amsterdam-CAS is down.")),
            "{of_refusals:?}"
        );
    }
}
