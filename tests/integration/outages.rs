//! Outages, fail-over and changes in time, against timelines worked out by hand.

use casim::model::access::{Decision, Failure, Mechanism};
use casim::model::protocol::Protocol;

use casim::results::{RunResult, SessionOutcome, SessionRecord, StormRow};

use crate::support::{self, read};

const SEC: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SEC;

/// Runs a scenario on one thread; the run begins at 09:00, the window at 09:30.
fn play(text: &str) -> (RunResult, Vec<SessionRecord>) {
    let scenario = read(text);
    support::play(&scenario.model, &scenario.experiment)
}

/// Two sites of a release; `site` and `rest` add keys to Amsterdam and to the scenario.
pub(crate) fn two_sites(exchange: &str, amsterdam: &str, rest: &str) -> String {
    format!(
        r#"
exchange = "{exchange}"
[run]
window = "09:30 - 12:30"
warmup = "30 min"
[clients]
service_cv = 0
backoff_spread = 0
owa_think = {{ constant = "60 s" }}
owa_return = {{ constant = "2 min" }}
[[site]]
name = "Amsterdam"
pop_imap = true
outlook_anywhere = true
internet = {{ bandwidth = "1 Gbps", latency = "4 ms" }}
cas = {{ servers = 1, cores = 64 }}
{amsterdam}
owa = {{ external_url = "https://mail.contoso.com/owa", auth = ["forms"] }}
eas = {{ external_url = "https://mail.contoso.com/Microsoft-Server-ActiveSync" }}
[[site]]
name = "London"
pop_imap = true
internet = {{ bandwidth = "1 Gbps", latency = "4 ms" }}
cas = {{ servers = 1, cores = 64 }}
mailbox = {{ servers = 1, cores = 64 }}
owa = {{ auth = ["integrated"] }}
outlook_anywhere = true
[[link]]
between = ["Amsterdam", "London"]
bandwidth = "1 Gbps"
latency = "5 ms"
[[namespace]]
name = "mail.contoso.com"
internet = ["Amsterdam", "London"]
ttl = "5 min"
{rest}
"#
    )
}

pub(crate) const STORE: &str = "mailbox = { servers = 1, cores = 64 }";

pub(crate) fn staff(home: &str, clients: &str) -> String {
    format!(
        r#"
[[population]]
name = "{home} staff"
home = "{home}"
mailboxes = 200
concurrent = 1.0
day = "flat24h"
namespace = "mail.contoso.com"
clients = {{ {clients} }}
"#
    )
}

pub(crate) fn outage(what: &str, at: &str, length: &str) -> String {
    format!("[[outage]]\nwhat = \"{what}\"\nat = \"{at}\"\nfor = \"{length}\"\n")
}

/// A host that dies is the death of its machines at one instant, of both roles: the same sessions,
/// to the nanosecond, as with an outage of each. The hosts have cores for all.
#[test]
fn a_host_that_dies_takes_its_machines() {
    let hosts = "[[host]]\nname = \"H1\"\ncores = 256\n[[host]]\nname = \"H2\"\ncores = 256\n";
    let all = "owa = 1.0, pop = 0.5, eas = 0.5, outlook-anywhere = 0.5";
    let one = |stand: bool, what: &[&str]| {
        let (cas, store) =
            if stand { (", host = [\"H1\", \"H2\"]", ", host = [\"H2\", \"H1\"]") } else { ("", "") };
        let store = format!("mailbox = {{ servers = 2, cores = 64{store} }}");
        let town = two_sites("2010 SP2", &store, &staff("Amsterdam", all)).replacen(
            "cas = { servers = 1, cores = 64 }",
            &format!("cas = {{ servers = 2, cores = 64{cas} }}"),
            1,
        );
        let lost: String = what.iter().map(|what| outage(what, "10:00", "20 min")).collect();
        play(&[town, if stand { hosts.to_owned() } else { String::new() }, lost].concat()).1
    };
    let by_host = one(true, &["host.H1"]);
    let one_by_one = one(true, &["server.Amsterdam-CAS-1", "server.Amsterdam-MBX-2"]);
    let without = one(false, &["server.Amsterdam-CAS-1", "server.Amsterdam-MBX-2"]);
    assert!(by_host.iter().any(|row| row.failure == Some(Failure::ServerDown)));
    assert_eq!(by_host, one_by_one);
    assert_eq!(by_host, without, "hosts with cores for all are none");
}

