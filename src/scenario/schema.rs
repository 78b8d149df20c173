//! The JSON Schema of a scenario file, for editors.
//!
//! Made of what the reader itself asks for: scenarios that use every table are read with
//! a [`Keys`] standing by. An editor that knows the schema completes keys, shows what
//! they mean and marks those that casim would refuse; names of other elements, ranges of
//! quantities and what contradicts itself are left to casim.

use serde_json::{Map, Value, json};

use super::fields::join;
use super::keys::{Entry, Keys};
use super::official;
use super::shape::{Definitions, any_case};
use super::tree::{self, NAMED};

/// The dialect.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of what was recorded.
pub(super) fn schema(mut keys: Keys) -> Value {
    let definitions = std::mem::take(&mut keys.definitions);
    let mut root = json!({
        "$schema": DIALECT,
        "title": "casim scenario",
        "description": "An Exchange organisation, its users, and how to run it. What every key means stands in docs/scenario.md.",
    });
    let object = object(&keys, "", false);
    if let (Value::Object(root), Value::Object(object)) = (&mut root, object) {
        root.extend(object);
        // What a base states need not be stated again.
        root.insert("if".to_owned(), json!({ "not": { "required": ["base"] } }));
        root.insert("then".to_owned(), needs(&keys, ""));
        let mut definitions = Definitions::into_map(definitions);
        definitions.insert("range".to_owned(), range());
        root.insert("$defs".to_owned(), Value::Object(definitions));
    }
    root
}

/// A table at a generic path; one that is `whole` is never laid over another.
fn object(keys: &Keys, path: &str, whole: bool) -> Value {
    let mut properties = Map::new();
    let mut schema = json!({ "type": "object" });
    let Some(table) = keys.tables.get(path) else { return schema };
    for entry in &table.keys {
        let described = described(keys, path, entry, whole || table.choice);
        if entry.names.is_empty() {
            properties.insert(entry.key.clone(), described);
        } else {
            properties.extend(entry.names.iter().map(|name| ((*name).to_owned(), described.clone())));
        }
    }
    let array = path.strip_suffix(".*").map(|path| path.rsplit('.').next().unwrap_or(path));
    let named = array.is_some_and(|array| NAMED.contains(&array));
    if named {
        let meaning = "takes the element of the scenario that this one starts from away";
        properties.insert("remove".to_owned(), json!({ "type": "boolean", "description": meaning }));
    }
    let official = official_names(keys, path);
    if !official.is_empty() {
        schema["patternProperties"] = Value::Object(official);
    }
    if table.choice {
        schema["minProperties"] = 1.into();
        schema["maxProperties"] = 1.into();
    }
    let needed: Vec<&str> = table
        .keys
        .iter()
        .filter(|entry| entry.needed(table.readings) && (whole || (named && entry.key == "name")))
        .map(|entry| entry.key.as_str())
        .collect();
    if !needed.is_empty() {
        schema["required"] = json!(needed);
    }
    schema["properties"] = Value::Object(properties);
    schema["additionalProperties"] = false.into();
    schema
}

/// One key: what it may be and what it means.
fn described(keys: &Keys, path: &str, entry: &Entry, whole: bool) -> Value {
    let inner = join(path, if entry.names.is_empty() { &entry.key } else { "*" });
    let mut ways = Vec::new();
    ways.extend(entry.value.as_ref().map(|(_, schema)| schema.clone()));
    if entry.value.as_ref().is_some_and(|(_, schema)| is_number(schema)) {
        // Any number may stand with the range in which it may lie.
        ways.push(json!({ "$ref": "#/$defs/range" }));
    }
    if entry.table {
        ways.push(object(keys, &inner, whole));
    }
    if entry.elements {
        let each = join(&inner, "*");
        let each = if keys.tables.contains_key(&each) { each } else { inner };
        ways.push(json!({ "type": "array", "items": object(keys, &each, whole) }));
    }
    let mut schema = if ways.len() == 1 { ways.remove(0) } else { json!({ "anyOf": ways }) };
    let mut meaning = entry.meaning.to_owned();
    if let [default] = entry.defaults.as_slice() {
        meaning.push_str(&format!(". Default: {default} ({})", entry.source));
        if let Some(value) = value(default) {
            schema["default"] = value;
        }
    } else if !entry.defaults.is_empty() {
        meaning.push_str(&format!(". Default: {}", entry.source));
    }
    schema["description"] = meaning.into();
    schema
}

