//! Pages of decisions of every shape: whole, safe, and the same each time.

use super::parts::{Decided, coded};
use crate::output::about::Basis;
use crate::output::charts;
use crate::output::decision::Decision;
use crate::output::report::{Piece, of_decision, of_several};
use crate::output::sample::{decided::*, planned, sensitive::studies};
use crate::results::changes::{ChangeKind, ChangeRequest, ChangeRow, Order, Refused};
use crate::results::compared::{Comparison, FindingChange};

fn basis() -> Basis {
    Basis {
        title: None,
        notes: Some("Why: this".to_owned()),
        decided_by: ("0.0.9".to_owned(), 8),
        scenarios: vec![("Single name".to_owned(), "00ff".repeat(16))],
        asked: vec![("Runs asked for".to_owned(), "10".to_owned())],
        assumed: vec![vec!["clients.service_cv = 1.5 (ASSUMED; 0 makes demands constant)".to_owned()]],
    }
}

fn page(decision: Decision<'_>) -> String {
    let pictures = charts::of_decision(decision);
    of_decision(Decided { decision, pictures: &pictures, basis: &basis() })
}

/// Sections in their order, each with somebody who leads to it, and nothing that is asked for elsewhere.
fn whole(html: &str, ids: &[&str]) {
    let mut at = 0;
    for id in ids {
        let place = html.find(&format!("<section id=\"{id}\"")).unwrap_or_else(|| panic!("no section {id}"));
        assert!(place > at, "{id} stands before what comes before it");
        at = place;
        assert!(
            html.contains(&format!("<a href=\"#{id}\"")) || html.contains("<a href=\"#part"),
            "nobody leads to {id}"
        );
    }
    for word in ["src=", "url(", "@import", "<link", "fetch(", "XMLHttp", "href=\"http"] {
        assert!(!html.contains(word), "{word}");
    }
    let mut seen = std::collections::BTreeSet::new();
    for part in html.split(" id=\"").skip(1) {
        let id = part.split('"').next().unwrap();
        assert!(seen.insert(id), "two are called {id}");
    }
    assert!(html.contains("0.0.9, results 8"));
}

fn request(name: &str) -> ChangeRequest {
    let row = |step: u32| ChangeRow {
        step,
        kind: ChangeKind::Setting,
        what: format!("ExternalURL of {name}"),
        path: "site.Boston.owa.external_url".to_owned(),
        base: String::new(),
        other: "https://boston.contoso.com/owa".to_owned(),
        command: format!("Set-OwaVirtualDirectory {step}"),
        is_shell: true,
        undo: "Set-OwaVirtualDirectory back".to_owned(),
        test: "--population 'Boston staff'".to_owned(),
        asked_after: step,
        before: "proxy".to_owned(),
        after: "redirect".to_owned(),
        refused: (step == 2)
            .then(|| Refused {
                population: name.to_owned(),
                protocol: crate::model::protocol::Protocol::Owa,
                clients: 3.0,
            })
            .into_iter()
            .collect(),
    };
    ChangeRequest { rows: (1..=14).map(row).collect(), steps: 14, order: Order::None, trials: 9, asked: 4 }
}

/// With what a comparison has once it was written.
fn asked(shape: &str, name: &str) -> Comparison {
    let mut comparison = comparison_of(shape);
    for against in &mut comparison.others {
        against.changes = Some(request(name));
        against.findings = [true, false]
            .map(|new| FindingChange {
                new,
                severity: "error".to_owned(),
                lint: "L03".to_owned(),
                title: "no Integrated Windows Authentication".to_owned(),
                message: format!("OWA of {name} lacks it"),
                path: "site.Boston.owa.auth".to_owned(),
                users: vec![(name.to_owned(), 300)],
            })
            .to_vec();
    }
    comparison
}

