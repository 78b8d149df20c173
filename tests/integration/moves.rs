//! Mailboxes that are moved in the course of a run: who sees what, and when.

use casim::model::access::Decision;
use casim::model::protocol::Protocol;
use casim::results::{SessionOutcome, SessionRecord};

use crate::outages::{STORE, staff, two_sites};
use crate::support::{self, read_with};

const SEC: u64 = 1_000_000_000;
/// The run begins at 09:00.
const NOON: u64 = 3 * 3600 * SEC;
const RESTART: u64 = 40 * SEC;

/// 200 mailboxes of Amsterdam in a town of `release`; at noon `share` of them is in London.
fn play(release: &str, share: &str) -> Vec<SessionRecord> {
    let all = "owa = 1.0, eas = 1.0, outlook-anywhere = 1.0, imap = 1.0, pop = 1.0";
    let wave = format!(
        "[[change]]\nat = \"12:00\"\nset = {{ \"population.Amsterdam staff.moved\" = {{ to = \"London\", share = \
         \"{share}\" }} }}\n"
    );
    let text = two_sites(release, STORE, &[staff("Amsterdam", all), wave].concat());
    let scenario = read_with(&text, &[("clients.outlook_restart", "{ constant = \"40 s\" }")]);
    support::play(&scenario.model, &scenario.experiment).1
}

/// Mailboxes of 200 that a share takes: a Weyl sequence, so that larger shares hold smaller ones.
fn taken(share: f64) -> usize {
    let place = |n: u32| (f64::from(n) + 0.5) * 0.645_751_311_064_590_6;
    (0..200).filter(|&n| place(n) - place(n).floor() < share).count()
}

fn of(rows: &[SessionRecord], protocol: Protocol) -> impl Iterator<Item = &SessionRecord> {
    rows.iter().filter(move |row| row.protocol == Some(protocol))
}

/// Sites: Amsterdam 0, London 1.
fn in_london(row: &&SessionRecord) -> bool {
    row.mailbox_site == 1
}

/// A tenth is moved at noon, between servers of 2010. Outlook's connections end at that instant, or with the
/// request under way, and its user starts it again in 40 s; IMAP4's are opened again within the first wait;
/// a device turns at the end of its Ping, POP3 at its next poll, a browser at its next page. Nobody fails.
#[test]
fn a_wave_is_moved_at_noon() {
    let rows = play("2010 SP2", "10 %");
    let expected = taken(0.1);
    assert!((18..=22).contains(&expected), "{expected}");
    let outlook = |row: &&SessionRecord| row.end.0 >= NOON && row.end.0 < NOON + 5 * SEC;
    let ended: Vec<_> = of(&rows, Protocol::OutlookAnywhere).filter(outlook).collect();
    assert_eq!(ended.len(), expected);
    assert!(ended.iter().filter(|row| row.end.0 == NOON).count() > expected / 2, "to the nanosecond");
    assert!(ended.iter().all(|row| row.outcome == SessionOutcome::Completed && row.mailbox_site == 0));
    let mut again: Vec<u64> =
        of(&rows, Protocol::OutlookAnywhere).filter(in_london).map(|row| row.start.0).collect();
    let mut due: Vec<u64> = ended.iter().map(|row| row.end.0 + RESTART).collect();
    again.sort_unstable();
    due.sort_unstable();
    assert_eq!(again, due);
    // The rest is where it was, in the sessions of before.
    let here = of(&rows, Protocol::OutlookAnywhere)
        .filter(|row| row.mailbox_site == 0 && row.end.0 > NOON + 5 * SEC);
    assert_eq!(here.count(), 200 - expected);
    let imap: Vec<_> = of(&rows, Protocol::Imap).filter(in_london).collect();
    assert_eq!(imap.len(), expected);
    assert!(imap.iter().all(|row| row.start.0 >= NOON && row.start.0 < NOON + 120 * SEC), "the first wait");
    for protocol in [Protocol::Eas, Protocol::Pop, Protocol::Owa] {
        let mut there = of(&rows, protocol).filter(in_london).peekable();
        assert!(there.peek().is_some(), "{protocol}");
        assert!(there.all(|row| row.start.0 >= NOON && row.failed_requests == 0), "{protocol}");
    }
    // One poll a client, at the least; of those moved all in London.
    let decisions: Vec<_> = of(&rows, Protocol::Eas).filter(in_london).collect();
    assert!(decisions.iter().all(|row| row.decision == Decision::Proxy));
    assert_eq!(decisions.len(), expected, "every device has turned by half past");
    assert!(rows.iter().all(|row| row.failure.is_none()));
}

/// From 2013 on Outlook names its mailbox and connects anew by itself, within its first wait.
#[test]
fn outlook_of_2016_is_not_started_again() {
    let rows = play("2016", "10 %");
    let there: Vec<_> = of(&rows, Protocol::OutlookAnywhere).filter(in_london).collect();
    assert_eq!(there.len(), taken(0.1));
    assert!(there.iter().all(|row| row.start.0 < NOON + 120 * SEC));
    assert!(there.iter().any(|row| row.start.0 < NOON + RESTART), "sooner than a restart");
}

