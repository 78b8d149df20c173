//! The page of the sample: whole, safe, and the same each time.

use super::*;
use crate::output::{charts, sample};
use crate::results::setup::{Found, Gravity, Published, ServiceSetup, Setup, SiteSetup};

fn setup(name: &str) -> Setup {
    Setup {
        release: "2007".to_owned(),
        sites: vec![SiteSetup { name: name.to_owned(), faces_internet: true, mailboxes: 300, people: 0 }],
        findings: vec![Found {
            gravity: Gravity::Error,
            lint: "L03".to_owned(),
            title: "no Integrated Windows Authentication on a proxy target".to_owned(),
            message: format!("OWA of {name} lacks it"),
            path: format!("site.{name}.owa.auth"),
            users: vec![format!("300 of {name}")],
            fix: "site.Boston.owa.auth=[\"integrated\"]".to_owned(),
            command: "Set-OwaVirtualDirectory".to_owned(),
            others: vec![format!("{name} too")],
        }],
        services: vec![ServiceSetup {
            servers: name.to_owned(),
            site: name.to_owned(),
            service: "OWA".to_owned(),
            internal_url: String::new(),
            external_url: "https://mail.contoso.com/owa".to_owned(),
            authentication: "forms".to_owned(),
        }],
        published: vec![Published {
            kind: "DNS record on the Internet",
            name: name.to_owned(),
            from: String::new(),
            to: name.to_owned(),
            port: String::new(),
            protocols: "owa;eas".to_owned(),
            populations: name.to_owned(),
            remark: String::new(),
        }],
    }
}

fn page(run: &RunResult, name: &str) -> String {
    let about = About {
        title: name.to_owned(),
        notes: Some(format!("Why: {name}\n\nSecond paragraph")),
        played_by: ("0.0.9".to_owned(), 5),
        digest: "00ff00ff00ff00ff".to_owned(),
        seed: 7,
        arguments: vec![format!("run.seed={name}")],
        assumed: vec!["clients.service_cv = 1.5 (ASSUMED; 0 makes demands constant)".to_owned()],
    };
    let pictures = charts::all(run);
    of_run(Shown { run, pictures: &pictures, setup: &setup(name), about: &about })
}

/// Every section that a reader learns to find, in the order of a decision, and nothing that is asked for
/// elsewhere.
#[test]
fn a_page_is_whole_and_asks_for_nothing() {
    let mut run = sample::small();
    run.flows = sample::flows_of(&run.cells);
    let html = page(&run, "Small");
    let mut at = 0;
    for id in [
        "objectives",
        "findings",
        "failures",
        "latency",
        "day",
        "parts",
        "flow",
        "map",
        "capacity",
        "build",
        "assumptions",
        "how",
    ] {
        let place = html.find(&format!("<section id=\"{id}\"")).unwrap_or_else(|| panic!("no section {id}"));
        assert!(place > at, "{id} stands before what comes before it");
        at = place;
        assert!(html.contains(&format!("<a href=\"#{id}\"")), "nobody leads to {id}");
    }
    assert!(html.contains("Content-Security-Policy") && html.contains("default-src 'none'"));
    for word in ["src=", "url(", "@import", "<link", "fetch(", "XMLHttp"] {
        assert!(!html.contains(word), "{word}");
    }
    assert!(html.contains("0.0.9, results 5"), "who played it, which may be another casim than this");
    // An address that is shown is no link to it.
    assert!(!html.contains("href=\"http"));
    assert_eq!(html, page(&run, "Small"));
}

/// Names that would be tags, break out of an attribute or turn the direction of what follows.
#[test]
fn hostile_names_harm_nothing() {
    let turned = "A\u{202e}B\u{2066}";
    for name in [
        "<script>alert(1)</script>",
        "\"><img onerror=x>",
        "'\" onclick=x",
        "</script><b>",
        &"M".repeat(200),
        turned,
    ] {
        let mut run = sample::small();
        run.flows = sample::flows_of(&run.cells);
        let names = &mut run.names;
        for list in [
            &mut names.populations,
            &mut names.sites,
            &mut names.locations,
            &mut names.namespaces,
            &mut names.servers,
        ] {
            list.iter_mut().for_each(|one| name.clone_into(one));
        }
        run.servers.iter_mut().for_each(|row| name.clone_into(&mut row.name));
        run.links.iter_mut().for_each(|row| name.clone_into(&mut row.name));
        run.storms.incidents.iter_mut().for_each(|one| name.clone_into(&mut one.name));
        let html = page(&run, name);
        assert_eq!(html.matches("<script").count(), 2, "the page's own and its data: {name}");
        assert_eq!(html.matches("</script").count(), 2, "{name}");
        for tag in ["<img", "<b>alert", "onclick=x>", "<b></b>\""] {
            assert!(!html.contains(tag), "{tag}: {name}");
        }
        for chart in charts::all(&run) {
            let svg = charts::render::svg(&chart.scene).unwrap();
            assert!(!svg.contains("<script") && !svg.contains("<img"), "{}: {name}", chart.name);
            assert!(!svg.contains('\u{202e}'), "{}", chart.name);
        }
        let pictures = charts::all(&run);
        let (setup, about) = (setup(name), About { title: name.to_owned(), ..About::default() });
        let shown = Shown { run: &run, pictures: &pictures, setup: &setup, about: &about };
        for (file, text) in Piece::Run(shown).fragments() {
            assert!(
                !text.contains("<script") && !text.contains("<img") && !text.contains("<b>"),
                "{file}: {name}"
            );
        }
        let [_, (_, markdown), (_, json)] = files(shown);
        assert!(!markdown.contains("<script") && !markdown.contains("<img"), "{markdown}");
        assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
        assert!(![&html, &markdown].iter().any(|text| text.contains('\u{202e}')), "{name}");
    }
}

/// Several results on one page: each has its own sections, which nothing else is called like.
#[test]
fn several_results_stand_on_one_page() {
    let run = sample::small();
    let pictures = charts::all(&run);
    let (setup, about) = (setup("Boston"), About { title: "One".to_owned(), ..About::default() });
    let shown = Shown { run: &run, pictures: &pictures, setup: &setup, about: &about };
    let html = of_several("Both", Some("Read this first"), &[Piece::Run(shown), Piece::Run(shown)]);
    for id in ["latency-1", "latency-2", "the-day-1", "the-day-2", "part-1", "part-2"] {
        assert_eq!(html.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
    }
    assert!(html.contains("Read this first") && html.contains("2 results"));
}
