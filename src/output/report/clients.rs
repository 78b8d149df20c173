//! Where clients go: the flow of them as a picture, and below it the table of decisions by protocol,
//! which is the same for who cannot see it.

use maud::{Markup, PreEscaped, html};

use super::bits::Section;
use super::layouts::{body, head, key, sentence};
use crate::output::charts::layout::Layout;
use crate::output::charts::render;
use crate::output::charts::streams::Streams;

pub(super) fn section(flow: Option<&Layout>, decisions: Option<&Layout>, part: &str) -> Section {
    let above = flow.map(head).unwrap_or_default();
    let decided = decisions.map(head).unwrap_or_default();
    let picture = match flow {
        Some(Layout::Streams(streams)) => self::picture(streams, part),
        _ => html! {},
    };
    let table = decisions.map(|layout| body(layout, usize::MAX));
    let finding = flow.and_then(sentence).unwrap_or(above.finding);
    Section {
        id: "flow",
        nav: "Clients",
        topic: above.topic,
        finding: if finding.is_empty() { "Nothing to show".to_owned() } else { finding },
        how: above.how,
        body: html! {
            (picture)
            @if let Some(table) = table {
                h3 { (decided.finding.replace(" %", "\u{a0}%")) }
                p.sub { (decided.how) }
                (table)
            }
        },
    }
}

fn picture(streams: &Streams, part: &str) -> Markup {
    // Painting into a string cannot fail.
    let svg = render::inline(&streams.drawing(), &format!("clients{part}")).unwrap_or_default();
    html! {
        (key(&streams.key()))
        div.scroll tabindex="0" role="region" aria-label=(streams.head.topic) { div.drawn { (PreEscaped(svg)) } }
    }
}
