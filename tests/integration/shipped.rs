//! Every shipped scenario, an hour of it: loads without a warning, runs with all
//! checks, and decides as the founding article says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use casim::clients;
use casim::itinerary::Network;
use casim::model::access::{Decision, Failure, Mechanism, Rules};
use casim::model::protocol::Protocol;
use casim::results::{SessionOutcome, SessionRecord};
use casim::scenario::{self, Scenario};

use crate::support;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn hour(name: &str, window: &str) -> (Scenario, Vec<SessionRecord>) {
    let set = [("run.window", format!("\"{window}\"")), ("run.warmup", "\"5 min\"".to_owned())];
    let scenario = support::shipped(
        &format!("scenarios/{name}"),
        &set.each_ref().map(|(path, value)| (*path, value.as_str())),
    );
    let (_, rows) = support::play(&scenario.model, &scenario.experiment);
    (scenario, rows)
}

/// Decisions (and failures) of a protocol's sessions whose mailbox is elsewhere.
fn across(rows: &[SessionRecord], protocol: Protocol) -> BTreeSet<(Decision, Option<Failure>)> {
    rows.iter()
        .filter(|row| row.protocol == Some(protocol) && row.entry_site != row.mailbox_site)
        .map(|row| (row.decision, row.failure))
        .collect()
}

const MORNING: &str = "09:00 - 09:20";

#[test]
fn every_scenario_asks_its_question_first_and_loads_without_a_warning() {
    let mut seen = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        seen += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        let comment: String = text.lines().take_while(|line| line.starts_with('#')).collect();
        assert!(comment.contains('?'), "{}: the first comment asks no question", path.display());
        let scenario = scenario::load(&path, &[]).unwrap_or_else(|faults| panic!("{faults}"));
        assert!(scenario.warnings.is_empty(), "{}: {:?}", path.display(), scenario.warnings);
        if !path.ends_with("branch-offices-t1.toml") {
            let thousands = scenario.model.workload.populations.iter().filter(|p| p.mailboxes >= 1000);
            assert!(thousands.count() >= 3, "{}", path.display());
        }
    }
    assert!(seen >= 13);
}

/// Servers cross a site link only when a request moves from one to another.
#[test]
fn nobody_crosses_a_site_link_without_a_move_between_servers() {
    let mut crossed = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        let scenario = scenario::load(&path, &[]).unwrap_or_else(|faults| panic!("{faults}"));
        let stages = clients::stages(&scenario.model);
        let rules: Vec<Rules> = stages.iter().map(Rules::new).collect();
        let mut network = Network::default();
        let plan = clients::compile_stages(&scenario.model, &mut network, &stages, |stage, ask| {
            rules[stage].decide(ask)
        });
        for cohort in &plan.cohorts {
            for identity in [&cohort.identity, &cohort.direct_identity] {
                crossed += u32::from(identity.wan_hops > 0);
                let moves = identity.wan_hops == 0 || identity.server_hops > 0;
                assert!(moves, "{}: {} {identity:?}", path.display(), cohort.protocol);
            }
        }
    }
    assert!(crossed > 100, "{crossed}");
}

#[test]
fn one_name_proxies_everything_but_outlook_anywhere() {
    let (_, rows) = hour("single-namespace.toml", MORNING);
    for protocol in [Protocol::Owa, Protocol::Eas, Protocol::Ews] {
        assert_eq!(across(&rows, protocol), BTreeSet::from([(Decision::Proxy, None)]), "{protocol}");
    }
    assert_eq!(across(&rows, Protocol::OutlookAnywhere), BTreeSet::from([(Decision::Direct, None)]));
    for protocol in [Protocol::Pop, Protocol::Imap] {
        assert_eq!(across(&rows, protocol), BTreeSet::new(), "{protocol} enters its own site");
        assert!(rows.iter().any(|row| row.protocol == Some(protocol) && row.client_wan_hops == 1));
    }
}

#[test]
fn regional_names_redirect_owa_alone() {
    let (_, rows) = hour("regional-namespaces.toml", MORNING);
    assert_eq!(across(&rows, Protocol::Owa), BTreeSet::from([(Decision::Redirect, None)]));
    let owa = |row: &&SessionRecord| row.protocol == Some(Protocol::Owa);
    for row in rows.iter().filter(owa).filter(|row| row.decision == Decision::Redirect) {
        assert_eq!(row.serving_site, row.mailbox_site, "served where the mailbox is");
        assert_eq!(row.server_hops, 1);
    }
    for protocol in [Protocol::Eas, Protocol::Ews] {
        assert_eq!(across(&rows, protocol), BTreeSet::from([(Decision::Proxy, None)]), "{protocol}");
    }
}