/// Amsterdam dies at 10:00 for an hour. Three checks at 30 s find it out between 10:01:00
/// and 10:01:30; a client's answer is at most five minutes old, so that nobody turns to
/// Amsterdam after 10:06:30. Three good checks let the name lead home from between
/// 11:01:00 and 11:01:30 on, and nobody turns to London after 11:06:30.
#[test]
fn a_name_fails_over_and_back_when_its_answer_has_expired() {
    let rest = [staff("London", "pop = 1.0, owa = 0.5"), outage("site.Amsterdam", "10:00", "1 h")].concat();
    // 2010: London's own mailboxes are proxied from Amsterdam, and local in London.
    let (_, rows) = play(&two_sites("2010 SP2", STORE, &rest));
    let (lost, back) = (60 * MINUTE, 120 * MINUTE);
    let began = |site: u32, from: u64, to: u64| {
        rows.iter().filter(|r| r.entry_site == site && r.start.0 > from && r.start.0 < to).count()
    };
    let (amsterdam, london) = (0, 1);
    assert_eq!(began(london, 0, lost + 60 * SEC), 0, "nobody knows before the third check");
    assert!(began(london, lost + 60 * SEC, lost + 390 * SEC) > 0);
    assert!(began(amsterdam, lost, lost + 390 * SEC) > 0, "old answers lead to the dead site");
    assert_eq!(began(amsterdam, lost + 390 * SEC, back + 60 * SEC), 0);
    assert!(began(london, lost + 390 * SEC, back) > 200);
    assert!(began(amsterdam, back + 60 * SEC, back + 390 * SEC) > 0);
    assert_eq!(began(london, back + 390 * SEC, u64::MAX), 0, "all are home again");
    // Who turned to the dead site failed; who turned to London was served there.
    for row in rows.iter().filter(|r| r.start.0 > lost && r.start.0 < back) {
        assert_eq!(row.outcome == SessionOutcome::Failed, row.entry_site == amsterdam, "{row:?}");
    }
}

/// Amsterdam's Mailbox server is killed at 10:00 for an hour; its databases are mounted
/// in London at 10:10, and at home again at 11:30. What Outlook then meets depends on
/// the release: 2010 SP1 opens RPC to London; SP2 RU3 refers the client, unless
/// AllowCrossSiteRpcClientAccess is on.
#[test]
fn databases_fail_over_and_outlook_meets_what_its_release_does() {
    let store = "mailbox = { servers = 1, cores = 64, fails_over_to = \"London\", activation = \"10 min\", fail_back = \"30 min\" }";
    let (from, to) = (70 * MINUTE, 150 * MINUTE);
    let mechanisms = |exchange: &str, more: &str| {
        let people = staff("Amsterdam", "outlook-anywhere = 1.0, eas = 0.5, pop = 0.5");
        let rest = [&people, outage("site.Amsterdam.mailbox", "10:00", "1 h").as_str(), more].concat();
        let (_, rows) = play(&two_sites(exchange, store, &rest));
        for row in &rows {
            // Mounted in London from 10:10 to 11:30, whoever asks.
            let away = row.start.0 >= from && row.start.0 < to;
            assert_eq!(row.mailbox_site, u32::from(away), "{exchange}: {row:?}");
        }
        let down = |r: &&SessionRecord| r.start.0 > 60 * MINUTE && r.start.0 < from;
        let failed = rows.iter().filter(down).filter(|r| r.failure == Some(Failure::ServerDown)).count();
        assert!(failed > 100, "{exchange}: {failed} failed while nothing was mounted");
        let pop_away: Vec<_> = rows
            .iter()
            .filter(|r| r.protocol == Some(Protocol::Pop) && r.start.0 > from && r.start.0 < to)
            .collect();
        assert!(pop_away.len() > 500);
        assert!(pop_away.iter().all(|r| r.outcome != SessionOutcome::Failed), "{exchange}");
        let mut seen: Vec<Mechanism> = rows
            .iter()
            .filter(|r| r.protocol == Some(Protocol::OutlookAnywhere) && r.start.0 >= from && r.start.0 < to)
            .map(|r| r.mechanism)
            .collect();
        seen.sort_unstable();
        seen.dedup();
        seen
    };
    assert_eq!(mechanisms("2010 SP1", ""), [Mechanism::RpcDirect]);
    assert_eq!(mechanisms("2013", ""), [Mechanism::Proxy]);
    let flag = "[organisation]\nallow_cross_site_rpc_client_access = true\n";
    assert_eq!(mechanisms("2010 SP3", flag), [Mechanism::RpcDirect]);
    assert!(mechanisms("2010 SP3", "").contains(&Mechanism::Refer));
}

