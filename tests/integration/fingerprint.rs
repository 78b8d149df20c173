//! Sampled values, pinned: what happens in the first minutes of shipped scenarios. Beside
//! the engine's own fingerprint (`sim`), this one sees clients, rules, draws and outages.

use std::path::Path;

use casim::kernel::SimSpan;
use casim::results::RESULTS;
use casim::scenario;
use casim::study::{Study, Workers};

/// A scenario of each kind: every protocol, an outage, a fail-over, a change, another
/// release, a narrow line, (from number 2 on) an outage of before the run, and (from number 5
/// on) databases with copies, (from number 6 on) a redirect that leads to a stopped service, (from
/// number 7 on) one that leads to a refusal.
const PLAYED: [&str; 10] = [
    "scenarios/single-namespace",
    "scenarios/wan-cut-at-eleven",
    "scenarios/site-loss",
    "scenarios/publish-a-url-at-one",
    "scenarios/unbound-2013",
    "scenarios/calibration/branch-t1",
    "tests/scenarios/outages/dead-all-day",
    "scenarios/dag-two-sites",
    "tests/scenarios/outages/loop-at-a-stopped-service",
    "tests/scenarios/outages/sent-on-by-a-dead-server",
];

/// Hashes of [`PLAYED`] by number of results, oldest first.
/// 2: hops follow the hosts of URLs, defaults are those of setup, outages of before the run are
/// in effect.
/// 3: Outlook Anywhere up to 2010 is off unless it is used; runs serve whom explain serves.
/// 4: databases of a lost server spread over those that hold copies, and passive copies work along.
/// 5: second copies spread where the first leaves no choice, clients of a lost group over all that
/// live, and checks and cached names are drawn by names.
/// 6: a redirect that leads round is refused where the next service is stopped.
/// 7: who is redirected and then refused was redirected first, whoever is up is led to, and a front
/// end of 2013 needs its own back end.
/// 8: clients are enrolled by the `stream` of their population, and servers of a site take turns by name.
/// 9: a Mailbox server goes on behind its answers, pages are not as large as their messages, heartbeats grow,
/// messages end at the organisation's limit, and megacycles are those of a release.
/// 10: bytes cross all links of a path at once, answers of proxies as they come, and slow start is a rate.
/// 11: what TCP has under way follows the systems at both ends.
/// 12: users of OWA look into the inbox and search, and half of their browsers have the files of a logon.
/// 13: delays in a row are one event: values are those of 12, events and the hash of their course are not.
/// 14: work beside a request is no event where a core is free: values are those of 12 and 13.
const HISTORY: &[(u32, &str)] = &[
    (1, "cc922bfcdbfc1314be6c5854507f3d976a0c7bb1d327b0f7839b3a7f3ce1a70c"),
    (2, "0f267ae51187bbb68368408481d082ca9c118d2badfc9bedc6c2d7a41586f7c9"),
    (3, "afc74500f1e91e86cbe3e03261bed978e1b69a18a42f1eab20e0468d7c4a0f24"),
    (4, "909c71863bf307f29c5be93e08fb91ea26066df94a18f06ed4aedc1f640e3363"),
    (5, "644d69416ebd9fab5537666a843f4ad65358f6965bb285506975be011d34330e"),
    (6, "b817239c59bfc4bfc72204f338f59151db1f5f64f4393a455abac5e859cde245"),
    (7, "a23b85d57fbde625a9fccb88ae05307be9a1101493c9ab86688066f7b8f99df1"),
    (8, "69efbf8bb4f36bef831f99ad6c6bfdb13f358521daada601ced478912cfdd450"),
    (9, "58e45407cb4310a4d9765c8ff9c28d14872ec01c229a74679fb5a11867dbf683"),
    (10, "6892649d812f1b9b79361c1b58866956df2dae6c08345801d6e5866be81d1be6"),
    (11, "180cccb2104116bd8cc70967df7f682316db237bb76181ac62dc910c55df5317"),
    (12, "f40b125f913118677daf1dc2dca15a8d30c4213b554fcd0abb080a61ea09b5df"),
    (13, "b76ba29be87afebf3ce7ec06a8351ec49c4e7e423294adbea7bce4277234496c"),
    (14, "260fe46c04dd4ec3eced33b93bf144261e91f3075bc1fd97c466b2dea8c085fd"),
];

fn played(name: &str) -> String {
    let path = format!("{}/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let mut scenario =
        scenario::load(Path::new(&path), &[]).unwrap_or_else(|faults| panic!("{}", faults.render(false)));
    scenario.adaptive = Default::default();
    let experiment = &mut scenario.experiment;
    experiment.replications = 1;
    experiment.window = experiment.window.min(SimSpan::from_secs(240));
    experiment.warmup = experiment.warmup.min(SimSpan::from_secs(60));
    let workers = Workers::new(1).expect("a thread");
    let result = Study::from(&scenario).run(&workers).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(result.events > 100, "{name}: {} events say little", result.events);
    format!("{:016x}{:016x}", result.trajectory_hash, result.outcome_hash)
}

/// If this fails, sampled values have changed: every result of before is another. Where that
/// is meant, raise `casim::results::RESULTS`, add a row to [`HISTORY`] (never change one),
/// and say so in CHANGELOG.md; nobody else should see this fail.
#[test]
fn results_have_a_number() {
    let hashes: Vec<String> = PLAYED.iter().map(|name| played(name)).collect();
    let now = casim::store::digest(hashes.join(" ").as_bytes());
    assert_eq!(HISTORY.last(), Some(&(RESULTS, now.as_str())));
    assert!(HISTORY.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1));
}
