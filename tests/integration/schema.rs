//! The schema that editors are given says what the reader does: whole scenarios fit it,
//! and a key that the reader does not know does not.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn scenarios(folder: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(scenarios(&path.display().to_string()));
        } else if path.extension().is_some_and(|e| e == "toml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Why a value does not fit a schema: the words of draft 2020-12 that casim's schema has
/// need no more than this; any other word is a fault of the test. (The crate jsonschema
/// takes 140 s of processor time to compile, a quarter of all the tests.)
struct Validator {
    root: Value,
}

impl Validator {
    fn new() -> Self {
        Self { root: casim::scenario::schema() }
    }

    fn faults(&self, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.check(&self.root, value, "", &mut found);
        found
    }

    fn fits(&self, schema: &Value, value: &Value) -> bool {
        let mut found = Vec::new();
        self.check(schema, value, "", &mut found);
        found.is_empty()
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        let words = match schema {
            Value::Bool(fits) => {
                found.extend((!fits).then(|| format!("{at}: nothing fits")));
                return;
            }
            schema => schema.as_object().expect("a schema is an object or a truth"),
        };
        for (word, wanted) in words {
            let fits = match word.as_str() {
                "$schema" | "$defs" | "title" | "description" | "default" | "then" => true,
                "additionalProperties" | "patternProperties" => true,
                "$ref" => {
                    let target = self.root.pointer(wanted.as_str().unwrap().trim_start_matches('#'));
                    self.check(target.expect("a definition"), value, at, found);
                    true
                }
                "anyOf" => wanted.as_array().unwrap().iter().any(|way| self.fits(way, value)),
                "not" => !self.fits(wanted, value),
                "if" => {
                    if self.fits(wanted, value) {
                        self.check(&schema["then"], value, at, found);
                    }
                    true
                }
                "enum" => wanted.as_array().unwrap().contains(value),
                "const" => wanted == value,
                "type" => is(value, wanted.as_str().unwrap()),
                "pattern" => value.as_str().is_none_or(|text| matches(wanted.as_str().unwrap(), text)),
                "minLength" => {
                    value.as_str().is_none_or(|t| t.chars().count() as u64 >= wanted.as_u64().unwrap())
                }
                "maxLength" => {
                    value.as_str().is_none_or(|t| t.chars().count() as u64 <= wanted.as_u64().unwrap())
                }
                "minimum" => value.as_f64().is_none_or(|x| x >= wanted.as_f64().unwrap()),
                "maximum" => value.as_f64().is_none_or(|x| x <= wanted.as_f64().unwrap()),
                "exclusiveMinimum" => value.as_f64().is_none_or(|x| x > wanted.as_f64().unwrap()),
                "minItems" => value.as_array().is_none_or(|a| a.len() as u64 >= wanted.as_u64().unwrap()),
                "maxItems" => value.as_array().is_none_or(|a| a.len() as u64 <= wanted.as_u64().unwrap()),
                "minProperties" => {
                    value.as_object().is_none_or(|o| o.len() as u64 >= wanted.as_u64().unwrap())
                }
                "maxProperties" => {
                    value.as_object().is_none_or(|o| o.len() as u64 <= wanted.as_u64().unwrap())
                }
                "required" => value.as_object().is_none_or(|object| {
                    wanted.as_array().unwrap().iter().all(|key| object.contains_key(key.as_str().unwrap()))
                }),
                "items" => {
                    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{at}/{number}"), found);
                    }
                    true
                }
                "propertyNames" => value.as_object().is_none_or(|object| {
                    object.keys().all(|key| self.fits(wanted, &Value::from(key.as_str())))
                }),
                "properties" => {
                    self.properties(schema, value, at, found);
                    true
                }
                other => panic!("{at}: the test does not know `{other}`"),
            };
            if !fits {
                found.push(format!("{at}: {word} {wanted}"));
            }
        }
    }

    fn properties(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        for (key, inner) in value.as_object().into_iter().flatten() {
            let at = format!("{at}/{key}");
            let mut ways: Vec<&Value> = schema["properties"].get(key).into_iter().collect();
            for (pattern, way) in schema["patternProperties"].as_object().into_iter().flatten() {
                ways.extend(matches(pattern, key).then_some(way));
            }
            if ways.is_empty() {
                ways.extend(schema.get("additionalProperties"));
            }
            for way in ways {
                self.check(way, inner, &at, found);
            }
        }
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    regex_lite::Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}")).is_match(text)
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("no type is called {other}"),
    }
}

#[test]
fn the_schema_is_of_the_dialect_that_it_names() {
    let schema = casim::scenario::schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn every_scenario_fits_the_schema() {
    let validator = Validator::new();
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in
        ["scenarios", "tests/scenarios", "tests/lints", "src/scenario"].into_iter().flat_map(scenarios)
    {
        count += 1;
        let faults = validator.faults(&json(&path));
        wrong.extend(faults.iter().take(3).map(|fault| format!("{}: {fault}", path.display())));
    }
    assert!(count > 90, "{count} scenarios");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where a case of `tests/ui` has a key that the reader does not know, in the scenario
/// itself, the schema refuses it too.
#[test]
fn no_unknown_key_fits_the_schema() {
    let validator = Validator::new();
    let mut count = 0;
    for case in fs::read_dir("tests/ui").unwrap().map(|entry| entry.unwrap().path()) {
        let said = fs::read_to_string(case.join("stderr")).unwrap();
        let faults: Vec<&str> = said.split("error[").skip(1).collect();
        let here = |fault: &&&str| fault.starts_with("unknown-key]") && fault.contains("scenario.toml:");
        if faults.iter().any(|fault| here(&fault)) {
            count += 1;
            assert!(
                !validator.faults(&json(&case.join("scenario.toml"))).is_empty(),
                "{} fits",
                case.display()
            );
        }
    }
    assert!(count >= 5, "{count} cases");
}
