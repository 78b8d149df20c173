//! The page around its sections: style, script, what it may do.

use std::fmt::Write as _;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::bits::Section;

const STYLE: &str = include_str!("assets/page.css");
const SCRIPT: &str = include_str!("assets/page.js");

/// What the page may do: nothing from elsewhere, no script but its own, by its hash.
fn policy() -> String {
    let digest = base64(&Sha256::digest(SCRIPT.as_bytes()));
    // Styles stand in attributes too: places of marks.
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
}

/// RFC 4648; a crate for one hash would be more to keep than these lines.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let at = |place: usize| u32::from(three.get(place).copied().unwrap_or(0));
        let all = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = LETTERS[(all >> (18 - 6 * place) & 63) as usize] as char;
            text.push(if place <= three.len() { letter } else { '=' });
        }
    }
    text
}

/// The name above the page.
pub(super) fn title(name: &str, about: &str) -> Markup {
    html! { div.head { p.eye { "casim report" } h1 { (name) } p.sub { (about) } } }
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
    let _ = writeln!(text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 4648, section 10.
    #[test]
    fn base64_is_as_published() {
        let examples = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(examples, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
    }
}