#[test]
fn a_comparison_is_told_in_the_order_of_a_decision() {
    let comparison = asked("usual", "Boston");
    let html = page(Decision::Comparison(&comparison));
    whole(&html, &["cost", "notice", "changes", "findings", "pairing", "differences", "how"]);
    for text in [
        "Set-OwaVirtualDirectory 14",
        "Set-OwaVirtualDirectory back",
        "casim explain steps/14.toml",
        "1 new finding, 1 gone",
        "Refused after it: OWA of Boston",
    ] {
        assert!(html.contains(text), "{text}");
    }
    assert_eq!(html, page(Decision::Comparison(&comparison)));
    for (shape, comparison) in comparisons() {
        let html = page(Decision::Comparison(&comparison));
        assert!(html.contains("<section id=\"how\""), "{shape}");
    }
    // Several others have a part each.
    let html = page(Decision::Comparison(&comparison_of("long_names")));
    whole(&html, &["others", "how", "notice-1", "differences-1", "notice-2", "differences-2"]);
}

#[test]
fn plans_sweeps_and_studies_are_whole() {
    for (shape, plans) in planned::whole() {
        let html = page(Decision::Plans(&plans));
        let ids: &[&str] = match shape {
            "designs" => {
                &["designs", "how", "buy-1", "cheaper-1", "cases-1", "damages-1", "frontier-1", "buy-2"]
            }
            "rests" => &["buy", "cheaper", "frontier", "capacity", "rests", "assumptions", "how"],
            "infeasible" => {
                &["buy", "beyond", "cases", "damages", "frontier", "capacity", "assumptions", "how"]
            }
            _ => &["buy", "cheaper", "cases", "damages", "frontier", "capacity", "assumptions", "how"],
        };
        whole(&html, ids);
    }
    for (shape, swept) in sweeps() {
        let html = page(Decision::Sweep(&swept));
        assert!(html.contains("<section id=\"points\""), "{shape}");
        whole(&html, &["goals", "course", "points", "how"]);
    }
    whole(&page(Decision::Sweep(&searched())), &["answer", "goals", "course", "points", "how"]);
    for (_, found) in studies() {
        whole(
            &page(Decision::Sensitivity(&found)),
            &["matters", "tornado", "effects", "flips", "together", "how"],
        );
    }
}

/// Several decisions on one page: no two things have one id.
#[test]
fn decisions_stand_together() {
    let (comparison, swept, basis) = (asked("long_names", "Boston"), searched(), basis());
    let of = |decision| (decision, charts::of_decision(decision));
    let all =
        [of(Decision::Comparison(&comparison)), of(Decision::Sweep(&swept)), of(Decision::Sweep(&swept))];
    let pieces: Vec<Piece<'_>> = all
        .iter()
        .map(|(decision, pictures)| Piece::Decided(Decided { decision: *decision, pictures, basis: &basis }))
        .collect();
    let html = of_several("All", None, &pieces);
    whole(&html, &["others-1", "notice-1-1", "notice-1-2", "answer-2", "answer-3"]);
    assert!(html.contains("What each comes to"));
}

/// Names that would be tags, break out of an attribute or turn the direction of what follows.
#[test]
fn hostile_names_harm_no_decision() {
    for name in ["<script>alert(1)</script>", "\"><img onerror=x>", "</script><b>", "\u{202e}`x"] {
        let mut comparison = asked("usual", name);
        name.clone_into(&mut comparison.base.name);
        let of = &mut comparison.others[0];
        name.clone_into(&mut of.other.name);
        of.rows
            .iter_mut()
            .for_each(|row| row.about = crate::results::compared::About::Servers(name.to_owned()));
        of.affected.iter_mut().for_each(|way| name.clone_into(&mut way.population));
        let mut swept = searched();
        name.clone_into(&mut swept.scenario);
        name.clone_into(&mut swept.parameters[0]);
        for html in [page(Decision::Comparison(&comparison)), page(Decision::Sweep(&swept))] {
            assert_eq!(html.matches("<script").count(), 1, "the page's own: {name}");
            assert!(!html.contains("<img") && !html.contains("<b>alert"), "{name}");
        }
    }
}

#[test]
fn what_stands_between_backticks_is_code() {
    assert_eq!(coded("a `b` c `d`").into_string(), "a <code>b</code> c <code>d</code>");
    assert_eq!(coded("an odd ` one").into_string(), "an odd ` one");
}
