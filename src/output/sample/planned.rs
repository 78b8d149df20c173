//! Plans of every shape, made up: the lunch rush of the scenarios' prototype, long names and sixty
//! sites, one without prices, one that is not feasible, one by the law alone.

use crate::model::protocol::Protocol;
use crate::results::compared::{About, Measure};
use crate::results::planned::{
    BeyondPurchase, Confirmed, Cost, Damage, Planned, PlannedCandidate, PlannedCase, PlannedGoal,
    PlannedGroup, PlannedQuantity, Plans, PrunedBy, Refusal, Rests,
};
use crate::stats::verdict::Word;

fn quantity(path: &str, label: &str, short: &str, site: &str, now: &str) -> PlannedQuantity {
    let [path, label, short, site, now] = [path, label, short, site, now].map(str::to_owned);
    PlannedQuantity { path, label, short, site, now }
}

fn goal(case: usize, population: &str, excess: Option<f64>, runs: u32) -> PlannedGoal {
    let verdict = match excess {
        None => Word::Never,
        Some(excess) if excess > 1.0 => Word::Missed,
        Some(_) => Word::Met,
    };
    PlannedGoal {
        case,
        about: About::Users(Some(Protocol::Owa), population.to_owned()),
        measure: Measure::P95,
        goal: 2e9,
        value: excess.map(|excess| 2e9 * excess),
        half_width: excess.map(|excess| 2e9 * excess * 0.04),
        failed: Some(if excess.is_none() { 0.21 } else { 0.001 }),
        verdict,
        runs,
    }
}

/// Client Access servers by Mailbox servers, as in the prototype: `excess` by both numbers.
#[expect(clippy::too_many_lines, reason = "one literal of everything that a plan holds")]
fn grid(
    (cas, mailbox): (u32, u32),
    (population, long): (&str, &str),
    priced: bool,
    excess: impl Fn(u32, u32) -> Option<f64>,
) -> Planned {
    let mut candidates = Vec::new();
    for of_mailbox in 1..=mailbox {
        for of_cas in 1..=cas {
            let once = u64::from(of_cas - 1) * 800_000 + u64::from(of_mailbox - 1) * 1_400_000;
            let cost = match priced {
                true => Cost::money(once, once / 10, 3),
                false => Cost::Machines {
                    servers: u64::from(of_cas + of_mailbox),
                    cores: u64::from(4 * of_cas + 8 * of_mailbox),
                },
            };
            let found = excess(of_cas, of_mailbox);
            let by_law = of_mailbox == 1;
            let holds = !by_law && found.is_some_and(|excess| excess <= 1.0);
            let refusal = match (holds, by_law) {
                (true, _) => None,
                (false, true) => Some(Refusal {
                    by: PrunedBy::Law,
                    case: Some(0),
                    candidate: None,
                    reason: format!("{long}MBX is asked for 131 % of what its cores may be used"),
                }),
                (false, false) => Some(Refusal {
                    by: PrunedBy::Simulated,
                    case: Some(1),
                    candidate: None,
                    reason: "OWA p95".to_owned(),
                }),
            };
            let goals = match by_law {
                true => Vec::new(),
                false => {
                    vec![goal(0, population, found.map(|e| e * 0.8), 40), goal(1, population, found, 40)]
                }
            };
            let values = vec![of_cas.to_string(), of_mailbox.to_string()];
            candidates.push(PlannedCandidate {
                values,
                cost,
                expected: 1.3 / f64::from(of_mailbox),
                goals,
                refusal,
                holds,
            });
        }
    }
    candidates.sort_by_key(|candidate| candidate.cost.amount());
    let chosen = candidates.iter().position(|candidate| candidate.holds);
    let cheaper = chosen.and_then(|at| candidates[..at].iter().rposition(|of| !of.goals.is_empty()));
    let confirmed = chosen.map(|at| Confirmed { runs: 40, refused: 1, goals: candidates[at].goals.clone() });
    let name = |role: &str| format!("{long}{role}");
    let by_site = chosen.map(|at| vec![("Boston".to_owned(), candidates[at].cost)]).unwrap_or_default();
    Planned {
        scenario: "lunch-rush".to_owned(),
        currency: priced.then(|| "EUR".to_owned()),
        years: 3,
        quantities: vec![
            quantity("site.Boston.cas.servers", "Boston, Client Access servers", &name("CAS"), "Boston", "1"),
            quantity("site.Boston.mailbox.servers", "Boston, Mailbox servers", &name("MBX"), "Boston", "1"),
        ],
        cases: vec![
            PlannedCase { struck: None, year: 0 },
            PlannedCase { struck: Some(name("server.Boston-CAS.1")), year: 0 },
            PlannedCase { struck: None, year: 2 },
        ],
        candidates,
        unlisted: None,
        chosen,
        cheaper,
        by_site,
        names: (3, if priced { Cost::money(0, 9_000, 3) } else { Cost::Machines { servers: 0, cores: 0 } }),
        confirmed,
        beyond: Vec::new(),
        groups: vec![PlannedGroup {
            name: name("Boston-CAS"),
            site: "Boston".to_owned(),
            now: "1".to_owned(),
            planned: "2".to_owned(),
            busiest: Some(0.41),
            limit: 0.8,
            least: "1".to_owned(),
            survive: "2".to_owned(),
            grown: "2".to_owned(),
            binds: "cpu".to_owned(),
        }],
        damages: vec![Damage {
            case: 1,
            users: 0.0,
            user_hours: 0.0,
            missed: 0,
            hottest: Some((name("Boston-CAS"), 0.71)),
        }],
        extend: vec![("Boston".to_owned(), 1)],
        unfit: vec![(
            "Boston: 4 Mailbox servers".to_owned(),
            "`site.Boston.mailbox.host` has too few cores".to_owned(),
        )],
        law_only: false,
        by_value: (1, true),
        events: (1_200_000, 40_000_000),
    }
}

