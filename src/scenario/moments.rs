//! Moments of a day and days of a week: when working days begin, what each day brings.

use super::amounts::{Number, Share};
use super::context::{Cx, wrong_type};
use super::kinds::{Kind, clock_minutes};
use super::shape::{AnyOf, Definitions, Form, Items, Shape};
use super::tree::{Node, Value, float};
use crate::model::workload::Moments;

/// Two times of day, or two shares of the day's work.
pub(super) struct MomentsKind;

/// A time of day.
pub(super) const CLOCK: Form = Form { words: "time of day", pattern: "^\\s*[0-9]{1,2}:[0-9]{2}\\s*$" };

/// Two times of day.
pub(super) const CLOCKS: Form = Form {
    words: "two times of day",
    pattern: "^\\s*[0-9]{1,2}:[0-9]{2}\\s*[-\u{2013}]\\s*[0-9]{1,2}:[0-9]{2}\\s*$",
};

impl Shape for MomentsKind {
    fn words(&self) -> String {
        "two times of day, or two shares of the day's work".to_owned()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        AnyOf(&[&CLOCKS, &Items(&Share::WHOLE, Some(2))]).schema(definitions)
    }
}

impl Kind for MomentsKind {
    type Out = Moments;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Moments> {
        let backwards = |cx: &mut Cx| {
            cx.fault_help(
                "out-of-range",
                format!("`{path}` ends before it begins"),
                node.span,
                "the first moment is the earlier one",
                "a range lies within one day, from 00:00 to 24:00",
            );
            None
        };
        if let Some(text) = node.as_text() {
            let ends = text
                .split_once(['-', '\u{2013}'])
                .and_then(|(a, b)| Some((clock_minutes(a)?, clock_minutes(b)?)));
            return match ends {
                Some((from, to)) if from <= to => Some(Moments::Clock(from, to)),
                Some(_) => backwards(cx),
                None => {
                    cx.fault_help(
                        "bad-clock",
                        format!("`{path}` cannot be read"),
                        node.span,
                        "expected two times of day or a list of two shares",
                        "for example \"08:30 - 09:15\", or [\"4 %\", \"12 %\"] of the day's work",
                    );
                    None
                }
            };
        }
        let Value::List(items) = &node.value else {
            wrong_type(cx, node, path, &self.expected());
            return None;
        };
        let [from, to] = items.as_slice() else {
            wrong_type(cx, node, path, &self.expected());
            return None;
        };
        let (from, to) = (Share::WHOLE.read(cx, from, path)?, Share::WHOLE.read(cx, to, path)?);
        if from > to { backwards(cx) } else { Some(Moments::Work(from, to)) }
    }
    fn show(&self, value: &Moments) -> String {
        match value {
            Moments::Clock(from, to) => {
                format!("\"{:02}:{:02} - {:02}:{:02}\"", from / 60, from % 60, to / 60, to % 60)
            }
            Moments::Work(from, to) => {
                format!("[{}, {}]", Share::WHOLE.show(from), Share::WHOLE.show(to))
            }
        }
    }
    fn expected(&self) -> String {
        "two times of day such as \"08:30 - 09:15\", or two shares of the day's work".to_owned()
    }
}

const FACTOR: Number = Number { min: 0.0, closed: true, max: 100.0 };

/// A factor for each day of the week, Monday first.
pub(super) struct Week;

impl Shape for Week {
    fn words(&self) -> String {
        "list of 7 numbers".to_owned()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        Items(&FACTOR, Some(7)).schema(definitions)
    }
}

impl Kind for Week {
    type Out = [f64; 7];
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<[f64; 7]> {
        let Value::List(items) = &node.value else {
            wrong_type(cx, node, path, &self.expected());
            return None;
        };
        let read: Vec<f64> = items.iter().filter_map(|item| FACTOR.read(cx, item, path)).collect();
        if read.len() < items.len() {
            return None;
        }
        let week =
            <[f64; 7]>::try_from(read.as_slice()).ok().filter(|week| week.iter().any(|&day| day > 0.0));
        if week.is_none() {
            cx.fault_help(
                "out-of-range",
                format!("`{path}` needs seven factors, not all 0"),
                node.span,
                format!("found {} that sum to {}", read.len(), read.iter().sum::<f64>()),
                "Monday first: [1.2, 1, 1, 1, 1, 0.1, 0.1]",
            );
        }
        week
    }
    fn show(&self, value: &[f64; 7]) -> String {
        format!("[{}]", value.map(float).join(", "))
    }
    fn expected(&self) -> String {
        "a list of seven factors, Monday first".to_owned()
    }
}
