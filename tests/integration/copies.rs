//! Copies of databases and the groups that keep them, against timelines worked out by hand.
//! The run begins at 09:00, the window at 09:30.

use casim::model::access::Failure;
use casim::model::protocol::Protocol;
use casim::results::{RunResult, SessionOutcome, SessionRecord};

use crate::outages::{outage, staff, two_sites};
use crate::support::{self, read};

const SEC: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SEC;
const AMSTERDAM: u32 = 0;
const LONDON: u32 = 1;

fn play(text: &str) -> (RunResult, Vec<SessionRecord>) {
    let scenario = read(text);
    support::play(&scenario.model, &scenario.experiment)
}

fn failed(row: &SessionRecord) -> bool {
    row.outcome == SessionOutcome::Failed
}

/// Three servers in a site, of which the first is lost at 10:00 for half an hour; its two
/// databases have their copies on the second and the third, mounted after 20 s, and are at
/// home again at 10:40. All Outlooks of the first server, 67 of 201 at work, lose their
/// connection at 10:00 to the nanosecond and are served 30 s later to the nanosecond. At
/// 10:40 those who are idle are told to follow. Nobody else notices.
#[test]
fn a_lost_server_is_replaced_by_the_copies_of_its_site() {
    let store = "mailbox = { servers = 3, cores = 64, copies = 2, databases = 2, \
                 activation_in_site = \"20 s\", fail_back = \"10 min\" }";
    let people = staff("Amsterdam", "outlook-anywhere = 1.0").replace("mailboxes = 200", "mailboxes = 201");
    let rest = [people, outage("site.Amsterdam.mailbox.1", "10:00", "30 min")].concat();
    let text = two_sites("2010 SP2", store, &rest);
    let (result, rows) = play(&text);
    let (lost, home) = (60 * MINUTE, 100 * MINUTE);
    let ended_at = |at: u64| rows.iter().filter(|row| row.end.0 == at).count();
    let began_at = |at: u64| rows.iter().filter(|row| row.start.0 == at && !row.carried_in).count();
    let cut = rows.iter().filter(|row| failed(row)).count();
    assert!((50..=67).contains(&cut), "{cut}");
    assert!(ended_at(lost) > 50, "the idle ones at once");
    assert!(
        rows.iter().filter(|row| failed(row)).all(|row| row.end.0 < lost + 20 * SEC),
        "the others in a task"
    );
    assert_eq!(began_at(lost + 30 * SEC), ended_at(lost), "30 s later, mounted since ten");
    assert!(rows.iter().filter(|row| row.start.0 >= lost + 20 * SEC).all(|row| !failed(row)));
    // At home again: connections are opened anew, and nobody fails.
    assert!(ended_at(home) > 50, "{}", ended_at(home));
    // What came back lies on both others alike.
    let stores = result.servers.iter().find(|row| row.name == "Amsterdam-MBX").expect("the stores");
    let work: Vec<f64> = stores.each.iter().map(|server| server.utilisation_mean).collect();
    assert!(work[0] < 0.95 * work[1] && (work[1] / work[2] - 1.0).abs() < 0.1, "{work:?}");

    // 40 s: the first attempt, at 30 s, meets a database that is not mounted yet.
    let (_, rows) = play(&text.replace("20 s", "40 s"));
    let first = rows.iter().filter(|row| row.start.0 == lost + 30 * SEC);
    assert!(first.clone().count() > 50 && first.clone().all(failed));
    assert!(rows.iter().filter(|row| row.start.0 >= lost + 40 * SEC).all(|row| !failed(row)));
}

