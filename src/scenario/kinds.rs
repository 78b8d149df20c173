//! What a value may be: how it is read, checked against its range, and written.
//!
//! Every [`Kind`] reads from TOML, from the text of a CSV cell and from `--set`, and
//! writes a text that reads back to the same value. Must not know which key wants
//! which kind.

use super::fields::{Cx, wrong_type};
use super::tree::{self, Node, Value};
use crate::kernel::{SimSpan, nanos};
use crate::model::topology::Url;
use crate::quantity::{self, Dimension, QuantityError};

/// The longest time that may be written: 10^17 ns, a little over three years, so that
/// sums of a few stay within [`crate::kernel::SimTime::MAX`].
pub(super) const LONGEST: f64 = 1e17;

/// A type of value.
pub(super) trait Kind {
    /// What reading yields.
    type Out;
    /// Reads a value; a fault is reported and yields `None`.
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Self::Out>;
    /// The value as TOML.
    fn show(&self, value: &Self::Out) -> String;
    /// What is accepted, for a message.
    fn expected(&self) -> String;
}

/// Any text.
pub(super) struct Text;

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

/// A name that ends up in paths, tables and file names.
pub(super) struct Name;

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

/// A whole number within bounds.
pub(super) struct Count {
    /// Smallest.
    pub(super) min: u64,
    /// Largest.
    pub(super) max: u64,
}

impl Count {
    /// Servers of a group.
    pub(super) const SERVERS: Self = Self { min: 1, max: 1000 };
    /// Cores of a server.
    pub(super) const CORES: Self = Self { min: 1, max: 1024 };
    /// Places, connections.
    pub(super) const PLACES: Self = Self { min: 0, max: 1_000_000_000 };
}

impl Kind for Count {
    type Out = u64;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<u64> {
        let number = match &node.value {
            Value::Integer(n) => Some(*n),
            Value::Cell(text) => text.parse::<i128>().ok(),
            _ => None,
        };
        let Some(number) = number else {
            wrong_type(cx, node, path, &self.expected());
            return None;
        };
        if number < i128::from(self.min) || number > i128::from(self.max) {
            let help = if number == 0 && self.min == 1 {
                "to model one that is down, write an [[outage]]; to have none, leave its table out".to_owned()
            } else {
                format!("from {} to {}", self.min, self.max)
            };
            cx.fault_help(
                "out-of-range",
                format!("`{path}` must be {}", self.expected()),
                node.span,
                "out of range",
                help,
            );
            return None;
        }
        u64::try_from(number).ok()
    }
    fn show(&self, value: &u64) -> String {
        value.to_string()
    }
    fn expected(&self) -> String {
        format!("a whole number from {} to {}", self.min, self.max)
    }
}

/// A whole number, or the word `unlimited`.
pub(super) struct Limit;

impl Kind for Limit {
    type Out = Option<u32>;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Option<u32>> {
        match node.as_text() {
            Some("unlimited") => Some(None),
            Some(_) if !matches!(node.value, Value::Cell(_)) => {
                wrong_type(cx, node, path, &self.expected());
                None
            }
            _ => Count::PLACES.read(cx, node, path).map(|n| u32::try_from(n).ok()),
        }
    }
    fn show(&self, value: &Option<u32>) -> String {
        value.map_or_else(|| "\"unlimited\"".to_owned(), |n| n.to_string())
    }
    fn expected(&self) -> String {
        "a whole number or \"unlimited\"".to_owned()
    }
}

/// A plain number within bounds.
pub(super) struct Number {
    /// Smallest.
    pub(super) min: f64,
    /// Whether the smallest itself is allowed.
    pub(super) closed: bool,
    /// Largest.
    pub(super) max: f64,
}

