//! Kinds of numbers: counts, limits, shares, and quantities with units.
//!
//! Every bound that a scenario meets stands here or at the key that narrows it, so
//! that nothing downstream sees a value that is negative, not finite or absurd.

use serde_json::json;

use super::context::{Cx, wrong_type};
use super::kinds::Kind;
use super::shape::{Definitions, Shape, thousands};
use super::tree::{self, Node, Value};
use crate::diagnostics::Diagnostic;
use crate::kernel::{SimSpan, nanos};
use crate::quantity::{self, Dimension, QuantityError};

/// The longest time that may be written: three years, so that
/// sums of a few stay within [`crate::kernel::SimTime::MAX`].
pub(super) const LONGEST: f64 = 1095.0 * 86_400e9;

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

impl Shape for Count {
    fn words(&self) -> String {
        match (self.min, self.max) {
            (min, max) if max > 1 << 60 => format!("whole number from {}", thousands(min)),
            (min, max) => format!("{} to {}", thousands(min), thousands(max)),
        }
    }
    fn schema(&self, _: &mut Definitions) -> serde_json::Value {
        json!({ "type": "integer", "minimum": self.min, "maximum": self.max })
    }
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
            let machines = self.max == Self::SERVERS.max || self.max == Self::CORES.max;
            let help = if number == 0 && self.min == 1 && machines {
                "to model one that is down, write an [[outage]]; to have none, leave its table out".to_owned()
            } else {
                format!("from {} to {}", self.min, self.max)
            };
            cx.fault_help(
                "out-of-range",
                format!("`{path}` must be {}", self.expected()),
                node.span,
                format!("found {number}"),
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

impl Shape for Limit {
    fn words(&self) -> String {
        "limit".to_owned()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        let number = Count::PLACES.schema(definitions);
        json!({ "anyOf": [number, { "const": "unlimited" }] })
    }
}

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

impl Shape for Number {
    fn words(&self) -> String {
        let max = if self.max.fract() == 0.0 { thousands(self.max as u64) } else { self.max.to_string() };
        if self.closed {
            format!("number from {} to {max}", self.min)
        } else {
            format!("number above {}, at most {max}", self.min)
        }
    }
    fn schema(&self, _: &mut Definitions) -> serde_json::Value {
        let least = if self.closed { "minimum" } else { "exclusiveMinimum" };
        json!({ "type": "number", least: self.min, "maximum": self.max })
    }
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

/// A number by which something is multiplied, plain or in per cent: `1.3` or `"130 %"`.
pub(super) struct Factor(pub(super) Number);

impl Shape for Factor {
    fn words(&self) -> String {
        format!("{}, or in per cent", self.0.words())
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        let text = in_units(Dimension::Share, definitions);
        json!({ "anyOf": [self.0.schema(definitions), text] })
    }
}

impl Kind for Factor {
    type Out = f64;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<f64> {
        let text = match &node.value {
            Value::Text(text) => text,
            Value::Cell(text) if plain_number(text).is_none() => text,
            _ => return self.0.read(cx, node, path),
        };
        match quantity::parse(text, Dimension::Share) {
            Ok(factor) => self.0.read(cx, &Node { value: Value::Float(factor), ..node.clone() }, path),
            Err(error) => {
                quantity_fault(cx, node, path, &error);
                None
            }
        }
    }
    fn show(&self, value: &f64) -> String {
        self.0.show(value)
    }
    fn expected(&self) -> String {
        format!("{}, or the same in per cent", self.0.expected())
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

impl Shape for Share {
    fn words(&self) -> String {
        if self.max == 1.0 { "share".to_owned() } else { format!("share, at most {}", self.max) }
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        let text = in_units(Dimension::Share, definitions);
        json!({ "anyOf": [{ "type": "number", "minimum": 0, "maximum": self.max }, text] })
    }
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
            let bare =
                !matches!(&node.value, Value::Text(text) | Value::Cell(text) if plain_number(text).is_none());
            let help = if bare && share > self.max && share <= 100.0 {
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

impl Shape for Time {
    fn words(&self) -> String {
        if self.zero { "time".to_owned() } else { "time above 0".to_owned() }
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        in_units(Dimension::Time, definitions)
    }
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

impl Shape for Quantity {
    fn words(&self) -> String {
        self.dimension.word().to_owned()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        in_units(self.dimension, definitions)
    }
}

/// Texts that are a quantity of a dimension.
pub(super) fn in_units(dimension: Dimension, definitions: &mut Definitions) -> serde_json::Value {
    definitions.named(&dimension.word().replace(' ', "_"), |_| {
        json!({
            "type": "string",
            "pattern": format!("^\\s*{}\\s*$", dimension.pattern()),
            "description": format!("{}: a number and one of {}.", capital(dimension.noun()), dimension.unit_list()),
        })
    })
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
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
                let mut fault = Diagnostic::error("out-of-range", format!("`{path}` is out of range"))
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
