//! Elements of lists of tables in a resolved scenario.

/// What an element of a list of tables is addressed by.
pub(super) fn element(item: &toml::Value) -> Option<String> {
    let table = item.as_table()?;
    if let Some(name) = table.get("name").and_then(toml::Value::as_str) {
        return Some(name.to_owned());
    }
    let ends: Option<Vec<&str>> = table.get("between")?.as_array()?.iter().map(toml::Value::as_str).collect();
    Some(ends?.join("-"))
}
