//! Releases and builds as a scenario writes them.

use serde_json::json;

use super::super::context::Cx;
use super::super::kinds::{Kind, Text};
use super::super::shape::{Definitions, Shape, any_case};
use super::super::tree::{self, Node, Value};
use crate::diagnostics::nearest;
use crate::model::release::Build;
use crate::model::release::Generation;

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

/// Everything that is read as a release, whatever its case.
fn release_pattern() -> String {
    let words = Generation::ALL.iter().map(|(_, word)| *word).chain(["2010"]);
    let words: Vec<String> = words.map(any_case).collect();
    let of_2013: Vec<String> = OF_2013.iter().map(|(word, _)| any_case(word)).collect();
    format!("({})(\\s+[Rr][Uu][0-9]{{1,2}})?|{}", words.join("|"), of_2013.join("|"))
}

impl Shape for ReleaseKind {
    fn words(&self) -> String {
        "release".to_owned()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        definitions.named("release", |_| {
            let words: Vec<&str> = Generation::ALL.iter().map(|(_, word)| *word).collect();
            let years: Vec<i32> = words.iter().filter_map(|word| word.parse().ok()).chain([2010]).collect();
            json!({
                "anyOf": [
                    { "enum": words },
                    { "enum": years },
                    { "type": "string", "pattern": format!("^\\s*({})\\s*$", release_pattern()) },
                ],
                "description": "A release, with an update rollup if wanted: \"2010 SP2 RU4\".",
            })
        })
    }
}

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
            cx.release_is_unknown = true;
            let words = Generation::ALL.map(|(_, word)| word);
            let help = match year_of(&text) {
                Some(year) => format!(
                    "did you mean \"{year}\"? its rules do not depend on cumulative updates; expected {}",
                    self.expected()
                ),
                None => match nearest(&text, words) {
                    Some(near) => format!("did you mean \"{near}\"? expected {}", self.expected()),
                    None => format!("expected {}", self.expected()),
                },
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

/// A release of 2013 or later that is followed by something that is no part of it.
fn year_of(text: &str) -> Option<&'static str> {
    let (year, _) = text.trim().split_once(' ')?;
    ["2013", "2016", "2019"].into_iter().find(|known| *known == year)
}

/// The service pack of 2013 and what came before it: no rule depends on either.
const OF_2013: [(&str, [u16; 4]); 2] = [("2013 RTM", [15, 0, 516, 32]), ("2013 SP1", [15, 0, 847, 32])];

fn of_2013(text: &str) -> Option<[u16; 4]> {
    OF_2013.into_iter().find(|(word, _)| word.eq_ignore_ascii_case(text.trim())).map(|(_, build)| build)
}

fn parse(text: &str) -> Option<Release> {
    let text = text.trim();
    // The release without service pack is often called by its year alone.
    if text == "2010" {
        return Some(Release::plain(Generation::E2010Rtm));
    }
    if of_2013(text).is_some() {
        return Some(Release::plain(Generation::E2013));
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

impl Shape for BuildKind {
    fn words(&self) -> String {
        "build".to_owned()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        definitions.named("build", |_| {
            let pattern = format!("^\\s*({}|[0-9]+(\\.[0-9]+){{1,3}})\\s*$", release_pattern());
            json!({ "type": "string", "pattern": pattern, "description": "\"14.2.309.2\" or \"2010 SP2 RU3\"." })
        })
    }
}

impl Kind for BuildKind {
    type Out = Build;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Build> {
        let text = Text.read(cx, node, path)?;
        let build = of_2013(&text)
            .map(Build)
            .or_else(|| parse(&text).map(|release| Build::of(release.generation, release.rollup)))
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

/// The name of an OWA resource folder: a build, or the line of builds that it begins
/// with, as `8.3`.
pub(super) struct FolderKind;

impl Shape for FolderKind {
    fn words(&self) -> String {
        BuildKind.words()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        BuildKind.schema(definitions)
    }
}

impl Kind for FolderKind {
    type Out = Build;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Build> {
        let line = node.as_text().and_then(|text| {
            let (major, minor) = text.trim().split_once('.')?;
            Some(Build([major.parse().ok()?, minor.parse().ok()?, 0, 0]))
        });
        line.or_else(|| BuildKind.read(cx, node, path))
    }
    fn show(&self, value: &Build) -> String {
        match value.0 {
            [major, minor, 0, 0] => tree::quote(&format!("{major}.{minor}")),
            _ => BuildKind.show(value),
        }
    }
    fn expected(&self) -> String {
        BuildKind.expected()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2013 has one service pack, and it changes no rule; what else follows a year from
    /// 2013 on is not taken for a service pack of 2010.
    #[test]
    fn the_service_pack_of_2013_is_2013() {
        for text in ["2013", "2013 SP1", "2013 sp1", " 2013 RTM"] {
            assert_eq!(parse(text), Some(Release::plain(Generation::E2013)), "{text}");
        }
        for text in ["2013 CU7", "2013 SP2", "2013 SP1 RU1", "2013 "] {
            assert_eq!(parse(text).is_some(), text == "2013 ", "{text}");
        }
        assert_eq!(["2016 CU3", "2010 SP4", "2013"].map(year_of), [Some("2016"), None, None]);
        let pack = of_2013("2013 SP1").map(Build).unwrap();
        assert!(pack.generation() == Some(Generation::E2013) && pack > Build::of(Generation::E2013, 0));
    }
}