/// Whether a value is a number, or a quantity with its unit.
fn is_number(schema: &Value) -> bool {
    let words = ["any", "all", "one"].map(|of| format!("{of}Of"));
    let ways = words.iter().filter_map(|of| schema[of.as_str()].as_array()).flatten();
    let of = schema["$ref"].as_str().and_then(|of| of.strip_prefix("#/$defs/"));
    let quantity = of.is_some_and(|of| {
        crate::quantity::Dimension::ALL.iter().any(|one| one.word().replace(' ', "_") == of)
    });
    matches!(schema["type"].as_str(), Some("integer" | "number"))
        || quantity
        || ways.into_iter().any(is_number)
}

/// A value with the range in which it may lie.
fn range() -> Value {
    let end = json!({ "type": ["number", "string"] });
    json!({
        "type": "object",
        "properties": { "value": end, "from": end, "to": end },
        "required": ["value"],
        "minProperties": 2,
        "additionalProperties": false,
        "description": "A number with the range in which it may lie; casim sensitivity moves it over that.",
    })
}

/// The official names that a table may hold. Their case does not matter, as long as one
/// letter is a capital.
fn official_names(keys: &Keys, path: &str) -> Map<String, Value> {
    let mut patterns = Map::new();
    for (official, target) in official::in_table(path) {
        let Some((table, key)) = target.rsplit_once('.') else { continue };
        let known = keys.tables.get(table).and_then(|table| table.keys.iter().find(|known| known.key == key));
        let Some(entry) = known else { continue };
        let Some((_, schema)) = &entry.value else { continue };
        let mut schema = schema.clone();
        schema["description"] = format!("Official name of `{key}` of `{}`", table.replace(".*", "")).into();
        patterns.insert(format!("^{}$", any_case(official)), schema);
        patterns.insert(format!("^{}$", official.to_ascii_lowercase()), false.into());
    }
    patterns
}

/// What tables need that start from no other scenario.
fn needs(keys: &Keys, path: &str) -> Value {
    let Some(table) = keys.tables.get(path) else { return json!({}) };
    let needed: Vec<&str> =
        table.keys.iter().filter(|e| e.needed(table.readings)).map(|entry| entry.key.as_str()).collect();
    let mut inside = Map::new();
    for entry in table.keys.iter().filter(|entry| entry.names.is_empty() && entry.value.is_none()) {
        let path = join(path, &entry.key);
        let of = if entry.elements { needs(keys, &join(&path, "*")) } else { needs(keys, &path) };
        if of != json!({}) {
            let of = if entry.elements { json!({ "items": of }) } else { of };
            inside.insert(entry.key.clone(), of);
        }
    }
    let mut schema = json!({});
    if !needed.is_empty() {
        schema["required"] = json!(needed);
    }
    if !inside.is_empty() {
        schema["properties"] = Value::Object(inside);
    }
    schema
}

/// A default as JSON.
fn value(shown: &str) -> Option<Value> {
    let node = super::reader::inline_value(shown, crate::diagnostics::Span::default()).ok()?;
    json_of(&node)
}

fn json_of(node: &tree::Node) -> Option<Value> {
    Some(match &node.value {
        tree::Value::Text(text) | tree::Value::Cell(text) => text.clone().into(),
        tree::Value::Integer(n) => i64::try_from(*n).ok()?.into(),
        tree::Value::Float(x) => (*x).into(),
        tree::Value::Flag(flag) => (*flag).into(),
        tree::Value::List(items) => Value::Array(items.iter().map(json_of).collect::<Option<_>>()?),
        tree::Value::Table(table) => {
            let entries = table.entries.iter().map(|entry| Some((entry.key.clone(), json_of(&entry.node)?)));
            Value::Object(entries.collect::<Option<_>>()?)
        }
        tree::Value::Column(_) | tree::Value::Bad => return None,
    })
}
