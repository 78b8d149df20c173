//! The page around its sections: style, script, what it may do.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::bits::Section;
use crate::output::format::may_stand;

const STYLE: &str = include_str!("assets/page.css");
const SCRIPT: &str = include_str!("assets/page.js");

/// What the page may do: nothing from elsewhere, no script but its own, by its hash.
fn policy() -> String {
    let digest = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    // Styles stand in attributes too: places of marks.
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
}

/// The name above the page.
pub(super) fn title(name: &str, about: &str) -> Markup {
    html! { div.head { p.eye { "casim report" } h1 { (name) } p.sub { (about) } } }
}

/// The author's text, paragraph by paragraph.
pub(super) fn author(notes: Option<&str>) -> Markup {
    html! { @if let Some(notes) = notes { div.notes { @for part in notes.split("\n\n") { p { (part.trim()) } } } } }
}

/// One result on a page: its sections, what stands above them, and what is added to their ids.
pub(super) struct Part {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) head: Markup,
    pub(super) headlines: Vec<(&'static str, String)>,
    pub(super) sections: Vec<Section>,
}

impl Part {
    fn html(&self) -> Markup {
        html! {
            header { (self.head) }
            @if !self.headlines.is_empty() {
                ul.kf { @for (id, sentence) in &self.headlines {
                    li { a href={ "#" (id) (self.id) } { (sentence) } }
                } }
            }
            @for section in &self.sections { (section.html(&self.id)) }
        }
    }
}

/// The whole page; of several parts with `above` them.
pub(super) fn page(name: &str, above: &Markup, parts: &[Part], footer: &Markup) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (name) ": casim report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                nav aria-label="Sections" { div { @match parts {
                    [part] => { @for section in &part.sections { a href={ "#" (section.id) (part.id) } { (section.nav) } } },
                    parts => { @for part in parts { a href={ "#part" (part.id) } { (part.name) } } },
                } } }
                main {
                    (above)
                    @match parts {
                        [part] => (part.html()),
                        parts => { @for part in parts { div.part id={ "part" (part.id) } { (part.html()) } } },
                    }
                    footer { p { (footer) } }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    let mut text = markup.into_string();
    text.retain(may_stand);
    let _ = writeln!(text);
    text
}
