//! What a value may be, told to people and to editors: a few words for the tables of
//! the documentation, and a JSON Schema.
//!
//! A schema accepts what a reader accepts as far as a pattern can tell; ranges of
//! quantities and names of other elements are the reader's. Must not know which key
//! wants which shape.

use serde_json::{Map, Value, json};

/// Definitions that several keys share, by name.
#[derive(Debug, Default)]
pub(super) struct Definitions(Map<String, Value>);

impl Definitions {
    /// A reference to the definition of this name, which is made on its first use.
    pub(super) fn named(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.0.contains_key(name) {
            let value = make(self);
            self.0.insert(name.to_owned(), value);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    /// All of them, in the order of their first use.
    pub(super) fn into_map(self) -> Map<String, Value> {
        self.0
    }
}

/// What a value may be.
pub(super) trait Shape {
    /// In a few words of Markdown: `time above 0`.
    fn words(&self) -> String;
    /// As a JSON Schema.
    fn schema(&self, definitions: &mut Definitions) -> Value;
}

/// One of several shapes.
pub(super) struct AnyOf<'a>(
    /// The shapes.
    pub(super) &'a [&'a dyn Shape],
);

impl Shape for AnyOf<'_> {
    fn words(&self) -> String {
        let words: Vec<String> = self.0.iter().map(|shape| shape.words()).collect();
        words.join(", or ")
    }
    fn schema(&self, definitions: &mut Definitions) -> Value {
        let all: Vec<Value> = self.0.iter().map(|shape| shape.schema(definitions)).collect();
        json!({ "anyOf": all })
    }
}

/// One of a few words, by any of its spellings.
pub(super) struct Words<'a>(
    /// The words.
    pub(super) &'a [&'a str],
);

impl Shape for Words<'_> {
    fn words(&self) -> String {
        let words: Vec<String> = self.0.iter().map(|word| format!("`{word}`")).collect();
        words.join(", ")
    }
    fn schema(&self, _: &mut Definitions) -> Value {
        let patterns: Vec<String> = self.0.iter().map(|word| any_case(word)).collect();
        let pattern = format!("^\\s*({})\\s*$", patterns.join("|"));
        // The list is what an editor offers, the pattern what is accepted.
        json!({ "anyOf": [{ "enum": self.0 }, { "type": "string", "pattern": pattern }] })
    }
}

/// A string of some form.
pub(super) struct Form {
    /// What it is.
    pub(super) words: &'static str,
    /// Regular expression for it.
    pub(super) pattern: &'static str,
}

impl Shape for Form {
    fn words(&self) -> String {
        self.words.to_owned()
    }
    fn schema(&self, _: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": self.pattern })
    }
}

/// A table whose keys are names, each with a value of one shape.
pub(super) struct Named<'a> {
    /// What the names are of, in capitals: `PROTOCOL`.
    pub(super) what: &'static str,
    /// The names, where they are known; else any.
    pub(super) names: &'a [&'a str],
    /// What each has.
    pub(super) each: &'a dyn Shape,
}

impl Shape for Named<'_> {
    fn words(&self) -> String {
        format!("`{{ {} = {} }}`", self.what, self.each.words().replace('`', ""))
    }
    fn schema(&self, definitions: &mut Definitions) -> Value {
        let each = self.each.schema(definitions);
        if self.names.is_empty() {
            return json!({ "type": "object", "additionalProperties": each });
        }
        let properties: Map<String, Value> =
            self.names.iter().map(|name| ((*name).to_owned(), each.clone())).collect();
        json!({ "type": "object", "properties": properties, "additionalProperties": false })
    }
}

/// A list of values of one shape.
pub(super) struct Items<'a>(
    /// Shape of each.
    pub(super) &'a dyn Shape,
    /// How many, where that is fixed.
    pub(super) Option<usize>,
);

impl Shape for Items<'_> {
    fn words(&self) -> String {
        match self.1 {
            Some(count) => format!("list of {count}: {}", self.0.words()),
            None => format!("list of {}", self.0.words()),
        }
    }
    fn schema(&self, definitions: &mut Definitions) -> Value {
        let mut list = json!({ "type": "array", "items": self.0.schema(definitions) });
        if let Some(count) = self.1 {
            list["minItems"] = count.into();
            list["maxItems"] = count.into();
        }
        list
    }
}

/// A regular expression for a text in capitals or not.
pub(super) fn any_case(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if c.is_ascii_alphabetic() {
            pattern.extend(['[', c.to_ascii_uppercase(), c.to_ascii_lowercase(), ']']);
        } else {
            if !c.is_ascii_alphanumeric() && !matches!(c, ' ' | '_' | '-') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
    }
    pattern
}

/// A whole number with marks between thousands.
pub(super) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}