/// Three clustered Mailbox servers of 2007, each with a passive node. The first is lost at 10:00 for
/// half an hour: what it has comes up on its own passive node 20 s later, and is at home again at
/// 10:40. The passive node of the second is lost for as long, and nobody notices. The third is lost
/// with its passive node from 11:00 to 11:10: what it has is nowhere, then at home. Outlook on the
/// Internet comes back 30 s after it was cut off, that inside, which talks to the Mailbox server
/// itself, likewise.
#[test]
fn a_clustered_server_comes_up_on_its_own_passive_node() {
    let store = "mailbox = { servers = 3, cores = 64, cluster = true, activation_in_site = \"20 s\", \
                 fail_back = \"10 min\" }";
    let outside = staff("Amsterdam", "outlook-anywhere = 1.0").replace("mailboxes = 200", "mailboxes = 201");
    let inside = staff("Amsterdam", "outlook-online = 1.0")
        .replace("\"Amsterdam staff\"", "\"desks\"\nfrom = \"Amsterdam\"")
        .replace("mailboxes = 200", "mailboxes = 201");
    let both =
        ["MBX-3", "MBX-PASSIVE-3"].map(|of| outage(&format!("server.Amsterdam-{of}"), "11:00", "10 min"));
    let one =
        ["MBX-1", "MBX-PASSIVE-2"].map(|of| outage(&format!("server.Amsterdam-{of}"), "10:00", "30 min"));
    let rest = [outside, inside, one.concat(), both.concat()].concat();
    let (result, rows) = play(&two_sites("2007 SP3", store, &rest));
    let (lost, home, gone, back) = (60 * MINUTE, 100 * MINUTE, 120 * MINUTE, 130 * MINUTE);
    for population in 0..2 {
        let own = || rows.iter().filter(move |row| row.population == population);
        let ended_at = |at: u64| own().filter(|row| row.end.0 == at).count();
        let began_at = |at: u64| own().filter(|row| row.start.0 == at && !row.carried_in).count();
        let cut = own().filter(|row| failed(row) && row.end.0 < home).count();
        assert!((45..=67).contains(&cut), "{population}: {cut}");
        assert!(ended_at(lost) > 40, "{population}: the idle ones at once, {}", ended_at(lost));
        assert_eq!(began_at(lost + 30 * SEC), ended_at(lost), "{population}: mounted since ten seconds");
        assert!(own().all(|row| !failed(row) || row.end.0 < lost + 20 * SEC || row.end.0 >= gone));
        assert!(ended_at(home) > 40, "{population}: told to come home, {}", ended_at(home));
        let refused = |row: &&SessionRecord| failed(row) && row.start.0 > gone && row.start.0 < back;
        assert!(own().filter(refused).count() > 100, "{population}");
        assert!(own().all(|row| !failed(row) || row.start.0 < back), "{population}");
    }
    let server = |index: u32| result.names.servers.get(index as usize).map_or("", String::as_str);
    let minutes = |ns: i64| ns as f64 / 60e9;
    let told: Vec<_> = result
        .databases
        .iter()
        .map(|s| (server(s.home), server(s.on), s.how.token(), minutes(s.begin), minutes(s.end)))
        .collect();
    let end = told[told.len() - 1].4;
    let [first, second, third] = ["Amsterdam-MBX-1", "Amsterdam-MBX-2", "Amsterdam-MBX-3"];
    let expected = [
        (first, first, "home", -30.0, 30.0),
        (first, "", "server_down", 30.0, 30.0 + 1.0 / 3.0),
        (first, "Amsterdam-MBX-PASSIVE-1", "copy", 30.0 + 1.0 / 3.0, 70.0),
        (first, first, "home", 70.0, end),
        (second, second, "home", -30.0, end),
        (third, third, "home", -30.0, 90.0),
        (third, "", "server_down", 90.0, 100.0),
        (third, third, "home", 100.0, end),
    ];
    assert_eq!(told, expected);
    // Two passive nodes replay alone; the first had half an hour of users too.
    let nodes = result.servers.iter().find(|row| row.name == "Amsterdam-MBX-PASSIVE").expect("the nodes");
    let work: Vec<f64> = nodes.each.iter().map(|server| server.utilisation_mean).collect();
    assert!(work[0] > 1.5 * work[2] && work[1] > 0.0, "{work:?}");
}

/// Two sites and one group of two servers, 2010: three votes with the witness.
pub(crate) fn group(witness: &str, more: &str, rest: &str) -> String {
    let store = "mailbox = { servers = 1, cores = 64, fails_over_to = \"London\", activation = \"4 min\", \
                 fail_back = \"10 min\" }";
    let other = "mailbox = { servers = 1, cores = 64, fails_over_to = \"Amsterdam\", activation = \"4 min\", \
                 fail_back = \"10 min\" }\nowa = { auth = [\"integrated\"] }";
    let dag = format!(
        "[[dag]]\nname = \"DAG\"\nmembers = [\"Amsterdam\", \"London\"]\nwitness = \"{witness}\"\n{more}\n"
    );
    two_sites("2010 SP2", store, &[&dag, rest].concat())
        .replace("mailbox = { servers = 1, cores = 64 }\nowa = { auth = [\"integrated\"] }", other)
}

fn polls() -> String {
    [staff("Amsterdam", "pop = 1.0"), staff("London", "pop = 1.0")].concat()
}

/// Rows of a population that began in a span of minutes of the run.
fn of(
    rows: &[SessionRecord],
    population: u32,
    minutes: std::ops::Range<u64>,
) -> impl Iterator<Item = &SessionRecord> {
    let span = minutes.start * MINUTE..minutes.end * MINUTE;
    rows.iter().filter(move |row| row.population == population && span.contains(&row.start.0))
}

