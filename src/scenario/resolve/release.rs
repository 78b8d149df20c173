//! Releases and builds as a scenario writes them.

use super::super::fields::Cx;
use super::super::kinds::{Kind, Text};
use super::super::tree::{self, Node, Value};
use crate::diagnostics::nearest;
use crate::model::switches::Build;
use crate::model::topology::Generation;

/// A release with its update rollup: `2010 SP2 RU3`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Release {
    /// The release.
    pub(super) generation: Generation,
    /// Its update rollup, 0 for none.
    pub(super) rollup: u16,
}

impl Release {
    /// A release without an update rollup.
    pub(super) fn plain(generation: Generation) -> Self {
        Self { generation, rollup: 0 }
    }

    /// The build, where a rollup was stated.
    pub(super) fn build(self) -> Option<Build> {
        (self.rollup > 0).then(|| Build::of(self.generation, self.rollup))
    }
}

/// Reads a [`Release`].
pub(super) struct ReleaseKind;

impl Kind for ReleaseKind {
    type Out = Release;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Release> {
        // `exchange = 2007` is clear enough.
        let text = match &node.value {
            Value::Integer(n) => n.to_string(),
            _ => Text.read(cx, node, path)?,
        };
        let found = parse(&text);
        if found.is_none() {
            let words = Generation::ALL.map(|(_, word)| word);
            let help = match nearest(&text, words) {
                Some(near) => format!("did you mean \"{near}\"? expected {}", self.expected()),
                None => format!("expected {}", self.expected()),
            };
            let title = format!("`{path}` cannot be \"{text}\"");
            cx.fault_help("unknown-word", title, node.span, "not one of the words", help);
        }
        found
    }
    fn show(&self, value: &Release) -> String {
        let rollup = if value.rollup > 0 { format!(" RU{}", value.rollup) } else { String::new() };
        tree::quote(&format!("{}{rollup}", value.generation))
    }
    fn expected(&self) -> String {
        let words: Vec<String> = Generation::ALL.iter().map(|(_, word)| format!("\"{word}\"")).collect();
        words.join(", ")
    }
}

fn parse(text: &str) -> Option<Release> {
    let text = text.trim();
    // The release without service pack is often called by its year alone.
    if text == "2010" {
        return Some(Release::plain(Generation::E2010Rtm));
    }
    let (release, rollup) = match text.rsplit_once(' ') {
        Some((head, tail))
            if tail.len() > 2 && tail.is_char_boundary(2) && tail[..2].eq_ignore_ascii_case("RU") =>
        {
            (head, tail[2..].parse::<u16>().ok().filter(|n| (1..=99).contains(n))?)
        }
        _ => (text, 0),
    };
    let (generation, _) =
        Generation::ALL.into_iter().find(|(_, token)| token.eq_ignore_ascii_case(release.trim()))?;
    Some(Release { generation, rollup })
}

/// A build number, or a release with its update rollup.
pub(super) struct BuildKind;

impl Kind for BuildKind {
    type Out = Build;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Build> {
        let text = Text.read(cx, node, path)?;
        let build = parse(&text)
            .map(|release| Build::of(release.generation, release.rollup))
            .or_else(|| Build::parse(&text));
        if build.is_none() {
            cx.fault_help(
                "unknown-word",
                format!("`{path}` is no build"),
                node.span,
                "expected a build number or a release",
                "for example \"14.2.309.2\" or \"2010 SP2 RU3\"",
            );
        }
        build
    }
    fn show(&self, value: &Build) -> String {
        tree::quote(&value.to_string())
    }
    fn expected(&self) -> String {
        "a build such as \"14.2.309.2\" or \"2010 SP2 RU3\"".to_owned()
    }
}
