//! What is built: `#findings` of the linter, and `#build` with URLs, authentication, names,
//! certificates and ports.

use maud::{Markup, html};

use super::bits::{Section, Table};
use crate::output::words::count;
use crate::results::setup::{Found, Gravity, Setup};

/// Findings that are shown; the others are folded.
const SHOWN: usize = 8;

pub(super) fn findings(setup: &Setup) -> Section {
    let with = |gravity: Gravity| setup.findings.iter().filter(|of| of.gravity == gravity).count();
    let [errors, warnings, notes] = [Gravity::Error, Gravity::Warning, Gravity::Note].map(with);
    let (shown, rest) = setup.findings.split_at(SHOWN.min(setup.findings.len()));
    let body = html! {
        @if !shown.is_empty() { ul.found { @for one in shown { (found(one)) } } }
        @if !rest.is_empty() {
            details { summary { (rest.len()) " more" } ul.found { @for one in rest { (found(one)) } } }
        }
    };
    Section {
        id: "findings",
        nav: "Findings",
        topic: "Findings".to_owned(),
        finding: title(errors, warnings, notes),
        how: "What casim check finds of the organisation, before anything runs. A fix that is given was tried: it \
              cures."
            .to_owned(),
        body,
    }
}

/// `1 error and 2 warnings in the configuration`.
fn title(errors: usize, warnings: usize, notes: usize) -> String {
    let kinds = [(errors, "error"), (warnings, "warning"), (notes, "note")];
    let told: Vec<String> =
        kinds.iter().filter(|(many, _)| *many > 0).map(|(many, what)| count(*many, what)).collect();
    match told.as_slice() {
        [] => "Nothing is wrong with the configuration, as far as casim can tell".to_owned(),
        [one] => format!("{one} about the configuration"),
        [all @ .., last] => format!("{} and {last} about the configuration", all.join(", ")),
    }
}

fn found(one: &Found) -> Markup {
    let class = match one.gravity {
        Gravity::Error | Gravity::Warning => "grave",
        Gravity::Note => "",
    };
    html! { li class=[(!class.is_empty()).then_some(class)] {
        p { b { (one.gravity.words()) " " (one.lint) } " " (one.message) }
        p.small {
            (one.title) " at " code { (one.path) }
            @if !one.users.is_empty() { "; mailboxes: " (one.users.join(", ")) }
        }
        @if !one.fix.is_empty() { p.small { "Fix: " code { (one.fix) } } }
        @if !one.command.is_empty() { p.small { "Shell: " code { (one.command) } } }
        @if !one.others.is_empty() {
            details { summary { (one.others.len()) " more of its kind" }
                ul { @for other in &one.others { li { (other) } } }
            }
        }
    } }
}

/// Heads of the two tables of `#build`.
const SERVICES: [&str; 6] =
    ["servers", "site", "service", "InternalURL", "ExternalURL or name", "authentication"];
const PUBLISHED: [&str; 6] =
    ["what", "name, or from and to", "leads to, or port", "protocols", "populations", "remark"];

/// Rows of the tables of `#build`, and their heads.
pub(super) fn tables(setup: &Setup) -> ([Vec<Vec<String>>; 2], [[&'static str; 6]; 2]) {
    let services = setup.services.iter().map(|row| {
        let cells = [
            &row.servers,
            &row.site,
            &row.service,
            &row.internal_url,
            &row.external_url,
            &row.authentication,
        ];
        cells.map(Clone::clone).to_vec()
    });
    let published = setup.published.iter().map(|row| {
        let what =
            if row.name.is_empty() { format!("{} → {}", row.from, row.to) } else { row.name.clone() };
        let to = if row.name.is_empty() { row.port.clone() } else { row.to.clone() };
        vec![
            row.kind.to_owned(),
            what,
            to,
            row.protocols.replace(';', ", "),
            row.populations.replace(';', ", "),
            row.remark.clone(),
        ]
    });
    ([services.collect(), published.collect()], [SERVICES, PUBLISHED])
}

pub(super) fn build(setup: &Setup) -> Section {
    let ([services, published], heads) = tables(setup);
    let kind = |word: &str| setup.published.iter().filter(|row| row.kind.contains(word)).count();
    let finding = match setup.services.is_empty() {
        true => "The scenario has no Client Access servers to build".to_owned(),
        false => format!(
            "To be built: {}, {}, {}",
            count(kind("record"), "DNS record"),
            count(kind("certificate"), "name") + " in certificates",
            count(kind("port"), "open port")
        ),
    };
    let columns = heads.map(|heads| heads.map(|name| (name, false)));
    let services = Table {
        caption: "URLs and authentication by server group and service",
        columns: &columns[0],
        rows: services,
    };
    let published = Table {
        caption: "DNS records, names in certificates, and ports (casim names)",
        columns: &columns[1],
        rows: published,
    };
    let body = html! {
        (services.folded("URLs and authentication"))
        (published.folded("DNS, certificates and ports"))
    };
    Section {
        id: "build",
        nav: "To build",
        topic: "What is built".to_owned(),
        finding,
        how: if setup.services.is_empty() { String::new() } else { format!("Exchange {}.", setup.release) },
        body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_count() {
        assert_eq!(title(0, 0, 0), "Nothing is wrong with the configuration, as far as casim can tell");
        assert_eq!(title(1, 0, 0), "1 error about the configuration");
        assert_eq!(title(1, 2, 3), "1 error, 2 warnings and 3 notes about the configuration");
    }
}
