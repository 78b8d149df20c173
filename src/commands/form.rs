//! In which form a command prints its data, the same for all of them.
//!
//! Every JSON document begins with [`FORMAT`]. Within one number keys and columns are only
//! added, at the end; whoever changes or takes one away raises it.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::error::Error;
use crate::diagnostics::Diagnostics;
use crate::output::format::safe;

/// Number of the layout of what is printed as JSON, CSV and Markdown.
const FORMAT: u32 = 1;

/// A form of data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Form {
    /// For people.
    Text,
    /// One document; faults of the scenario likewise.
    Json,
    /// A header and rows.
    Csv,
    /// A table to paste.
    Markdown,
}

/// The options that choose it.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Printed {
    /// Form of what is printed.
    #[arg(long = "format", value_enum, value_name = "FORM")]
    form: Option<Form>,
    /// Short for --format json.
    #[arg(long, conflicts_with = "form")]
    json: bool,
}

impl Printed {
    /// What was asked for, if anything was.
    pub(super) fn asked(self) -> Option<Form> {
        if self.json { Some(Form::Json) } else { self.form }
    }

    /// What was asked for, else for people.
    pub(super) fn form(self) -> Form {
        self.asked().unwrap_or(Form::Text)
    }

    /// The same under `--quiet`, which leaves out what is for people: data that was asked for is printed all
    /// the same.
    pub(super) fn unless(self, quiet: bool) -> Option<Form> {
        Some(self.form()).filter(|form| !quiet || *form != Form::Text)
    }
}

/// The document of `fields`, an object: `format`, then these.
pub(super) fn document(fields: Value) -> Value {
    let mut whole = Map::new();
    whole.insert("format".to_owned(), json!(FORMAT));
    if let Value::Object(fields) = fields {
        whole.extend(fields);
    }
    Value::Object(whole)
}

/// The faults of a scenario as a document.
pub(super) fn faults(found: &Diagnostics) -> Value {
    document(json!({ "faults": found.records() }))
}

/// Rows of text as CSV or Markdown, for people as aligned columns. They are written as they
/// come, but for the last form, which looks at all of them first.
pub(super) fn rows<R: AsRef<[S]>, S: AsRef<str>>(
    form: Form,
    columns: &[&str],
    rows: impl IntoIterator<Item = R>,
    out: &mut dyn Write,
) -> Result<(), Error> {
    match form {
        Form::Csv => {
            let mut table = csv::Writer::from_writer(out);
            table.write_record(columns)?;
            for row in rows {
                table.write_record(row.as_ref().iter().map(|cell| safe(cell.as_ref()).into_owned()))?;
            }
            table.flush()?;
        }
        Form::Markdown => {
            writeln!(out, "| {} |", columns.join(" | "))?;
            writeln!(out, "|{}", "---|".repeat(columns.len()))?;
            for row in rows {
                write!(out, "|")?;
                for cell in row.as_ref() {
                    write!(out, " {} |", cell.as_ref().replace('|', "\\|").replace('\n', " "))?;
                }
                writeln!(out)?;
            }
        }
        Form::Text | Form::Json => {
            let rows: Vec<R> = rows.into_iter().collect();
            let length = |text: &str| text.chars().count();
            let width = |at: usize| {
                let cells = rows.iter().filter_map(|row| row.as_ref().get(at));
                cells.map(|cell| length(cell.as_ref())).max().unwrap_or(0).max(length(columns[at]))
            };
            let widths: Vec<usize> = (0..columns.len()).map(width).collect();
            let mut line = |cells: &mut dyn Iterator<Item = &str>| {
                let cells = cells.zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
                writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())
            };
            line(&mut columns.iter().copied())?;
            for row in &rows {
                line(&mut row.as_ref().iter().map(AsRef::as_ref))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_in_every_form() {
        let all = || vec![vec!["a|b".to_owned(), "=1".to_owned()], vec!["longer".to_owned(), String::new()]];
        let text = |form| {
            let mut out = Vec::new();
            rows(form, &["one", "two"], all(), &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(Form::Csv), "one,two\na|b,'=1\nlonger,\n");
        assert_eq!(text(Form::Markdown), "| one | two |\n|---|---|\n| a\\|b | =1 |\n| longer |  |\n");
        assert_eq!(text(Form::Text), "one     two\na|b     =1\nlonger\n");
        assert_eq!(document(json!({ "x": 1 })).to_string(), "{\"format\":1,\"x\":1}");
    }
}
