//! The organisation: few sites as cards, many as hubs with dots; as an indented tree on a narrow screen.

use maud::{Markup, PreEscaped, html};

use super::bits::{Section, Table};
use super::layouts::{body, section as alone};
use crate::output::charts::layout::Layout;
use crate::output::charts::render;
use crate::output::charts::tree::Tree;
use crate::output::words::{count, percent, thousands};

pub(super) fn section(layout: &Layout, part: &str) -> Section {
    let whole = alone("map", "Topology", Some(layout), usize::MAX);
    let map = match layout {
        Layout::Tree(tree) => tree.map(),
        _ => None,
    };
    let Some(map) = map else { return whole };
    // Painting into a string cannot fail.
    let svg = render::inline(&map, &format!("map{part}")).unwrap_or_default();
    let body = html! {
        div.wide { div.drawn { (PreEscaped(svg)) } @if let Layout::Tree(tree) = layout { (every_site(tree)) } }
        div.narrow { (body(layout, usize::MAX)) }
    };
    Section { body, ..whole }
}

/// Every dot of a map, with its name.
fn every_site(tree: &Tree) -> Markup {
    let Some(swarm) = &tree.swarm else { return html! {} };
    let rows: Vec<Vec<String>> = swarm
        .hubs
        .iter()
        .flat_map(|hub| hub.leaves.iter().map(|leaf| (&hub.row.name, leaf)))
        .map(|(hub, leaf)| {
            let missed = leaf.missed.as_ref().map_or_else(String::new, |missed| missed.1.clone());
            vec![leaf.name.clone(), hub.clone(), thousands(leaf.mailboxes), percent(leaf.share), missed]
        })
        .collect();
    let columns = [
        ("site", false),
        ("behind", false),
        ("mailboxes", true),
        ("line used", true),
        ("goal missed, by most", true),
    ];
    let summary = format!("All {} that are dots", count(rows.len(), "site"));
    html! {
        @if !rows.is_empty() {
            details {
                summary { (summary) }
                (Table { caption: "Sites behind the cards", columns: &columns, rows }.html())
            }
        }
    }
}
