//! CSV tables with the place of every cell.
//!
//! A small reader of its own because a fault has to underline the cell, which the
//! `csv` crate does not locate within its line. RFC 4180: commas, quotes doubled
//! inside quotes, CRLF or LF. A semicolon as separator and a leading `#` line are
//! refused with advice instead of being guessed at.

use crate::diagnostics::{Diagnostic, Span};

/// A cell and its place.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Cell {
    /// The text without quotes and outer blanks.
    pub(super) text: String,
    /// Where it stands.
    pub(super) span: Span,
}

/// Header and rows, all of the header's length.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Rows {
    /// Column names.
    pub(super) header: Vec<Cell>,
    /// Rows.
    pub(super) rows: Vec<Vec<Cell>>,
}

/// Why there is no column.
pub(super) enum NoColumn {
    /// The table has faults.
    Faults(Vec<Diagnostic>),
    /// It has these columns.
    Unknown(Vec<String>),
}

/// The cells of one column of a table: first byte and length of each. Of the others nothing is kept.
pub(super) fn column(text: &str, source: u32, name: &str) -> Result<Vec<(u32, u32)>, NoColumn> {
    let mut places = Vec::new();
    let mut wanted = None;
    let mut keep = |row: &[Cell], header: &[Cell]| {
        if wanted.is_none() {
            wanted = header.iter().position(|cell| cell.text == name);
        }
        if let Some(cell) = wanted.and_then(|at| row.get(at)) {
            places.push((cell.span.start, cell.span.end - cell.span.start));
        }
    };
    let header = each(text, source, &mut keep).map_err(NoColumn::Faults)?;
    if header.iter().any(|cell| cell.text == name) {
        places.shrink_to_fit();
        return Ok(places);
    }
    Err(NoColumn::Unknown(header.into_iter().map(|cell| cell.text).collect()))
}

/// Reads a whole table.
///
/// # Errors
/// The first faults found, at most ten: no header, a row of another length, an open quote.
pub(super) fn read(text: &str, source: u32) -> Result<Rows, Vec<Diagnostic>> {
    let mut rows = Vec::new();
    let header = each(text, source, &mut |row: &[Cell], _: &[Cell]| rows.push(row.to_vec()))?;
    Ok(Rows { header, rows })
}

/// Gives each row to `row`, with the header, which it returns.
fn each(
    text: &str,
    source: u32,
    row: &mut dyn FnMut(&[Cell], &[Cell]),
) -> Result<Vec<Cell>, Vec<Diagnostic>> {
    const MOST: usize = 10;
    let mut header: Option<Vec<Cell>> = None;
    let mut faults = Vec::new();
    let mut at = usize::from(text.starts_with('\u{feff}')) * 3;
    while at < text.len() && faults.len() < MOST {
        let cells = match record(text, source, at) {
            Ok((cells, next)) => {
                at = next;
                cells
            }
            Err(fault) => {
                faults.push(fault);
                break;
            }
        };
        if cells.len() == 1 && cells[0].text.is_empty() {
            continue;
        }
        let Some(header) = &header else {
            header_faults(&cells, &mut faults);
            if faults.iter().any(|fault| fault.code == "table-separator") {
                return Err(faults);
            }
            header = Some(cells);
            continue;
        };
        if cells.len() == header.len() {
            row(&cells, header);
            continue;
        }
        let first = cells.first().map_or(Span::default(), |cell| cell.span);
        let last = cells.last().map_or(first, |cell| cell.span);
        faults.push(
            Diagnostic::error(
                "row-length",
                format!("the header has {} columns, this row {}", header.len(), cells.len()),
            )
            .at(Span { end: last.end, ..first }, "expected one cell a column")
            .help("leave a cell empty for a default; quote a cell that holds a comma"),
        );
    }
    match header {
        Some(header) if faults.is_empty() => Ok(header),
        None if faults.is_empty() => Err(vec![
            Diagnostic::error("empty-table", "the table has no header line")
                .at(Span { source, start: 0, end: 0 }, "expected column names")
                .help("the first line holds the keys, separated by commas: name,cas.servers,mailbox.servers"),
        ]),
        _ => Err(faults),
    }
}