#[test]
fn the_mixed_design_redirects_owa_and_proxies_the_rest() {
    let (_, rows) = hour("owa-redirect-others-proxy.toml", MORNING);
    assert_eq!(across(&rows, Protocol::Owa), BTreeSet::from([(Decision::Redirect, None)]));
    for protocol in [Protocol::Eas, Protocol::Ews] {
        assert_eq!(across(&rows, protocol), BTreeSet::from([(Decision::Proxy, None)]), "{protocol}");
    }
    assert_eq!(across(&rows, Protocol::OutlookAnywhere), BTreeSet::from([(Decision::Direct, None)]));
}

#[test]
fn pop_and_imap_at_the_common_name_always_fail_across_sites() {
    let (_, mut rows) = hour("pop-imap-wrong-site.toml", MORNING);
    // One whose last attempt is under way at the end of the window has not failed yet.
    assert!(rows.iter().all(|row| row.failure.is_none() || row.outcome != SessionOutcome::Open));
    rows.retain(|row| row.outcome != SessionOutcome::Open);
    for protocol in [Protocol::Pop, Protocol::Imap] {
        let refused = BTreeSet::from([(Decision::Refused, Some(Failure::PopImapCrossSite))]);
        assert_eq!(across(&rows, protocol), refused, "{protocol}");
    }
}

#[test]
fn without_integrated_authentication_owa_and_activesync_fail_with_that_reason() {
    // Boston is six hours behind: in Amsterdam's morning its Outlooks are not running.
    let (scenario, rows) = hour("missing-integrated-auth.toml", "16:00 - 17:00");
    let boston = scenario.model.topology.site("Boston").unwrap().index() as u32;
    // One whose last attempt is under way at the end of the window has not failed yet.
    let ended = |row: &SessionRecord| row.outcome != SessionOutcome::Open;
    let outlook = |row: &SessionRecord| row.protocol == Some(Protocol::OutlookAnywhere);
    let to_boston: Vec<SessionRecord> = rows
        .iter()
        .copied()
        .filter(|row| row.mailbox_site == boston && (ended(row) || outlook(row)))
        .collect();
    let refused = BTreeSet::from([(Decision::Refused, Some(Failure::NoIntegratedAuth))]);
    assert_eq!(across(&to_boston, Protocol::Owa), refused);
    assert_eq!(across(&to_boston, Protocol::Eas), refused);
    assert_eq!(across(&to_boston, Protocol::OutlookAnywhere), BTreeSet::from([(Decision::Direct, None)]));
}

#[test]
fn outlook_anywhere_is_direct_across_sites() {
    let (_, rows) = hour("outlook-anywhere-across-sites.toml", MORNING);
    assert_eq!(across(&rows, Protocol::OutlookAnywhere), BTreeSet::from([(Decision::Direct, None)]));
}

#[test]
fn the_lunch_rush_meets_503_and_the_morning_does_not() {
    let full =
        |rows: &[SessionRecord]| rows.iter().filter(|row| row.failure == Some(Failure::QueueFull)).count();
    let (_, morning) = hour("lunch-rush.toml", "11:00 - 11:30");
    assert_eq!(full(&morning), 0);
    let (_, noon) = hour("lunch-rush.toml", "12:00 - 12:30");
    assert!(full(&noon) > 0);
}

/// Mechanisms (and failures) of a population's sessions over one protocol.
fn mechanisms(
    scenario: &Scenario,
    rows: &[SessionRecord],
    population: &str,
    protocol: Protocol,
) -> BTreeSet<(Mechanism, Option<Failure>)> {
    let populations = &scenario.model.workload.populations;
    let index = populations.iter().position(|p| p.name == population).unwrap() as u32;
    rows.iter()
        .filter(|row| row.population == index && row.protocol == Some(protocol))
        .map(|row| (row.mechanism, row.failure))
        .collect()
}

