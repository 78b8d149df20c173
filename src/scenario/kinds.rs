//! What a value may be: how it is read, checked against its range, and written.
//!
//! Every [`Kind`] reads from TOML, from the text of a CSV cell and from `--set`, and
//! writes a text that reads back to the same value. Must not know which key wants
//! which kind.

use serde_json::json;

use super::context::{Cx, wrong_type};
use super::shape::{Definitions, Shape, Words, any_case};
use super::tree::{self, Node, Value};
use crate::model::directory::Url;
use crate::model::topology::utc_offset;

/// A type of value.
pub(super) trait Kind: Shape {
    /// What reading yields.
    type Out;
    /// Reads a value; a fault is reported and yields `None`.
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Self::Out>;
    /// The value as TOML.
    fn show(&self, value: &Self::Out) -> String;
    /// The value as the resolved scenario has it, where long lists stand beside it.
    fn written(&self, _: &mut Cx, value: &Self::Out) -> String {
        self.show(value)
    }
    /// What is accepted, for a message.
    fn expected(&self) -> String;
}

/// Any text.
pub(super) struct Text;

impl Shape for Text {
    fn words(&self) -> String {
        "text".to_owned()
    }
    fn schema(&self, _: &mut Definitions) -> serde_json::Value {
        json!({ "type": "string" })
    }
}

impl Kind for Text {
    type Out = String;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<String> {
        let Some(text) = node.as_text() else {
            wrong_type(cx, node, path, "a string");
            return None;
        };
        Some(text.to_owned())
    }
    fn show(&self, value: &String) -> String {
        tree::quote(value)
    }
    fn expected(&self) -> String {
        "a string".to_owned()
    }
}

/// What may be a name, for an editor; [`Name`] looks more closely.
const NAME: &str = "^[^\\s/\\\\\"'`,;><|=+\\-@.#][^/\\\\\"'`,;><|]*$";

/// A name that ends up in paths, tables and file names.
pub(super) struct Name;

impl Shape for Name {
    fn words(&self) -> String {
        "name".to_owned()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        definitions.named("name", |_| {
            json!({ "type": "string", "minLength": 1, "maxLength": 100, "pattern": NAME, "description": "A name: letters, digits, blanks, dots, hyphens, underscores and brackets." })
        })
    }
}

impl Kind for Name {
    type Out = String;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<String> {
        let text = Text.read(cx, node, path)?;
        let problem = if text.is_empty() {
            "it is empty".to_owned()
        } else if text.trim() != text {
            "it begins or ends with a blank".to_owned()
        } else if text.chars().count() > 100 {
            "it has more than 100 characters".to_owned()
        } else if let Some(c) = text.chars().find(|c| {
            c.is_control() || matches!(c, '/' | '\\' | '"' | '\'' | '`' | ',' | ';' | '>' | '<' | '|')
        }) {
            format!("it holds {c:?}")
        } else if text.starts_with(['=', '+', '-', '@', '.', '#']) {
            format!("it begins with {:?}", text.chars().next().unwrap_or(' '))
        } else {
            return Some(text);
        };
        cx.fault_help(
            "bad-name",
            format!("this cannot be a name: {problem}"),
            node.span,
            "expected a plain name",
            "letters, digits, spaces, dots, hyphens, underscores and brackets are fine",
        );
        None
    }
    fn show(&self, value: &String) -> String {
        tree::quote(value)
    }
    fn expected(&self) -> String {
        "a name".to_owned()
    }
}

/// A host name, made lower case.
pub(super) struct Host;

impl Shape for Host {
    fn words(&self) -> String {
        "host name".to_owned()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        definitions.named("host", |_| {
            json!({ "type": "string", "maxLength": 253, "pattern": "^[A-Za-z0-9_][A-Za-z0-9_-]*(\\.[A-Za-z0-9_][A-Za-z0-9_-]*)*$", "description": "A host name as clients type it: \"mail.contoso.com\"." })
        })
    }
}

impl Kind for Host {
    type Out = String;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<String> {
        let text = Text.read(cx, node, path)?;
        let good = !text.is_empty()
            && text.len() <= 253
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
            && text.split('.').all(|label| !label.is_empty() && !label.starts_with('-'));
        if good {
            return Some(text.to_ascii_lowercase());
        }
        cx.fault_help(
            "bad-name",
            "this is no host name",
            node.span,
            "expected a name as clients type it",
            "for example \"mail.contoso.com\", without https:// and path",
        );
        None
    }
    fn show(&self, value: &String) -> String {
        tree::quote(value)
    }
    fn expected(&self) -> String {
        "a host name".to_owned()
    }
}

