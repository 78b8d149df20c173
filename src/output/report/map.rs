//! The organisation: few sites as cards, as an indented tree on a narrow screen; many always as a tree.

use maud::{PreEscaped, html};

use super::bits::Section;
use super::layouts::{body, section as alone};
use crate::output::charts::layout::Layout;
use crate::output::charts::render;

pub(super) fn section(layout: &Layout, part: &str) -> Section {
    let whole = alone("map", "Topology", Some(layout), usize::MAX);
    let cards = match layout {
        Layout::Tree(tree) => tree.cards(),
        _ => None,
    };
    let Some(cards) = cards else { return whole };
    // Painting into a string cannot fail.
    let svg = render::inline(&cards, &format!("map{part}")).unwrap_or_default();
    let body = html! {
        div.wide { div.drawn { (PreEscaped(svg)) } }
        div.narrow { (body(layout, usize::MAX)) }
    };
    Section { body, ..whole }
}