/// What is moved from the beginning is a setting like any other, and takes the same mailboxes.
#[test]
fn a_share_is_moved_from_the_beginning() {
    let text = two_sites("2010 SP2", STORE, &staff("Amsterdam", "outlook-anywhere = 1.0"));
    let at = |share: &str| {
        let moved = format!("{{ to = \"London\", share = \"{share}\" }}");
        let scenario = read_with(&text, &[("population.Amsterdam staff.moved", &moved)]);
        support::play(&scenario.model, &scenario.experiment).1.iter().filter(in_london).count()
    };
    assert_eq!([at("0 %"), at("10 %"), at("25 %"), at("100 %")], [0, taken(0.1), taken(0.25), 200]);
}

/// The same rows on any number of threads, and from the resolved scenario.
#[test]
fn a_move_is_the_same_on_any_number_of_threads_and_from_the_resolved_scenario() {
    let all = "owa = 0.5, eas = 0.5, outlook-anywhere = 0.5, imap = 0.5";
    let wave = "[[change]]\nat = \"10:00\"\nset = { \"population.Amsterdam staff.moved.share\" = 0.3 }\n";
    let text = two_sites("2010 SP2", STORE, &[staff("Amsterdam", all), wave.to_owned()].concat());
    let set = [
        ("population.Amsterdam staff.moved", "{ to = \"London\" }"),
        ("run.replications", "3"),
        ("run.window", "\"09:30 - 10:30\""),
    ];
    let scenario = read_with(&text, &set);
    let again = read_with(&scenario.resolved, &[]);
    assert_eq!(again.digest, scenario.digest);
    let one = support::play_on(1, &scenario.model, &scenario.experiment).1;
    assert_eq!(one, support::play_on(3, &again.model, &again.experiment).1);
    assert!(one.iter().any(|row| row.mailbox_site == 1));
}

/// A tenth of 200 mailboxes of 30 MB moves to London at noon, copied at 8 Mbps over a line of 1 Gbps. It
/// begins as long before as that takes, and its last piece of 8 MB may begin 8 s before noon. Without
/// a rate the line gives all that it has, in a few seconds. A line that is cut from 11:55 to 12:05 takes the
/// pieces under way: at noon not all is there, and 30 s after the line is back the copying goes on.
#[test]
fn mailboxes_are_copied_over_the_line_before_they_move() {
    let wave =
        "[[change]]\nat = \"12:00\"\nset = { \"population.Amsterdam staff.moved.share\" = \"10 %\" }\n";
    let play = |traffic: &str, cut: &str| {
        let text = two_sites("2010 SP2", STORE, &[&staff("Amsterdam", "pop = 1.0"), wave, cut].concat());
        let moved = format!("{{ to = \"London\", traffic = {{ {traffic} }} }}");
        let scenario = read_with(&text, &[("population.Amsterdam staff.moved", &moved)]);
        let result = support::play(&scenario.model, &scenario.experiment).0;
        let again = read_with(&scenario.resolved, &[]);
        assert_eq!(again.digest, scenario.digest);
        let [row] = &result.copied[..] else { panic!("{:?}", result.copied) };
        (row.first, result)
    };
    let many = taken(0.1) as u64;
    let (slow, result) = play("per_mailbox = \"30 MB\", rate = \"8 Mbps\"", "");
    assert_eq!((u64::from(slow.mailboxes), slow.bits), (many, many * 240_000_000));
    assert_eq!(slow.begin as u64, NOON - many * 30 * SEC);
    assert_eq!(slow.at_change, Some(slow.bits));
    let end = slow.finished.expect("an end").0;
    assert!((NOON - 8 * SEC..NOON).contains(&end), "{end}");
    let over = |result: &casim::results::RunResult| {
        let line = result.links.iter().find(|row| row.name == "Amsterdam>London").expect("the line");
        line.carried_bits
    };
    assert!(over(&result) >= slow.bits as f64, "{} of {}", over(&result), slow.bits);
    let (fast, _) = play("per_mailbox = \"30 MB\", ahead = \"1 h\"", "");
    let took = fast.finished.expect("an end").0 - (NOON - 3600 * SEC);
    let least = fast.bits;
    assert!((least..least + SEC).contains(&took), "{took} ns for {least} bits at 1 bit/ns");
    let cut = "[[outage]]\nwhat = \"link.Amsterdam-London\"\nat = \"11:55\"\nfor = \"10 min\"\n";
    let (late, _) = play("per_mailbox = \"30 MB\", rate = \"8 Mbps\"", cut);
    let there = late.at_change.expect("the change came");
    assert!(there > late.bits / 3 && there < late.bits, "{there} of {}", late.bits);
    let end = late.finished.expect("an end").0;
    assert!(end > NOON + 300 * SEC && end < NOON + 700 * SEC, "{end}");
    assert_eq!(late.at_end, late.bits);
}