impl Kind for Number {
    type Out = f64;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<f64> {
        let number = match &node.value {
            Value::Integer(n) => Some(*n as f64),
            Value::Float(x) => Some(*x),
            Value::Cell(text) => plain_number(text),
            _ => None,
        };
        let Some(number) = number else {
            wrong_type(cx, node, path, &self.expected());
            return None;
        };
        if number < self.min || number > self.max || (number == self.min && !self.closed) {
            cx.fault_help(
                "out-of-range",
                format!("`{path}` is out of range"),
                node.span,
                format!("found {number}"),
                format!("expected {}", self.expected()),
            );
            return None;
        }
        Some(number)
    }
    fn show(&self, value: &f64) -> String {
        tree::float(*value)
    }
    fn expected(&self) -> String {
        format!(
            "a number {} {} and at most {}",
            if self.closed { "from" } else { "above" },
            self.min,
            self.max
        )
    }
}

/// A decimal number as a cell may hold it; no `nan`, `inf`, comma or blank inside.
pub(super) fn plain_number(text: &str) -> Option<f64> {
    let shape = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    shape.then(|| text.parse::<f64>().ok()).flatten().filter(|x| x.is_finite())
}

/// A part of the whole: `"70 %"` or `0.7`.
pub(super) struct Share {
    /// Largest, as a fraction.
    pub(super) max: f64,
}

impl Share {
    /// From nothing to everything.
    pub(super) const WHOLE: Self = Self { max: 1.0 };
}

impl Kind for Share {
    type Out = f64;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<f64> {
        let share = match &node.value {
            Value::Integer(n) => *n as f64,
            Value::Float(x) => *x,
            Value::Cell(text) if plain_number(text).is_some() => plain_number(text)?,
            Value::Text(text) | Value::Cell(text) => match quantity::parse(text, Dimension::Share) {
                Ok(share) => share,
                Err(error) => {
                    quantity_fault(cx, node, path, &error);
                    return None;
                }
            },
            _ => {
                wrong_type(cx, node, path, &self.expected());
                return None;
            }
        };
        if !(0.0..=self.max).contains(&share) {
            let help = if share > self.max && share <= 100.0 && !matches!(node.value, Value::Text(_)) {
                format!("{share} of a hundred is written \"{share} %\" or {}", share / 100.0)
            } else {
                format!("expected {}", self.expected())
            };
            cx.fault_help(
                "out-of-range",
                format!("`{path}` is out of range"),
                node.span,
                format!("found {share}"),
                help,
            );
            return None;
        }
        Some(share)
    }
    fn show(&self, value: &f64) -> String {
        let text = quantity::print(*value, Dimension::Share);
        if text.ends_with('%') { tree::quote(&text) } else { tree::float(*value) }
    }
    fn expected(&self) -> String {
        let max = self.max;
        format!("a share from 0 to {max}, or from \"0 %\" to \"{} %\"", max * 100.0)
    }
}

/// A length of time.
pub(super) struct Time {
    /// Whether zero is allowed.
    pub(super) zero: bool,
}

impl Time {
    /// Zero or more.
    pub(super) const ANY: Self = Self { zero: true };
    /// More than zero.
    pub(super) const POSITIVE: Self = Self { zero: false };
}

impl Kind for Time {
    type Out = SimSpan;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<SimSpan> {
        let ns = (Quantity { dimension: Dimension::Time, min: 0.0, closed: self.zero, max: LONGEST })
            .read(cx, node, path)?;
        let rounded = nanos(ns);
        if ns > 0.0 && rounded == 0 {
            cx.fault_help(
                "out-of-range",
                format!("`{path}` is out of range"),
                node.span,
                "shorter than half a nanosecond",
                "time is kept in whole nanoseconds",
            );
            return None;
        }
        Some(SimSpan(rounded))
    }
    fn show(&self, value: &SimSpan) -> String {
        tree::quote(&quantity::print(value.0 as f64, Dimension::Time))
    }
    fn expected(&self) -> String {
        "a length of time such as \"45 ms\"".to_owned()
    }
}

/// A quantity of a dimension within bounds.
pub(super) struct Quantity {
    /// What it measures.
    pub(super) dimension: Dimension,
    /// Smallest, in the kept unit.
    pub(super) min: f64,
    /// Whether the smallest itself is allowed.
    pub(super) closed: bool,
    /// Largest.
    pub(super) max: f64,
}

