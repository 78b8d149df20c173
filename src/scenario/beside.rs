//! Observed values that a resolved scenario names instead of holding them: the column of a file that
//! stands beside it.
//!
//! The file is called after what is in it, so that equal texts are equal models here too. Must not know
//! where it is written.

use std::fmt::Write as _;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::tree::quote;

/// So many values stand in the scenario itself; nobody reads more.
const INLINE: usize = 1000;

/// The column of such a file.
const COLUMN: &str = "value";

/// A file beside a resolved scenario.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Beside {
    /// Its name, made of the SHA-256 of its text.
    pub name: String,
    /// What is in it: a column of a table. A string as it was built: it may have megabytes, and is not copied.
    pub text: Arc<String>,
}

/// A table with the key of a list and these values, or with the file that they stand in.
pub(super) fn list(
    key: &str,
    length: usize,
    values: impl Iterator<Item = String>,
) -> (String, Option<Beside>) {
    if length <= INLINE {
        let values: Vec<String> = values.map(|value| quote(&value)).collect();
        return (format!("{{ {key} = [{}] }}", values.join(", ")), None);
    }
    let mut text = format!("{COLUMN}\n");
    for (at, value) in values.enumerate() {
        // The first says how long they are.
        if at == 0 {
            text.reserve(length * (value.len() + 2));
        }
        text.push_str(&value);
        text.push('\n');
    }
    let mut name = "values-".to_owned();
    for byte in &Sha256::digest(text.as_bytes())[..8] {
        // A string takes whatever is written to it.
        let _ = write!(name, "{byte:02x}");
    }
    name.push_str(".csv");
    let shown = format!("{{ file = {}, column = {} }}", quote(&name), quote(COLUMN));
    (shown, Some(Beside { name, text: Arc::new(text) }))
}