#[test]
fn exchange_2010_redirects_silently_between_regions() {
    let (scenario, rows) = hour("regional-2010-silent.toml", MORNING);
    let of = |protocol| mechanisms(&scenario, &rows, "Chennai staff", protocol);
    assert_eq!(of(Protocol::Owa), BTreeSet::from([(Mechanism::RedirectSilent, None)]));
    assert_eq!(of(Protocol::Eas), BTreeSet::from([(Mechanism::Redirect451, None)]));
    assert_eq!(of(Protocol::Ews), BTreeSet::from([(Mechanism::Proxy, None)]));
    // One logon: the page with a link and the second logon of 2007 cost some 14 s more.
    let (_, manual) = hour("regional-namespaces.toml", MORNING);
    let logon = |rows: &[SessionRecord]| {
        let of = rows.iter().filter(|row| row.decision == Decision::Redirect);
        let all: Vec<f64> = of
            .filter_map(|row| Some(row.logon_latency? + row.logon_human))
            .map(|span| span.as_millis_f64())
            .collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    let owa = |rows: &[SessionRecord]| -> Vec<SessionRecord> {
        rows.iter().copied().filter(|row| row.protocol == Some(Protocol::Owa)).collect()
    };
    let (by_page, silent) = (logon(&owa(&manual)), logon(&owa(&rows)));
    assert!(by_page > silent + 10_000.0, "{by_page} against {silent} ms");
}

#[test]
fn an_unbound_name_of_2013_proxies_everything() {
    let (scenario, rows) = hour("unbound-2013.toml", MORNING);
    for population in ["Amsterdam staff", "Chennai staff"] {
        for protocol in [Protocol::Owa, Protocol::Eas, Protocol::OutlookAnywhere, Protocol::Pop] {
            let found = mechanisms(&scenario, &rows, population, protocol);
            assert_eq!(found, BTreeSet::from([(Mechanism::Proxy, None)]), "{population} {protocol}");
        }
    }
    assert!(rows.iter().all(|row| row.redirects == 0 && row.failure.is_none()));
}

#[test]
fn a_2003_back_end_is_reached_by_the_old_path_alone() {
    let (scenario, rows) = hour("back-end-2003.toml", "16:00 - 17:00");
    let of = |protocol| mechanisms(&scenario, &rows, "Boston staff not moved", protocol);
    assert_eq!(of(Protocol::Eas), BTreeSet::from([(Mechanism::LegacyProxy, None)]));
    assert_eq!(of(Protocol::OutlookAnywhere), BTreeSet::from([(Mechanism::RpcDirect, None)]));
    let refused = (Mechanism::Refuse, Some(Failure::LegacyMailbox));
    assert_eq!(of(Protocol::Owa), BTreeSet::from([(Mechanism::LegacyProxy, None), refused]));
    let moved = mechanisms(&scenario, &rows, "Boston staff moved", Protocol::Owa);
    assert_eq!(moved, BTreeSet::from([(Mechanism::Proxy, None)]));
}

#[test]
fn two_names_in_one_site() {
    let (scenario, rows) = hour("two-names-one-site.toml", MORNING);
    let of = |population, protocol| mechanisms(&scenario, &rows, population, protocol);
    let local = BTreeSet::from([(Mechanism::ServeLocal, None)]);
    assert_eq!(of("Second floor", Protocol::Owa), local);
    assert_eq!(of("Third floor", Protocol::Eas), local);
    let told = BTreeSet::from([(Mechanism::Redirect451, None)]);
    assert_eq!(of("Second floor", Protocol::Eas), told, "its name leads to the server without one");
    let (scenario, rows) = hour("two-names-one-site-2016.toml", MORNING);
    let of = |population, protocol| mechanisms(&scenario, &rows, population, protocol);
    for protocol in [Protocol::Owa, Protocol::Eas] {
        assert_eq!(of("First floor", protocol), local);
        assert_eq!(of("Third floor", protocol), BTreeSet::from([(Mechanism::Proxy, None)]));
    }
}

#[test]
fn a_branch_behind_a_t1_waits_longer_than_headquarters() {
    let (_, rows) = hour("branch-offices-t1.toml", "10:00 - 11:00");
    let mean = |population: u32| {
        let of: Vec<_> = rows.iter().filter(|r| r.population == population && r.latency_count > 0).collect();
        let sum: u64 = of.iter().map(|r| r.latency_sum).sum();
        let count: u64 = of.iter().map(|r| u64::from(r.latency_count)).sum();
        sum as f64 / count as f64
    };
    assert!(mean(1) > 1.5 * mean(0) && mean(2) > 1.5 * mean(0), "{} {} {}", mean(0), mean(1), mean(2));
}

/// On Monday twice as many connect between a quarter to nine and half past as on a day
/// like any other, each downloads the 20 messages that waited before anything else, and
/// everybody waits for the Mailbox servers.
#[test]
fn monday_morning_is_a_storm_of_its_own() {
    let (_, monday) = hour("monday-morning.toml", "08:45 - 09:15");
    let (_, other) = hour("single-namespace.toml", "08:45 - 09:15");
    let office = |rows: &[SessionRecord]| -> Vec<SessionRecord> {
        let of = |row: &&SessionRecord| row.protocol == Some(Protocol::OutlookCached) && row.population == 1;
        rows.iter().filter(of).copied().collect()
    };
    let (monday, other) = (office(&monday), office(&other));
    let begun = |rows: &[SessionRecord]| rows.iter().filter(|row| !row.carried_in).count();
    assert!(begun(&monday) > 2 * begun(&other), "{} {}", begun(&monday), begun(&other));
    // One logon and 20 messages; who came in the last minutes has not got all of them yet.
    let early: Vec<_> = monday.iter().filter(|row| !row.carried_in && row.requests > 1).collect();
    let full = early.iter().filter(|row| row.requests >= 21).count();
    assert!(full * 10 > early.len() * 7, "{full} of {}", early.len());
    let mean = |rows: &[SessionRecord]| {
        let sum: u64 = rows.iter().map(|row| row.latency_sum).sum();
        sum as f64 / rows.iter().map(|row| u64::from(row.latency_count)).sum::<u64>() as f64
    };
    assert!(mean(&monday) > 2.0 * mean(&other), "{} {}", mean(&monday), mean(&other));
}

/// When it is ten in Frankfurt it is one at night in Seattle; nine hours later it is the
/// other way round.
#[test]
fn offices_in_other_time_zones_do_not_peak_together() {
    let requests = |rows: &[SessionRecord], population: u32| -> u64 {
        rows.iter().filter(|row| row.population == population).map(|row| u64::from(row.requests)).sum()
    };
    let (_, morning) = hour("follow-the-sun.toml", "10:00 - 10:30");
    let (_, evening) = hour("follow-the-sun.toml", "19:00 - 19:30");
    let [seattle, frankfurt, singapore] = [0, 1, 2];
    assert!(requests(&morning, frankfurt) > 10 * requests(&morning, seattle));
    assert!(requests(&evening, seattle) > 5 * requests(&evening, frankfurt));
    assert!(requests(&evening, seattle) > 10 * requests(&evening, singapore));
}

/// While the line is cut everybody who crosses it is cut off, nobody else is; it takes
/// minutes, not hours, until all are served again.
#[test]
fn a_cut_line_cuts_off_those_behind_it() {
    let set = [("run.window", "\"10:30 - 12:15\""), ("run.warmup", "\"5 min\"")];
    let scenario = support::shipped("scenarios/wan-cut-at-eleven.toml", &set);
    let result = support::result(&scenario.model, &scenario.experiment);
    let row = |protocol, population: u32| {
        let row = result.storms.rows.iter().find(|r| (r.protocol, r.population) == (protocol, population));
        row.and_then(|row| row.replications[0].clone()).expect("a row")
    };
    let phones = row(Some(Protocol::Eas), 0);
    // All of 2,400 active phones ask within the heartbeat of eight minutes.
    assert_eq!((phones.users, phones.still), (Some(2_400), 0));
    assert!(phones.peak_rate > 2.0 * phones.twin_rate.unwrap(), "{phones:?}");
    assert!(phones.recovery.is_some_and(|ns| ns < 600_000_000_000), "{phones:?}");
    let outlooks = row(Some(Protocol::OutlookAnywhere), 1);
    assert_eq!(outlooks.still, 0);
    assert!(outlooks.peak_connections > 10.0 * outlooks.peak_rate / 8.0, "{outlooks:?}");
    for protocol in [Protocol::Owa, Protocol::Eas, Protocol::OutlookAnywhere] {
        let head_office =
            result.storms.rows.iter().any(|r| (r.protocol, r.population) == (Some(protocol), 2));
        assert!(!head_office, "{protocol}: it has nothing to recover from");
    }
    let total = row(None, u32::MAX);
    assert_eq!(total.reasons[1], total.failed, "every failure is the line's");
}

/// The morning of a cut line beside the same morning without it. No client is lost: when
/// all is over as many are connected as would be, of each protocol and population. None
/// is doubled: at no instant has a kind of client more sessions than there are clients.
#[test]
fn a_storm_loses_nobody_and_doubles_nobody() {
    use std::collections::BTreeMap;
    type Kind = (Option<Protocol>, u32);
    let set = [("run.window", "\"10:45 - 12:15\""), ("run.warmup", "\"5 min\""), ("run.load", "0.25")];
    let mut scenario = support::shipped("scenarios/wan-cut-at-eleven.toml", &set);
    // Conservation holds through the storm, or there is no result.
    let play = |scenario: &Scenario| support::play(&scenario.model, &scenario.experiment);
    let open = |rows: &[SessionRecord]| {
        let mut open: BTreeMap<Kind, u64> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.outcome == casim::results::SessionOutcome::Open) {
            *open.entry((row.protocol, row.population)).or_default() += 1;
        }
        open
    };
    let (stormed, rows) = play(&scenario);
    let cut = stormed.storms.rows.last().and_then(|row| row.replications[0].clone()).expect("all together");
    assert!(cut.users.is_some_and(|users| users > 900) && cut.failed > 2_000, "{cut:?}");
    scenario.model.workload.outages.clear();
    let (_, calm) = play(&scenario);
    let (after, would_be) = (open(&rows), open(&calm));
    for protocol in [Protocol::Eas, Protocol::OutlookAnywhere, Protocol::Imap] {
        let of = |open: &BTreeMap<Kind, u64>| {
            open.iter()
                .filter(|(kind, _)| kind.0 == Some(protocol))
                .map(|(k, n)| (*k, *n))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&after), of(&would_be), "{protocol}: connected at the end");
    }
    // Clients of each kind, and sessions at once: ends before begins at one instant.
    let model = &scenario.model;
    let mut network = Network::default();
    let rules = Rules::new(&model.topology);
    let plan = clients::compile(model, &mut network, |ask| rules.decide(ask));
    let mut members: BTreeMap<Kind, i64> = BTreeMap::new();
    for member in &plan.members {
        let cohort = &plan.cohorts[member.cohort as usize];
        *members.entry((Some(cohort.protocol), cohort.population)).or_default() += 1;
    }
    let mut edges: Vec<(u64, i64, Kind)> = Vec::new();
    for row in &rows {
        let kind = (row.protocol, row.population);
        edges.extend([(row.start.0, 1, kind), (row.end.0, -1, kind)]);
    }
    edges.sort_unstable();
    let mut at_once: BTreeMap<Kind, i64> = BTreeMap::new();
    for (at, change, kind) in edges {
        let n = at_once.entry(kind).or_default();
        *n += change;
        assert!(*n <= members[&kind], "{kind:?} at {at}: {n} sessions of {} clients", members[&kind]);
    }
    let phones: i64 = members.iter().filter(|(kind, _)| kind.0 == Some(Protocol::Eas)).map(|(_, n)| n).sum();
    let held: u64 = after.iter().filter(|(kind, _)| kind.0 == Some(Protocol::Eas)).map(|(_, n)| n).sum();
    assert_eq!(held as i64, phones, "every phone is connected again, once");
}