/// The line is cut from 10:00 to 11:00. With the witness in Amsterdam London has one vote of
/// three: its databases are dismounted at 10:00 and mounted in Amsterdam at 10:04, where all
/// clients enter; at 11:10 they are at home again. Amsterdam's never move.
#[test]
fn the_side_without_the_witness_dismounts_on_a_cut_line() {
    let rest = [polls(), outage("link.Amsterdam-London", "10:00", "1 h")].concat();
    let (_, rows) = play(&group("Amsterdam", "", &rest));
    assert!(of(&rows, 0, 0..300).all(|row| !failed(row) && row.mailbox_site == AMSTERDAM));
    let count = |minutes| of(&rows, 1, minutes).count();
    assert!(count(60..64) > 20 && count(64..130) > 500);
    assert!(of(&rows, 1, 60..64).all(|row| failed(row) && row.mailbox_site == LONDON));
    assert!(of(&rows, 1, 64..130).all(|row| !failed(row) && row.mailbox_site == AMSTERDAM));
    assert!(of(&rows, 1, 130..300).all(|row| !failed(row) && row.mailbox_site == LONDON));
}

/// The same with the witness in London: now Amsterdam dismounts, and London, which has the
/// majority, mounts its databases at 10:04. But everybody enters at Amsterdam, whose servers
/// are up, and nobody gets from there to London before the line is back at 11:00.
#[test]
fn a_majority_that_no_client_reaches_keeps_the_databases() {
    let rest = [polls(), outage("link.Amsterdam-London", "10:00", "1 h")].concat();
    let (_, rows) = play(&group("London", "", &rest));
    for population in 0..2 {
        assert!(of(&rows, population, 60..119).count() > 500);
        assert!(of(&rows, population, 60..119).all(failed));
        assert!(of(&rows, population, 120..300).all(|row| !failed(row)));
    }
    assert!(of(&rows, 0, 60..64).all(|row| row.mailbox_site == AMSTERDAM), "dismounted, not moved yet");
    assert!(of(&rows, 0, 64..130).all(|row| row.mailbox_site == LONDON));
    assert!(of(&rows, 0, 130..300).all(|row| row.mailbox_site == AMSTERDAM));
    assert!(of(&rows, 1, 0..300).all(|row| row.mailbox_site == LONDON));
}

/// Amsterdam is lost at 10:00 until 11:30, and with it two of three votes: London's server is
/// up, and mounts nothing until somebody has switched over, at 10:40. Both sites' databases
/// are mounted there at that instant; those of Amsterdam are at home again at 11:40.
/// Outlook in London whose mailbox is in Amsterdam asks for the array's name, which leads to
/// London from 10:40 on; with a time to live of five minutes, for everybody from 10:45 on.
#[test]
fn a_lost_majority_comes_back_with_the_switchover_and_the_name_of_the_array() {
    let inside = staff("Amsterdam", "outlook-online = 1.0")
        .replace("\"Amsterdam staff\"", "\"guests\"\nfrom = \"London\"");
    let rest = [polls(), inside, outage("site.Amsterdam", "10:00", "90 min")].concat();
    let more = "switchover = \"40 min\"\narray_ttl = \"0 s\"";
    let (_, rows) = play(&group("Amsterdam", more, &rest));
    let (lost, over, home) = (60, 100, 160);
    // The name of the web leads to London within 6 min 30 s.
    for population in 0..2 {
        assert!(of(&rows, population, lost..over - 1).all(failed));
        assert!(of(&rows, population, over..150).count() > 400);
        assert!(of(&rows, population, over..150).all(|row| !failed(row) && row.mailbox_site == LONDON));
        assert!(of(&rows, population, home..300).all(|row| row.mailbox_site == population));
    }
    let known = [Some(Failure::ServerDown), Some(Failure::LinkDown)];
    let mut wrong = of(&rows, 1, 0..300).filter(|row| failed(row) && !known.contains(&row.failure));
    assert_eq!(wrong.next(), None);
    assert!(of(&rows, 2, lost + 1..over).count() > 100);
    assert!(of(&rows, 2, lost + 1..over).all(|row| failed(row) && row.entry_site == AMSTERDAM));
    let now: Vec<_> = of(&rows, 2, over..150).collect();
    assert!(now.len() > 100 && now.iter().all(|row| !failed(row) && row.entry_site == LONDON));

    let (_, rows) = play(&group("Amsterdam", &more.replace("0 s", "5 min"), &rest));
    let early: Vec<_> = of(&rows, 2, over..over + 5).collect();
    assert!(early.iter().any(|row| failed(row)) && early.iter().any(|row| !failed(row)));
    assert!(of(&rows, 2, over + 5..150).all(|row| !failed(row) && row.entry_site == LONDON));
}