fn header_faults(header: &[Cell], faults: &mut Vec<Diagnostic>) {
    if header.len() == 1 && header[0].text.contains(';') {
        faults.push(
            Diagnostic::error("table-separator", "columns are separated by commas")
                .at(header[0].span, "this line has semicolons")
                .help("save the table as CSV with commas"),
        );
    }
    for cell in header.iter().filter(|cell| cell.text.is_empty()) {
        faults.push(
            Diagnostic::error("empty-header", "a column has no name")
                .at(Span { end: cell.span.end.max(cell.span.start + 1), ..cell.span }, "expected a key")
                .help("name the key that the column holds, or take the column and its commas out"),
        );
    }
}

/// One record from byte `at`, and where the next begins.
fn record(text: &str, source: u32, mut at: usize) -> Result<(Vec<Cell>, usize), Diagnostic> {
    let bytes = text.as_bytes();
    let place = |start: usize, end: usize| Span {
        source,
        start: u32::try_from(start).unwrap_or(u32::MAX),
        end: u32::try_from(end).unwrap_or(u32::MAX),
    };
    let mut cells = Vec::new();
    loop {
        let start = at;
        if bytes.get(at) == Some(&b'"') {
            let mut cell = String::new();
            at += 1;
            loop {
                let Some(close) = text[at..].find('"') else {
                    return Err(Diagnostic::error("open-quote", "a quote is never closed")
                        .at(place(start, start + 1), "opened here"));
                };
                cell.push_str(&text[at..at + close]);
                at += close + 1;
                if bytes.get(at) != Some(&b'"') {
                    break;
                }
                cell.push('"');
                at += 1;
            }
            cells.push(Cell { text: cell.trim().to_owned(), span: place(start, at) });
            // Anything between the closing quote and the separator but blanks is a fault.
            let rest = text[at..].find([',', '\n']).map_or(text.len(), |n| at + n);
            if !text[at..rest].trim().is_empty() {
                return Err(Diagnostic::error("open-quote", "text follows a closing quote")
                    .at(place(at, rest), "expected a comma or the end of the line"));
            }
            at = rest;
        } else {
            let end = text[at..].find([',', '\n']).map_or(text.len(), |n| at + n);
            let raw = &text[at..end];
            let lead = raw.len() - raw.trim_start().len();
            let body = raw.trim();
            cells.push(Cell { text: body.to_owned(), span: place(at + lead, at + lead + body.len()) });
            at = end;
        }
        match bytes.get(at) {
            Some(b',') => at += 1,
            Some(_) => return Ok((cells, at + 1)),
            None => return Ok((cells, at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_know_their_place() {
        let text = "name,cas.servers\r\n\"Bos\"\"ton\", 3 \n\nx,\n";
        let rows = read(text, 0).expect("a table");
        assert_eq!(rows.header[1].text, "cas.servers");
        assert_eq!(rows.rows[0][0].text, "Bos\"ton");
        assert_eq!(&text[rows.rows[0][1].span.start as usize..rows.rows[0][1].span.end as usize], "3");
        assert_eq!(rows.rows[1][1].text, "");
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(read("", 0).expect_err("empty")[0].code, "empty-table");
        assert_eq!(read("a;b\n1;2\n", 0).expect_err("semicolons")[0].code, "table-separator");
        assert_eq!(read("a,b\n1\n", 0).expect_err("short")[0].code, "row-length");
        assert_eq!(read("a,,b\n1,2,3\n", 0).expect_err("nameless")[0].code, "empty-header");
        assert_eq!(read("a,b\n\"1,2\n", 0).expect_err("open")[0].code, "open-quote");
    }
}