/// As the prototype has it: one Client Access server refuses a fifth, two Mailbox servers are too slow.
fn lunch(cas: u32, mailbox: u32) -> Option<f64> {
    match (cas, mailbox) {
        (1, _) => None,
        (_, 1) => Some(2.6),
        (_, 2) => Some(1.75),
        _ => Some(0.78 - 0.02 * f64::from(cas)),
    }
}

/// Every shape as it is kept; the first also with what its answer rests on.
pub(crate) fn whole() -> Vec<(&'static str, Plans)> {
    let mut all: Vec<_> =
        plans().into_iter().map(|(shape, designs)| (shape, Plans { designs, rests: None })).collect();
    let (_, found) = super::sensitive::studies().swap_remove(0);
    let case = "with server.Boston-CAS.1 lost".to_owned();
    all.push(("rests", Plans { rests: Some(Rests { case, found }), ..all[0].1.clone() }));
    all
}

/// Every shape with its name.
pub(crate) fn plans() -> Vec<(&'static str, Vec<Planned>)> {
    let staff = ("Boston staff", "");
    let plain = grid((4, 4), staff, true, lunch);
    let long = grid(
        (8, 8),
        (
            "Regional headquarters and data centre of the north-western provinces, staff",
            "Regional headquarters of the north ",
        ),
        true,
        |cas, mailbox| Some(9.0 / f64::from(cas * mailbox)),
    );
    let servers = grid((3, 3), staff, false, |cas, mailbox| Some(2.2 / f64::from(cas.min(mailbox))));
    let mut infeasible = grid((3, 3), staff, true, |cas, _| Some(3.0 / f64::from(cas) + 1.2));
    infeasible.beyond = vec![BeyondPurchase {
        about: About::Users(Some(Protocol::Owa), "Chennai staff".to_owned()),
        measure: Measure::P95,
        goal: 1e9,
        least: 1.4e9,
        cure: Some("An ExternalURL of its own at Chennai sends its users there".to_owned()),
    }];
    let mut law = grid((3, 3), staff, true, lunch);
    law.law_only = true;
    law.confirmed = None;
    for candidate in &mut law.candidates {
        candidate.goals.clear();
        candidate.refusal = candidate.refusal.take().filter(|refusal| refusal.by == PrunedBy::Law);
        candidate.holds = candidate.refusal.is_none();
    }
    law.chosen = law.candidates.iter().position(|candidate| candidate.holds);
    law.cheaper = None;
    let owned = grid((2, 2), staff, true, |_, _| Some(0.5));
    let mut owned = Planned { chosen: Some(0), cheaper: None, ..owned };
    owned.candidates[0].goals = vec![goal(0, "Boston staff", Some(0.4), 40)];
    (owned.candidates[0].holds, owned.candidates[0].refusal) = (true, None);
    let mut other = plain.clone();
    other.scenario = "lunch-rush-regional".to_owned();
    vec![
        ("plain", vec![plain.clone()]),
        ("long", vec![long]),
        ("servers", vec![servers]),
        ("infeasible", vec![infeasible]),
        ("law", vec![law]),
        ("owned", vec![owned]),
        ("designs", vec![plain, other]),
    ]
}