#[test]
fn a_lost_site_sends_its_users_to_the_other() {
    let (scenario, rows) = hour("site-loss.toml", "10:15 - 11:15");
    let london = scenario.model.topology.site("London").unwrap().index() as u32;
    // The begin of the window less the warm-up is the beginning of the run.
    let lost = 20 * 60_000_000_000_u64;
    let at_last: Vec<_> = rows.iter().filter(|r| r.start.0 > lost + 20 * 60_000_000_000).collect();
    assert!(at_last.len() > 200);
    for row in at_last {
        assert_eq!((row.entry_site, row.mailbox_site), (london, london), "{row:?}");
        assert_ne!(row.outcome, casim::results::SessionOutcome::Failed, "{row:?}");
    }
}

#[test]
fn a_published_url_redirects_who_begins_after_it() {
    let (_, rows) = hour("publish-a-url-at-one.toml", "12:30 - 13:30");
    let published = 35 * 60_000_000_000_u64;
    for protocol in [Protocol::Owa, Protocol::Eas] {
        let of = rows.iter().filter(|r| r.protocol == Some(protocol) && r.mailbox_site != 0);
        let (before, after): (Vec<&SessionRecord>, Vec<&SessionRecord>) =
            of.partition(|r| r.start.0 < published);
        assert!(!before.is_empty() && !after.is_empty());
        assert!(before.iter().all(|r| r.decision == Decision::Proxy), "{protocol}");
        // A device that has been told turns there at once, and is served there.
        assert!(
            after.iter().all(|r| matches!(r.decision, Decision::Redirect | Decision::Local)),
            "{protocol}"
        );
    }
    let outlook =
        rows.iter().filter(|r| r.protocol == Some(Protocol::OutlookAnywhere) && r.mailbox_site != 0);
    assert!(outlook.map(|r| r.decision).all(|d| d == Decision::Direct));
}