/// By hand: the same loss with the witness in London, which keeps the majority. Its own
/// databases never stop; those of Amsterdam are mounted there after the switchover.
#[test]
fn copies_elsewhere_wait_for_a_person_where_activation_is_by_hand() {
    let rest = [polls(), outage("site.Amsterdam", "10:00", "90 min")].concat();
    let more = "activation = \"manual\"\nswitchover = \"40 min\"";
    let (_, rows) = play(&group("London", more, &rest));
    assert!(of(&rows, 0, 67..99).count() > 200 && of(&rows, 0, 67..99).all(failed));
    assert!(of(&rows, 0, 100..150).all(|row| !failed(row) && row.mailbox_site == LONDON));
    assert!(of(&rows, 1, 67..150).all(|row| !failed(row)), "its name leads to London by then");
    assert!(rows.iter().all(|row| row.protocol == Some(Protocol::Pop)));
}

/// London is lost from 10:00 on; Amsterdam keeps two votes of three while the witness, its Client Access
/// server, is up. That is down from 10:20 to 10:40, when Amsterdam's databases are mounted nowhere.
#[test]
fn a_witness_that_is_down_has_no_vote() {
    let gone = outage("site.London", "10:00", "150 min");
    let rest = [polls(), gone, outage("site.Amsterdam.cas", "10:20", "20 min")].concat();
    let (result, _) = play(&group("Amsterdam-CAS", "", &rest));
    let server = |index: u32| result.names.servers.get(index as usize).map_or("", String::as_str);
    let own = result.databases.iter().filter(|s| server(s.home) == "Amsterdam-MBX");
    let told: Vec<_> = own.map(|s| (s.how.token(), s.begin as f64 / 60e9, s.end as f64 / 60e9)).collect();
    assert_eq!(told, [("home", -30.0, 50.0), ("no_majority", 50.0, 70.0), ("home", 70.0, 180.0)]);
}

/// A server that is lost every other minute of a day, and whose databases come home each time: Outlook
/// connects anew twice in two minutes. After 1,024 sessions it waits for the next day, whose sessions
/// have numbers of their own.
#[test]
fn a_day_has_so_many_sessions_and_no_more() {
    let store = "mailbox = { servers = 2, cores = 64, copies = 2, databases = 1, \
                 activation_in_site = \"20 s\", fail_back = \"10 s\" }";
    let people = staff("Amsterdam", "outlook-anywhere = 1.0").replace("mailboxes = 200", "mailboxes = 1");
    let lost =
        |n: u32| outage("site.Amsterdam.mailbox.1", &format!("{:02}:{:02}", n / 30, n % 30 * 2), "30 s");
    let rest = [people, (1..720).map(lost).collect()].concat();
    let day = "window = \"00:00 - 24:00\"\nwarmup = \"0 s\"";
    let text =
        two_sites("2010 SP2", store, &rest).replace("window = \"09:30 - 12:30\"\nwarmup = \"30 min\"", day);
    let (_, rows) = play(&text);
    assert_eq!(rows.len(), 1_024);
}

/// What is stated of copies and groups survives the resolved scenario, and threads and order
/// change nothing.
#[test]
fn a_resolved_scenario_plays_the_same() {
    let rest = [polls(), outage("site.Amsterdam", "10:00", "90 min")].concat();
    let text = group("Amsterdam", "switchover = \"40 min\"", &rest);
    let scenario = read(&text);
    let (result, rows) = support::play(&scenario.model, &scenario.experiment);
    let again = read(&scenario.resolved);
    let (other, others) = support::play(&again.model, &again.experiment);
    assert_eq!((result.trajectory_hash, result.outcome_hash), (other.trajectory_hash, other.outcome_hash));
    assert!(rows == others);
}

/// The same loss for devices, with one name: London answers 451 with the URL of the lost site, which
/// leads to London by then. Nobody is served before the switchover either way, and the
/// reason that is told is the redirect; from the switchover on nobody is sent round.
#[test]
fn a_redirect_to_the_lost_site_by_the_one_name_leads_round_until_the_switchover() {
    let rest = [staff("Amsterdam", "eas = 1.0"), outage("site.Amsterdam", "10:00", "90 min")].concat();
    let text = group("Amsterdam", "switchover = \"40 min\"", &rest);
    let (_, rows) = play(&text);
    let round =
        |minutes| of(&rows, 0, minutes).filter(|row| row.failure == Some(Failure::RedirectLoop)).count();
    // The name leads to London within 6 min 30 s.
    assert!(round(67..100) > 50, "{}", round(67..100));
    assert!(of(&rows, 0, 67..100).all(failed));
    assert_eq!((round(0..60), round(100..300)), (0, 0));
    assert!(of(&rows, 0, 100..150).any(|row| !failed(row) && row.mailbox_site == LONDON));
}