/// `true` or `false`.
pub(super) struct Flag;

impl Shape for Flag {
    fn words(&self) -> String {
        "`true` or `false`".to_owned()
    }
    fn schema(&self, _: &mut Definitions) -> serde_json::Value {
        json!({ "type": "boolean" })
    }
}

impl Kind for Flag {
    type Out = bool;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<bool> {
        match &node.value {
            Value::Flag(flag) => Some(*flag),
            Value::Cell(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::Cell(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => {
                wrong_type(cx, node, path, "true or false");
                None
            }
        }
    }
    fn show(&self, value: &bool) -> String {
        value.to_string()
    }
    fn expected(&self) -> String {
        "true or false".to_owned()
    }
}

/// A switch of Exchange: `true` or `false`, `1` or `0` as in the registry, `$true` or
/// `$false` as in its shell.
pub(super) struct Switch;

impl Shape for Switch {
    fn words(&self) -> String {
        "switch".to_owned()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        definitions.named("switch", |_| {
            let pattern = format!("^\\s*\\$*({}|{}|0|1)\\s*$", any_case("true"), any_case("false"));
            json!({
                "anyOf": [{ "type": "boolean" }, { "enum": [0, 1] }, { "type": "string", "pattern": pattern }],
                "description": "true or false; also 1 and 0 as in the registry, \"$true\" and \"$false\" as in the shell.",
            })
        })
    }
}

impl Kind for Switch {
    type Out = bool;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<bool> {
        let word = match &node.value {
            Value::Flag(flag) => return Some(*flag),
            Value::Integer(n) => n.to_string(),
            Value::Text(text) | Value::Cell(text) => text.trim().trim_start_matches('$').to_ascii_lowercase(),
            _ => String::new(),
        };
        match word.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => {
                wrong_type(cx, node, path, &self.expected());
                None
            }
        }
    }
    fn show(&self, value: &bool) -> String {
        value.to_string()
    }
    fn expected(&self) -> String {
        "true or false".to_owned()
    }
}

/// One of a closed list of words.
pub(super) struct Token<T: 'static> {
    /// Value and word.
    pub(super) words: &'static [(T, &'static str)],
}

impl<T: 'static> Shape for Token<T> {
    fn words(&self) -> String {
        Words(&self.list()).words()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        Words(&self.list()).schema(definitions)
    }
}

impl<T: 'static> Token<T> {
    fn list(&self) -> Vec<&'static str> {
        self.words.iter().map(|(_, word)| *word).collect()
    }
}

impl<T: Copy + PartialEq> Kind for Token<T> {
    type Out = T;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<T> {
        let number;
        let text = match &node.value {
            Value::Text(text) | Value::Cell(text) => text.as_str(),
            // `exchange = 2007` is clear enough.
            Value::Integer(n) => {
                number = n.to_string();
                number.as_str()
            }
            _ => {
                wrong_type(cx, node, path, &self.expected());
                return None;
            }
        };
        let found = self.words.iter().find(|(_, word)| word.eq_ignore_ascii_case(text.trim()));
        if found.is_none() {
            let near = crate::diagnostics::nearest(text, self.words.iter().map(|(_, word)| *word));
            let help = match near {
                Some(near) => format!("did you mean \"{near}\"? expected {}", self.expected()),
                None => format!("expected {}", self.expected()),
            };
            cx.fault_help(
                "unknown-word",
                format!("`{path}` cannot be \"{text}\""),
                node.span,
                "not one of the words",
                help,
            );
        }
        found.map(|(value, _)| *value)
    }
    fn show(&self, value: &T) -> String {
        tree::quote(self.words.iter().find(|(known, _)| known == value).map_or("", |(_, word)| word))
    }
    fn expected(&self) -> String {
        let words: Vec<String> = self.words.iter().map(|(_, word)| format!("\"{word}\"")).collect();
        words.join(", ")
    }
}

/// An absolute URL, or the word `none` for a cleared one.
pub(super) struct Address;

impl Address {
    /// A URL that is known to be one.
    pub(super) fn parsed(text: &str) -> Option<Url> {
        Url::parse(text)
    }
}