/// OWA's application pool stops in Amsterdam at 10:00 for twenty minutes: browsers alone
/// are cut off. A user comes back two minutes after he was refused, four times at most.
#[test]
fn a_service_fails_alone_and_its_users_come_back_until_they_give_up() {
    let people = staff("Amsterdam", "owa = 1.0, eas = 0.5, outlook-anywhere = 0.5");
    let rest = [people, outage("site.Amsterdam.owa", "10:00", "20 min")].concat();
    let (result, rows) = play(&two_sites("2007", STORE, &rest));
    assert!(!result.failures.is_empty());
    for row in &result.failures {
        assert_eq!((row.failure, row.protocol), (Failure::ServerDown, Some(Protocol::Owa)), "{row:?}");
        assert!(row.first.0 >= 30 * MINUTE && row.last.0 < 51 * MINUTE, "{row:?}");
    }
    // A logon is refused at once and tried again after 5 and 10 s: back after 2 min 15 s
    // and a few round trips; so of one user's failures no more than nine fit into 20 min,
    // and after five in a row he has given up.
    let service =
        result.servers.iter().find(|row| row.role.token() == "service").expect("a row of the service");
    assert!(service.replications[0].availability < 0.9 && service.name.ends_with(" owa"), "{service:?}");
    let failed = rows.iter().filter(|r| r.failure == Some(Failure::ServerDown)).count();
    assert!(failed > 0 && rows.iter().any(|r| r.protocol == Some(Protocol::Owa) && r.start.0 > 81 * MINUTE));
}

/// The one Client Access server stops at 10:00 and starts again after 12 s. All idle
/// connections of Outlook are closed at that instant; without a drawn share every Outlook
/// connects again 30 s later to the nanosecond, and is served.
#[test]
fn outlook_connects_again_after_its_back_off() {
    let rest = [staff("Amsterdam", "outlook-anywhere = 1.0"), outage("site.Amsterdam.cas", "10:00", "12 s")];
    let (_, rows) = play(&two_sites("2007", STORE, &rest.concat()));
    let stops = 60 * MINUTE;
    let lost: Vec<_> = rows.iter().filter(|r| r.outcome == SessionOutcome::Failed).collect();
    let idle = lost.iter().filter(|r| r.end.0 == stops).count();
    assert!(idle > 50 && lost.iter().all(|r| r.end.0 >= stops && r.end.0 < stops + 20 * SEC));
    let again = rows.iter().filter(|r| r.start.0 == stops + 30 * SEC).count();
    assert!(again >= idle, "{again} of {idle} came back at once");
    for row in rows.iter().filter(|r| r.start.0 > stops) {
        assert_ne!(row.outcome, SessionOutcome::Failed, "{row:?}");
    }
}

/// The same for twelve minutes and phones. A held Ping ends with the server; it is tried
/// again after 5 s and 10 s, then the session has failed, and the device connects again
/// after 1, 2, 4 and 8 min, each attempt with tries after 5 and 10 s of its own:
/// 10:01:15, 10:03:30, 10:07:45 and, served, 10:16:00, give or take a few round trips.
#[test]
fn a_phone_backs_off_by_its_schedule_and_synchronises_anew() {
    let rest = [staff("Amsterdam", "eas = 1.0"), outage("site.Amsterdam.cas", "10:00", "12 min")];
    let text = two_sites("2007", STORE, &rest.concat());
    // A name that does not fail over.
    let (result, rows) = play(&text.replace("[\"Amsterdam\", \"London\"]\nttl", "[\"Amsterdam\"]\nttl"));
    let stops = 60 * MINUTE;
    // Each loses the 16 min until it is served, and not what its next Ping is held.
    let users = &result.users[0];
    let lost = users.replications[0].lost / (u128::from(MINUTE) * u128::from(users.clients));
    assert_eq!((users.clients, lost), (200, 16));
    let begins = |from: u64| {
        let near =
            |r: &&SessionRecord| r.start.0 >= stops + from * SEC && r.start.0 < stops + (from + 12) * SEC;
        rows.iter().filter(near).count()
    };
    let all: usize = [75, 210, 465, 960].map(begins).iter().sum();
    let later = rows.iter().filter(|r| r.start.0 > stops).count();
    assert!(begins(75) > 150 && begins(960) > 150, "{} {}", begins(75), begins(960));
    assert!(all * 10 > later * 8, "{all} of {later} sessions began by the schedule");
    let late = rows.iter().filter(|r| r.start.0 > stops + 12 * MINUTE);
    assert!(late.clone().count() > 150 && late.clone().all(|r| r.outcome == SessionOutcome::Open));
}