/// `databases.csv` of the cut line tells what the sessions show: London's databases are mounted
/// nowhere from 10:00 to 10:04, in Amsterdam until 11:10, and at home again, to the nanosecond.
#[test]
fn where_databases_are_is_told_to_the_nanosecond() {
    let rest = [polls(), outage("link.Amsterdam-London", "10:00", "1 h")].concat();
    let (result, _) = play(&group("Amsterdam", "", &rest));
    let server = |index: u32| result.names.servers.get(index as usize).map_or("", String::as_str);
    let minutes = |ns: i64| ns as f64 / 60e9;
    let told: Vec<_> = result
        .databases
        .iter()
        .map(|s| {
            (server(s.home), server(s.on), s.how.token(), s.databases.len(), minutes(s.begin), minutes(s.end))
        })
        .collect();
    let end = told[0].5;
    let (amsterdam, london) = ("Amsterdam-MBX", "London-MBX");
    let expected = [
        (amsterdam, amsterdam, "home", 12, -30.0, end),
        (london, london, "home", 12, -30.0, 30.0),
        (london, "", "no_majority", 12, 30.0, 34.0),
        (london, amsterdam, "copy", 12, 34.0, 100.0),
        (london, london, "home", 12, 100.0, end),
    ];
    assert_eq!(told, expected);
    // Where nothing moves there is nothing to tell.
    assert!(play(&group("Amsterdam", "", &polls())).0.databases.is_empty());
}

/// Sites in another order, and people before the databases that they use, change no session: who is
/// who is told by names.
#[test]
fn the_order_of_declarations_changes_no_session() {
    let rest = [polls(), outage("site.Amsterdam", "10:00", "90 min")].concat();
    let text = group("Amsterdam", "switchover = \"40 min\"", &rest);
    let (head, tables) = text.split_once("\n[[").expect("tables");
    let tables: Vec<&str> = tables.split("\n[[").collect();
    let turned: Vec<&str> = tables.iter().rev().copied().collect();
    let other = [head, &turned.join("\n[[")].join("\n[[");
    let seen = |text: &str| {
        let (result, rows) = play(text);
        let name = |names: &[String], index: u32| names.get(index as usize).cloned().unwrap_or_default();
        let mut lives: Vec<_> = rows
            .iter()
            .map(|row| {
                let population = name(&result.names.populations, row.population);
                let (site, store) =
                    (name(&result.names.sites, row.entry_site), name(&result.names.sites, row.mailbox_site));
                (row.session_id, population, site, store, row.start, row.end, row.failure)
            })
            .collect();
        lives.sort_by_key(|life| (life.0, life.4));
        lives
    };
    let (one, two) = (seen(&text), seen(&other));
    assert!(one.len() > 1_000 && one.len() == two.len(), "{} and {}", one.len(), two.len());
    let differs = one.iter().zip(&two).find(|(a, b)| a != b);
    assert!(differs.is_none(), "{differs:?}");
}

/// Two servers in each of two sites, whose databases go first to the other of their site and then to
/// the other site: one candidate first, then two. What a site loses is on both servers of the other,
/// half each.
#[test]
fn what_a_site_loses_spreads_over_the_other_though_the_first_copy_leaves_no_choice() {
    let store = |order: &str| format!("mailbox = {{ servers = 2, cores = 64, fails_over_to = [{order}] }}");
    let other = format!("{}\nowa = {{ auth = [\"integrated\"] }}", store("\"London\", \"Amsterdam\""));
    let rest = [polls(), outage("site.Amsterdam.mailbox", "10:00", "90 min")].concat();
    let text = two_sites("2010 SP2", &store("\"Amsterdam\", \"London\""), &rest)
        .replace("mailbox = { servers = 1, cores = 64 }\nowa = { auth = [\"integrated\"] }", &other);
    let (result, _) = play(&text);
    let mut held = std::collections::BTreeMap::new();
    for of in result.databases.iter().filter(|of| of.how.token() == "copy") {
        *held.entry(result.names.servers[of.on as usize].clone()).or_insert(0) += of.databases.len();
    }
    assert_eq!(
        held.into_iter().collect::<Vec<_>>(),
        [("London-MBX-1".to_owned(), 12), ("London-MBX-2".to_owned(), 12)]
    );
}