impl Quantity {
    /// Bandwidth of a link, up to 1,000 Tbit/s.
    pub(super) const BANDWIDTH: Self =
        Self { dimension: Dimension::Bandwidth, min: 0.0, closed: false, max: 1e15 };
    /// Bytes up to 1 PB, more than none.
    pub(super) const BYTES: Self = Self { dimension: Dimension::Bytes, min: 0.0, closed: false, max: 1e15 };
    /// Clock of a core.
    pub(super) const CLOCK: Self =
        Self { dimension: Dimension::Frequency, min: 0.0, closed: false, max: 1e6 };
    /// Arrivals; more than a billion a second are no model of anything here.
    pub(super) const RATE: Self = Self { dimension: Dimension::Rate, min: 0.0, closed: false, max: 1e9 };
}

impl Kind for Quantity {
    type Out = f64;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<f64> {
        let text = match &node.value {
            Value::Text(text) | Value::Cell(text) => text,
            Value::Integer(_) | Value::Float(_) => {
                let number = node.to_toml();
                cx.fault_help(
                    "missing-unit",
                    format!("`{path}` needs a unit"),
                    node.span,
                    format!("a bare number is no {}", self.dimension.noun().trim_start_matches("a ")),
                    format!("write {}", self.dimension.offer(&number)),
                );
                return None;
            }
            _ => {
                wrong_type(cx, node, path, &self.expected());
                return None;
            }
        };
        match quantity::parse(text, self.dimension) {
            Err(error) => {
                quantity_fault(cx, node, path, &error);
                None
            }
            Ok(value) if value < self.min || value > self.max || (value == self.min && !self.closed) => {
                let print = |v: f64| quantity::print(v, self.dimension);
                let help = if self.closed {
                    format!("expected from {} to {}", print(self.min), print(self.max))
                } else {
                    format!("expected more than {} and at most {}", print(self.min), print(self.max))
                };
                let mut fault = crate::diagnostics::Diagnostic::error(
                    "out-of-range",
                    format!("`{path}` is out of range"),
                )
                .at(node.span, format!("found {text}"))
                .help(help);
                if value == 0.0 && self.dimension == Dimension::Bandwidth {
                    fault = fault.help("to model one that is down, write an [[outage]]");
                }
                cx.faults.push(fault);
                None
            }
            Ok(value) if value != 0.0 && value < 1e-12 => {
                cx.fault_help(
                    "out-of-range",
                    format!("`{path}` is out of range"),
                    node.span,
                    "too small to be meant",
                    "write 0 for nothing",
                );
                None
            }
            Ok(value) => Some(value),
        }
    }
    fn show(&self, value: &f64) -> String {
        tree::quote(&quantity::print(*value, self.dimension))
    }
    fn expected(&self) -> String {
        format!("{} such as {}", self.dimension.noun(), self.dimension.offer("10"))
    }
}

/// Reports a malformed quantity, underlining the offending part of the string.
pub(super) fn quantity_fault(cx: &mut Cx, node: &Node, path: &str, error: &QuantityError) {
    let length = (node.span.end - node.span.start) as usize;
    let text = node.as_text().unwrap_or("");
    // A string without escapes is its text between two quotes; a cell is its text.
    let span = if length == text.len() + 2 {
        node.span.part(error.range.start + 1, error.range.end + 1)
    } else if length == text.len() {
        node.span.part(error.range.start, error.range.end)
    } else {
        node.span
    };
    let span = if span.start == span.end { node.span } else { span };
    cx.fault_help(
        "bad-quantity",
        format!("`{path}` cannot be read"),
        span,
        error.message.clone(),
        error.help.clone(),
    );
}

/// One of a closed list of words.
pub(super) struct Token<T: 'static> {
    /// Value and word.
    pub(super) words: &'static [(T, &'static str)],
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

impl Kind for Address {
    type Out = Option<Url>;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Option<Url>> {
        let text = Text.read(cx, node, path)?;
        if text == "none" {
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
        let sign = if *value < 0 { '-' } else { '+' };
        format!("\"{sign}{:02}:{:02}\"", value.abs() / 60, value.abs() % 60)
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