/// A line that is cut for a minute while nothing crosses it is not noticed; a dead line
/// is noticed after `connect_timeout`. A POP3 client waits for its next poll: no session
/// begins at another instant than without the outage.
#[test]
fn pop_waits_for_its_next_poll() {
    let begins = |outages: &str| {
        let rest = [&staff("London", "pop = 1.0"), outages].concat();
        let (_, rows) = play(&two_sites("2010 SP2", STORE, &rest));
        let mut begins: Vec<u64> = rows.iter().map(|r| r.start.0).collect();
        begins.sort_unstable();
        (begins, rows)
    };
    let (calm, _) = begins("");
    let (cut, rows) = begins(&outage("link.Amsterdam-London", "10:00", "15 min"));
    assert_eq!(calm, cut);
    let failed: Vec<_> = rows.iter().filter(|r| r.outcome == SessionOutcome::Failed).collect();
    // Every one of 200 clients polls once or twice within 15 min.
    assert!((200..=400).contains(&failed.len()), "{}", failed.len());
    for row in failed {
        assert_eq!(row.failure, Some(Failure::LinkDown));
        // Three attempts that are each given up after 21 s, 5 and 10 s between them.
        let took = row.end.0 - row.start.0;
        assert!((78 * SEC..80 * SEC).contains(&took), "{took} ns");
    }
}

