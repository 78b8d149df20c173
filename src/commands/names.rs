//! `casim names`: what has to be published, and who needs it.
//!
//! Asks [`crate::check::names`] and writes rows; decides nothing itself.

use std::io::Write;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::error::Error;
use super::form::{self, Form, Printed};
use super::load::load;
use crate::check::names::{Row, names};
use crate::output::{Inputs, NewFile};
use crate::scenario::Override;

/// Arguments of `casim names`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Columns:\n  \
    kind         dns_internet, dns_inside, dns_srv, certificate or port\n  \
    name         host name of a record or certificate\n  \
    from         where a connection begins: Internet, a site's clients, or servers\n  \
    to           site of a record, servers with the certificate, or where a connection ends\n  \
    port         TCP port; 135 stands for RPC with its dynamic ports\n  \
    protocols    protocols that need it, joined by semicolons\n  \
    populations  populations that need it, joined by semicolons\n  \
    order        1: needed while nothing has failed; 2 and more: after a fail-over of the name or the databases\n  \
    remark       what to know when it is built\n\
    Ways that the access rules refuse need nothing: see casim check. Without --format: CSV.")]
pub struct Args {
    /// Scenario file.
    scenario: PathBuf,
    /// File to write [default: stdout].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace an existing file.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(super) printed: Printed,
    /// Lay a value on the scenario, as in `run`.
    #[arg(long, value_name = "PATH=VALUE", value_parser = Override::parse)]
    set: Vec<Override>,
}

pub(super) fn exec(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    let scenario = load(&args.scenario, &args.set, err)?;
    let file = args.output.as_ref();
    let file = file.map(|path| NewFile::at(path, args.force, &Inputs::of(scenario.files()))).transpose()?;
    let rows = names(&scenario);
    let mut text = Vec::new();
    match args.printed.asked().unwrap_or(Form::Csv) {
        Form::Json => writeln!(text, "{:#}", as_json(&rows))?,
        form => form::rows(form, &Row::COLUMNS, rows.iter().map(Row::cells), &mut text)?,
    }
    let Some(file) = file else { return Ok(out.write_all(&text)?) };
    file.save(&text)?;
    let _ = writeln!(err, "{} rows in {}", rows.len(), file.path().display());
    Ok(())
}

fn as_json(rows: &[Row]) -> Value {
    let list = |text: &str| {
        Value::from(text.split(';').filter(|part| !part.is_empty()).map(Value::from).collect::<Vec<_>>())
    };
    let all: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut object = Map::new();
            for (column, cell) in Row::COLUMNS.iter().zip(row.cells()) {
                let value = match *column {
                    "order" => Value::from(row.order),
                    "protocols" | "populations" => list(&cell),
                    "port" => cell.parse::<u16>().map_or(Value::Null, Value::from),
                    _ if cell.is_empty() => Value::Null,
                    _ => Value::from(cell),
                };
                object.insert((*column).to_owned(), value);
            }
            Value::from(object)
        })
        .collect();
    form::document(json!({ "rows": all }))
}