impl Shape for Address {
    fn words(&self) -> String {
        "URL".to_owned()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        definitions.named("url", |_| {
            let pattern = format!("^(none|\\$null||{}[sS]?://[A-Za-z0-9_.-]+(:[^/]*)?(/\\S*)?)$", any_case("http"));
            json!({ "type": "string", "pattern": pattern, "description": "A URL: \"https://mail.contoso.com/owa\"; \"none\" or \"$null\" clears one." })
        })
    }
}

impl Kind for Address {
    type Out = Option<Url>;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Option<Url>> {
        let text = Text.read(cx, node, path)?;
        // The shell clears a URL with $null.
        if matches!(text.as_str(), "none" | "$null" | "") {
            return Some(None);
        }
        let url =
            Url::parse(&text).filter(|url| url.text.chars().all(|c| !c.is_control() && !c.is_whitespace()));
        if url.is_none() {
            cx.fault_help(
                "bad-url",
                format!("`{path}` is no URL"),
                node.span,
                "expected https:// and a host name",
                "for example \"https://mail.contoso.com/owa\"; \"none\" clears it",
            );
        }
        url.map(Some)
    }
    fn show(&self, value: &Option<Url>) -> String {
        tree::quote(value.as_ref().map_or("none", |url| url.text.as_str()))
    }
    fn expected(&self) -> String {
        "a URL such as \"https://mail.contoso.com/owa\", or \"none\"".to_owned()
    }
}

/// A list; a single value stands for a list of one.
pub(super) struct List<K>(
    /// What each item is.
    pub(super) K,
);

impl<K: Shape> Shape for List<K> {
    fn words(&self) -> String {
        format!("list of {}", self.0.words())
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        let item = self.0.schema(definitions);
        // A single text stands for a list of one.
        json!({ "anyOf": [item, { "type": "array", "items": item }] })
    }
}

impl<K: Kind> Kind for List<K> {
    type Out = Vec<K::Out>;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Vec<K::Out>> {
        match &node.value {
            Value::List(items) => {
                let read: Vec<Option<K::Out>> =
                    items.iter().map(|item| self.0.read(cx, item, path)).collect();
                read.into_iter().collect()
            }
            Value::Text(_) | Value::Cell(_) => Some(vec![self.0.read(cx, node, path)?]),
            _ => {
                wrong_type(cx, node, path, &self.expected());
                None
            }
        }
    }
    fn show(&self, value: &Vec<K::Out>) -> String {
        let items: Vec<String> = value.iter().map(|item| self.0.show(item)).collect();
        format!("[{}]", items.join(", "))
    }
    fn expected(&self) -> String {
        format!("a list; each item is {}", self.0.expected())
    }
}

/// An offset from UTC in minutes: `"+01:00"`, `"-05:30"`, `"UTC"`.
pub(super) struct Offset;

impl Shape for Offset {
    fn words(&self) -> String {
        "UTC offset".to_owned()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        definitions.named("offset", |_| {
            json!({ "type": "string", "pattern": "^\\s*(UTC|Z|[+-][0-9]{1,2}:[0-9]{2})\\s*$", "description": "Hours and minutes from UTC with a sign: \"+01:00\"." })
        })
    }
}

impl Kind for Offset {
    type Out = i32;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<i32> {
        let text = Text.read(cx, node, path)?;
        let offset = match text.trim() {
            "UTC" | "Z" => Some(0),
            other => {
                let sign = match other.as_bytes().first() {
                    Some(b'+') => 1,
                    Some(b'-') => -1,
                    _ => 0,
                };
                let minutes = if sign == 0 { None } else { clock_minutes(&other[1..]) };
                minutes.filter(|m| *m <= 14 * 60).map(|m| sign * i32::try_from(m).unwrap_or(0))
            }
        };
        if offset.is_none() {
            cx.fault_help(
                "bad-clock",
                format!("`{path}` is no offset from UTC"),
                node.span,
                "expected hours and minutes with a sign",
                "for example \"+01:00\", \"-05:00\" or \"UTC\"; it does not change in a run",
            );
        }
        offset
    }
    fn show(&self, value: &i32) -> String {
        format!("\"{}\"", utc_offset(*value))
    }
    fn expected(&self) -> String {
        "an offset from UTC such as \"+01:00\"".to_owned()
    }
}

/// Minutes since midnight of `HH:MM` (`24:00` included).
pub(super) fn clock_minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let digits = |part: &str, len: std::ops::RangeInclusive<usize>| {
        (len.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())?
    };
    let (hours, minutes) = (digits(hours, 1..=2)?, digits(minutes, 2..=2)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 24 * 60).then_some(total)
}