/// A change moves those whom it concerns, and no draw of anybody else (S2); one that
/// changes nothing changes nothing.
#[test]
fn a_change_concerns_whom_it_concerns() {
    let people =
        [staff("Amsterdam", "owa = 1.0, eas = 1.0"), staff("London", "owa = 1.0, eas = 1.0")].concat();
    let name = "[[namespace]]\nname = \"mail.london.contoso.com\"\ninternet = [\"London\"]\n";
    let change = |set: &str| format!("{name}{people}[[change]]\nat = \"10:30\"\nset = {{ {set} }}\n");
    let (calm, before) = play(&two_sites("2007 SP1", STORE, &format!("{name}{people}")));
    assert!(calm.storms.rows.is_empty());
    let same = change(r#""site.London.pop_imap" = true"#);
    let (_, same) = play(&two_sites("2007 SP1", STORE, &same));
    assert!(before == same, "a change of nothing changes nothing");
    let published = change(
        r#""site.London.owa.external_url" = "https://mail.london.contoso.com/owa", "site.London.eas.external_url" = "https://mail.london.contoso.com/Microsoft-Server-ActiveSync""#,
    );
    let (result, after) = play(&two_sites("2007 SP1", STORE, &published));
    let begins = |rows: &[SessionRecord], population: u32| {
        let mut of: Vec<_> = rows
            .iter()
            .filter(|r| r.population == population)
            .map(|r| (r.session_id, r.start.0, r.requests, r.decision as u8))
            .collect();
        of.sort_unstable();
        of
    };
    assert!(begins(&before, 0) == begins(&after, 0), "nobody in Amsterdam notices");
    let at = 90 * MINUTE;
    for row in after.iter().filter(|r| r.population == 1) {
        let expected = if row.start.0 < at { Decision::Proxy } else { Decision::Redirect };
        assert_eq!(row.decision, expected, "{row:?}");
        // A Ping is held for eighteen minutes at most: then every device has moved.
        if row.protocol == Some(Protocol::Eas) && row.start.0 < at {
            assert!(row.end.0 < at + 18 * MINUTE + 10 * SEC, "{row:?}");
        }
    }
    let total = result.storms.rows.last().and_then(|row| row.replications[0].clone()).expect("a row");
    assert_eq!((total.failed, total.users), (0, None), "nobody is cut off by a change");
}

/// What the outage table says agrees with the rows of sessions, and replications give
/// intervals.
#[test]
fn the_table_of_outages_agrees_with_the_sessions() {
    let rest = [
        staff("London", "outlook-anywhere = 1.0"),
        outage("link.Amsterdam-London", "10:30", "20 min"),
        "[run]\n".to_owned(),
    ];
    let text = two_sites("2007", STORE, &rest[..2].concat()).replace("[run]\n", "[run]\nreplications = 3\n");
    let (result, rows) = play(&text);
    let row = &result.storms.rows[0];
    assert_eq!(row.protocol, Some(Protocol::OutlookAnywhere));
    assert_eq!(row.replications.len(), 3);
    for (n, storm) in row.replications.iter().enumerate() {
        let storm = storm.as_ref().expect("it happens in every replication");
        assert_eq!((storm.begin.0, storm.end.0), (90 * MINUTE, 110 * MINUTE));
        assert_eq!(storm.reasons[1], storm.failed);
        // Every session that failed did so by the line; each client is counted once.
        let mine = rows.iter().filter(|r| r.replication as usize == n);
        let failed = mine.filter(|r| r.failure == Some(Failure::LinkDown)).count() as u64;
        let users = storm.users.expect("it has a twin") as u64;
        assert!(users > 50 && users <= failed, "{users} of {failed}");
        assert_eq!(storm.still, 0);
        assert!(
            storm.longest < 35 * MINUTE
                && storm.lost.is_some_and(|lost| lost <= i128::from(storm.longest) * i128::from(users))
        );
    }
}

/// Three outages in a window from 09:00 to 11:00: the site until 09:20, begun in the warm-up
/// (from 08:30 on) at 08:40; the site from 09:50 to 10:20; one of its four servers from 10:00
/// to 10:50. Every failure is booked to one of them, all that the lines refuse to the site's.
#[test]
fn outages_before_the_window_and_at_once_share_the_failures() {
    let text = r#"
exchange = "2010 SP1"
[run]
window = "09:00 - 11:00"
warmup = "30 min"
[clients]
ews_requests_per_day = 2880
retries = 0
[[site]]
name = "Amsterdam"
pop_imap = true
outlook_anywhere = true
internet = { bandwidth = "1 Gbps" }
cas = { servers = 4, cores = 32 }
mailbox = { servers = 1, cores = 64 }
[[namespace]]
name = "mail.contoso.com"
internet = ["Amsterdam"]
[[population]]
name = "Staff"
home = "Amsterdam"
mailboxes = 100
concurrent = 1.0
day = "flat24h"
clients = { ews = 1.0 }
[[outage]]
name = "early"
what = "site.Amsterdam"
at = "08:40"
for = "40 min"
[[outage]]
name = "server"
what = "site.Amsterdam.cas.2"
at = "10:00"
for = "50 min"
[[outage]]
name = "site"
what = "site.Amsterdam"
at = "09:50"
for = "30 min"
"#;
    let (result, rows) = play(text);
    let of = |name: &str| {
        let named = |row: &&StormRow| result.storms.incidents[row.incident as usize].name == name;
        let row = result.storms.rows.iter().rfind(named).expect("it is listed");
        assert_eq!(row.protocol, None, "the last row is that of all together");
        row.replications[0].clone().expect("it is on in the window")
    };
    let (early, server, site) = (of("early"), of("server"), of("site"));
    assert_eq!((early.begin.0, early.end.0), (10 * MINUTE, 50 * MINUTE));
    assert_eq!(early.before_rate, None);
    // Everybody asks twice a minute and gives up after each attempt.
    assert_eq!((early.users, early.still), (Some(100), 0));
    assert!(early.lost.is_some_and(|lost| lost <= 100 * 21 * i128::from(MINUTE)), "{:?}", early.lost);
    // The later two overlap: what they cost is told of both together.
    assert_eq!((server.users, server.lost), (site.users, site.lost));
    assert_eq!(result.storms.shared, [vec![], vec![2], vec![1]]);
    for storm in [&early, &server, &site] {
        assert_eq!(storm.failed, storm.reasons.iter().sum::<u64>());
    }
    assert_eq!(server.reasons[1], 0, "no line of it is cut");
    assert!(early.reasons[1] > 3_000 && site.reasons[1] > 4_000, "{early:?} {site:?}");
    let failed: u64 = rows.iter().map(|row| u64::from(row.failed_requests)).sum();
    assert_eq!(early.failed + server.failed + site.failed, failed);
    // By cause, too, as failures.csv has them.
    for (incident, storm) in (0..).zip([&early, &server, &site]) {
        let booked = |failure| -> u64 {
            let mine =
                result.failures.iter().filter(|row| (row.incident, row.failure) == (incident, failure));
            mine.map(|row| row.count).sum()
        };
        assert_eq!([booked(Failure::ServerDown), booked(Failure::LinkDown)], storm.reasons[..2]);
    }
}

/// In London, to which the name has failed over, a browser is sent to the URL of the
/// mailbox's site, whose host is the name that it came by: it leads back to London.
#[test]
fn a_redirect_to_the_name_that_has_failed_over_is_a_loop() {
    let rest = [staff("Amsterdam", "owa = 1.0"), outage("site.Amsterdam.cas", "10:00", "1 h")].concat();
    let (_, rows) = play(&two_sites("2010 SP3", STORE, &rest));
    let london: Vec<_> = rows.iter().filter(|row| row.entry_site == 1).collect();
    assert!(london.len() > 30, "{}", london.len());
    for row in london {
        assert_eq!(row.failure, Some(Failure::RedirectLoop), "{row:?}");
    }
}

/// A front end of 2013 and later fetches the address book from a Mailbox server: one
/// move between servers, wherever that is.
#[test]
fn the_address_book_of_2016_is_one_move_away() {
    let rest = [staff("London", "oab = 1.0"), staff("Amsterdam", "oab = 1.0")].concat();
    let (_, rows) = play(&two_sites("2016", STORE, &rest));
    for home in [0, 1] {
        let mut rows = rows.iter().filter(|row| row.mailbox_site == home).peekable();
        assert!(rows.peek().is_some());
        for row in rows {
            let across = u32::from(row.entry_site != home);
            assert_eq!((row.server_hops, row.wan_hops), (1, across), "{row:?}");
        }
    }
}

/// A name leads to 259 sites, of which the first 258 stop answering at 10:00: the verdict
/// on each has a number of its own, and the last one serves.
#[test]
fn a_name_of_more_than_256_sites_fails_over_to_the_last() {
    const SITES: usize = 259;
    let site = |n: usize| {
        let store = if n == 1 { STORE } else { "" };
        format!(
            "[[site]]\nname = \"S{n}\"\ninternet = {{ bandwidth = \"1 Gbps\", latency = \"4 ms\" }}\n\
             cas = {{ servers = 1, cores = 64 }}\n{store}\n"
        )
    };
    let link = |n: usize| format!("[[link]]\nbetween=['S1','S{n}']\nbandwidth='1 Gbps'\nlatency='5 ms'\n");
    let names: Vec<String> = (1..=SITES).map(|n| format!("'S{n}'")).collect();
    let mut text = "exchange='2010 SP2'\n[run]\nwindow='09:30 - 10:30'\nwarmup='30 min'\n".to_owned();
    text.extend((1..=SITES).map(site));
    text.extend((2..=SITES).map(link));
    text += "[[namespace]]\nname = \"mail.contoso.com\"\nttl = \"5 min\"\n";
    text += &format!("internet = [{}]\n", names.join(", "));
    text += &staff("S1", "ews = 1.0");
    text.extend((1..SITES).map(|n| outage(&format!("site.S{n}.cas"), "10:00", "1 h")));
    let (_, rows) = play(&text);
    let began = |from: u64, to: u64| rows.iter().filter(move |r| r.start.0 > from && r.start.0 < to);
    let last = SITES as u32 - 1;
    assert!(began(0, 60 * MINUTE).all(|row| row.entry_site == 0), "the first site serves");
    let after: Vec<_> = began(60 * MINUTE + 390 * SEC, 90 * MINUTE).map(|row| row.entry_site).collect();
    assert!(!after.is_empty() && after.iter().all(|&site| site == last), "{after:?}");
}
