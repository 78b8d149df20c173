//! A comparison for people: on the terminal, and as Markdown to paste.

use std::io::{self, Write};

use super::words::{Unit, change, goals, metric, subject};
use super::{cost, in_order, request};
use crate::output::terminal::lists::wrapped;
use crate::output::words::{columns, count, percent, shorten_name, thousands, three_figures};
use crate::results::compared::{Affected, Against, ComparedRow, Comparison, FindingChange, Said};

/// Rows of the table; comparison.csv has all.
const ROWS: usize = 15;
/// Settings and ways that are told one by one.
const FEW: usize = 8;

/// Writes what a comparison says to a terminal of so many columns.
///
/// # Errors
/// When `out` cannot be written.
pub fn summary(out: &mut dyn Write, comparison: &Comparison, width: usize) -> io::Result<()> {
    let mut text: Vec<u8> = Vec::new();
    head(&mut text, comparison)?;
    in_order::summary(&mut text, comparison)?;
    if let Some(last) = comparison.others.last().filter(|_| comparison.in_order.is_some()) {
        cost::summary(&mut text, last)?;
    }
    // Of a migration each step has a line; all of it is in the tables.
    for against in comparison.others.iter().filter(|_| comparison.in_order.is_none()) {
        writeln!(text)?;
        one(&mut text, comparison, against, width)?;
    }
    out.write_all(wrapped(&String::from_utf8_lossy(&text), width).as_bytes())
}

fn head(out: &mut dyn Write, comparison: &Comparison) -> io::Result<()> {
    writeln!(out, "Base:  {} ({})", comparison.base.name, goals(&comparison.base))?;
    let runs = match comparison.paired {
        true => format!("{} of runs that saw the same draws", count(comparison.pairs as usize, "pair")),
        false => format!("{} a side, not paired (Welch)", count(comparison.pairs as usize, "run")),
    };
    writeln!(
        out,
        "{runs}; intervals at 95 %; differences below {} of the base are nothing",
        percent(comparison.floor)
    )?;
    if comparison.looks.len() > 1 {
        let looks: Vec<String> = comparison.looks.iter().map(u32::to_string).collect();
        writeln!(out, "Looked at {} pairs; the 5 % of error are shared among these looks", looks.join(", "))?;
    }
    Ok(())
}

fn one(out: &mut dyn Write, comparison: &Comparison, against: &Against, width: usize) -> io::Result<()> {
    writeln!(out, "Other: {} ({})", against.other.name, goals(&against.other))?;
    cost::summary(out, against)?;
    settings(out, against, width)?;
    ways(out, against)?;
    request::summary(out, against, width)?;
    findings(out, against)?;
    for (alone, whose) in [(&against.base_alone, "base"), (&against.other_alone, "other")] {
        for (population, mailboxes) in alone {
            writeln!(out, "Only in the {whose}: {population}, {} mailboxes", thousands(*mailboxes))?;
        }
    }
    verdicts(out, against)?;
    table(out, against, width)?;
    closing(out, comparison, against)
}

fn settings(out: &mut dyn Write, against: &Against, width: usize) -> io::Result<()> {
    if against.keys.is_empty() {
        return writeln!(out, "Every setting is the same.");
    }
    writeln!(out, "{}:", differ(against.keys.len()))?;
    for key in against.keys.iter().take(FEW) {
        let told = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let line = format!("  {}: {} -> {}", key.path, told(&key.base), told(&key.other));
        writeln!(out, "{}", crate::output::words::shorten(&line, width))?;
    }
    if let Some(more) = against.keys.len().checked_sub(FEW).filter(|more| *more > 0) {
        writeln!(out, "  and {more} more in settings.csv")?;
    }
    Ok(())
}

fn differ(settings: usize) -> String {
    match settings {
        1 => "1 setting differs".to_owned(),
        n => format!("{n} settings differ"),
    }
}

/// What users notice of a change of their way, in a sentence.
#[must_use]
pub fn notices(of: &Affected) -> String {
    let clients = thousands((of.clients + 0.5) as u64);
    let way = match of.old == of.new {
        true => of.old.token().to_owned(),
        false => format!("{} \u{2192} {}", of.old.token(), of.new.token()),
    };
    format!("{}, {}: {way}: {clients} clients{}", of.protocol.title(), of.population, what_to_do(of))
}

/// What they have to do, behind their number; nothing where that is nothing.
#[must_use]
pub fn what_to_do(of: &Affected) -> String {
    let mut then = Vec::new();
    if of.second_logon {
        then.push("log on a second time".to_owned());
    }
    if let Some(name) = &of.retype {
        let verb = if of.provision { "have to be provisioned anew with" } else { "have to use" };
        then.push(format!("{verb} {name}"));
    }
    if then.is_empty() { String::new() } else { format!(" {}", then.join(" and ")) }
}

fn ways(out: &mut dyn Write, against: &Against) -> io::Result<()> {
    if against.affected.is_empty() {
        return writeln!(out, "Nobody is served in another way.");
    }
    writeln!(out, "Served in another way:")?;
    for of in against.affected.iter().take(FEW) {
        writeln!(out, "  {}", notices(of))?;
    }
    if let Some(more) = against.affected.len().checked_sub(FEW).filter(|more| *more > 0) {
        writeln!(out, "  and {more} more in affected.csv")?;
    }
    Ok(())
}

/// A finding in a line.
fn finding(of: &FindingChange) -> String {
    format!("{} {}: {}", of.severity, of.lint, of.message)
}

fn findings(out: &mut dyn Write, against: &Against) -> io::Result<()> {
    for (new, head) in [(true, "New findings of check"), (false, "Findings of check that are gone")] {
        let all: Vec<&FindingChange> = against.findings.iter().filter(|of| of.new == new).collect();
        if all.is_empty() {
            writeln!(out, "{head}: none")?;
            continue;
        }
        writeln!(out, "{head}:")?;
        for of in all.iter().take(FEW) {
            writeln!(out, "  {}", finding(of))?;
        }
        if let Some(more) = all.len().checked_sub(FEW).filter(|more| *more > 0) {
            writeln!(out, "  and {more} more in findings.csv")?;
        }
    }
    Ok(())
}

fn verdicts(out: &mut dyn Write, against: &Against) -> io::Result<()> {
    let told = |wanted: fn(&ComparedRow) -> bool| {
        let rows: Vec<String> = against.rows.iter().filter(|row| wanted(row)).map(what).collect();
        match rows.is_empty() {
            true => "none".to_owned(),
            false => rows.join("; "),
        }
    };
    if against.rows.iter().any(|row| row.goal.is_some()) {
        writeln!(out, "Newly missed: {}", told(ComparedRow::newly_missed))?;
        writeln!(out, "Newly met: {}", told(ComparedRow::newly_met))?;
    }
    Ok(())
}

/// What a row is about, with its metric.
fn what(row: &ComparedRow) -> String {
    format!("{} {}", subject(&row.about), metric(row))
}

/// Columns of the table.
const HEADS: [&str; 6] = ["metric", "base", "other", "difference", "ratio", "word"];

fn cells(row: &ComparedRow) -> [String; 6] {
    let unit = Unit::of(row);
    let told = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| unit.words(value));
    let difference = match (&row.difference, row.half_width) {
        (Some(difference), Some(half)) => {
            let sign = if difference.estimate > 0.0 { "+" } else { "" };
            format!("{sign}{} \u{b1} {}", unit.words(difference.estimate), unit.words(half))
        }
        _ => "-".to_owned(),
    };
    let ratio = row.ratio.map_or_else(
        || "-".to_owned(),
        |(ratio, _)| match ratio {
            ratio if ratio >= 999.5 => format!("x{}", thousands(ratio.round() as u64)),
            ratio => format!("x{}", three_figures(ratio)),
        },
    );
    let mut word = if row.rough { "rough" } else { row.said.words() }.to_owned();
    if let Some((before, now)) = row.goal.and_then(|goal| goal.base.zip(goal.other)).filter(|(a, b)| a != b) {
        word = format!("{word}, {} -> {}", before.token(), now.token());
    }
    let late = if row.by_late_share { ", late" } else { "" };
    [format!("{}{late}", metric(row)), told(row.base), told(row.other), difference, ratio, word]
}

/// The rows that are shown: of those with something to say, the first.
fn shown(against: &Against) -> Vec<&ComparedRow> {
    let silent = |row: &&ComparedRow| matches!(row.said, Said::Same | Said::NotShown) && row.goal.is_none();
    against.rows.iter().filter(|row| !silent(row)).take(ROWS).collect()
}

/// What is shown, under whom it is about, in the order of the first of each.
fn grouped(against: &Against) -> Vec<(String, Vec<[String; 6]>)> {
    let mut groups: Vec<(String, Vec<[String; 6]>)> = Vec::new();
    for row in shown(against) {
        let subject = subject(&row.about);
        match groups.iter_mut().find(|(of, _)| *of == subject) {
            Some((_, rows)) => rows.push(cells(row)),
            None => groups.push((subject, vec![cells(row)])),
        }
    }
    groups
}

fn table(out: &mut dyn Write, against: &Against, width: usize) -> io::Result<()> {
    let groups = grouped(against);
    if groups.is_empty() {
        return Ok(());
    }
    let mut widths = HEADS.map(columns);
    for row in groups.iter().flat_map(|(_, rows)| rows) {
        widths.iter_mut().zip(row).for_each(|(wide, cell)| *wide = (*wide).max(columns(cell)));
    }
    writeln!(out)?;
    let line = |out: &mut dyn Write, cells: [&str; 6]| {
        let mut text = String::new();
        for (at, cell) in cells.iter().enumerate() {
            let gap = " ".repeat(widths[at] - columns(cell));
            text += &if at == 0 || at == 5 { format!("  {cell}{gap}") } else { format!("  {gap}{cell}") };
        }
        writeln!(out, "{}", text.trim_end())
    };
    line(out, HEADS)?;
    for (subject, rows) in &groups {
        writeln!(out, "{}", shorten_name(subject, width))?;
        rows.iter().try_for_each(|row| line(out, std::array::from_fn(|at| row[at].as_str())))?;
    }
    Ok(())
}

fn closing(out: &mut dyn Write, comparison: &Comparison, against: &Against) -> io::Result<()> {
    let (shown, all) = (shown(against).len(), against.rows.len());
    let of = |said| against.count(said);
    let neither = [(Said::Higher, "higher"), (Said::Lower, "lower")].map(|(said, word)| match of(said) {
        0 => String::new(),
        n => format!("{n} {word}, "),
    });
    writeln!(
        out,
        "\n{}, {} of them above: {} better, {} worse, {}{} the same, {} with no difference shown, {} with too few replications",
        count(all, "row"),
        shown,
        of(Said::Better),
        of(Said::Worse),
        neither.concat(),
        of(Said::Same),
        of(Said::NotShown),
        of(Said::TooFew)
    )?;
    if let Some(ratio) = against.variance_ratio().filter(|_| comparison.paired) {
        let harmed = match against.harmed() {
            0 => String::new(),
            n => format!("; it harmed {n} rows"),
        };
        writeln!(
            out,
            "Pairing: differences vary {} times less than between independent runs (median){harmed}",
            three_figures(ratio)
        )?;
    }
    if let Some(asked) = comparison.precision.filter(|_| comparison.open > 0) {
        writeln!(
            out,
            "Open: {} neither shown nor known to {} after {} pairs",
            count(comparison.open, "row"),
            percent(asked),
            comparison.pairs
        )?;
    }
    Ok(())
}

/// Writes the comparison as Markdown.
///
/// # Errors
/// When `out` cannot be written.
pub fn markdown(out: &mut dyn Write, comparison: &Comparison) -> io::Result<()> {
    let safe: fn(&str) -> String = |text| text.replace('|', "\\|");
    writeln!(out, "# {} compared\n", safe(&comparison.base.name))?;
    writeln!(
        out,
        "Base: {}, {}. {} pairs of runs.",
        safe(&comparison.base.name),
        goals(&comparison.base),
        comparison.pairs
    )?;
    in_order::markdown(out, comparison)?;
    for (place, against) in comparison.others.iter().enumerate() {
        writeln!(out, "\n## {}\n\n{}.\n", safe(&against.other.name), goals(&against.other))?;
        cost::markdown(out, against, safe)?;
        for of in &against.affected {
            writeln!(out, "- {}", safe(&notices(of)))?;
        }
        if !against.affected.is_empty() {
            writeln!(out)?;
        }
        for of in &against.findings {
            writeln!(out, "- {}: {} ({})", change(of.new), safe(&finding(of)), safe(&of.path))?;
        }
        if !against.findings.is_empty() {
            writeln!(out)?;
        }
        writeln!(out, "| who or what | {} |\n|{}", HEADS.join(" | "), "---|".repeat(1 + HEADS.len()))?;
        for row in shown(against) {
            let cells = cells(row).map(|cell| safe(&cell)).join(" | ");
            writeln!(out, "| {} | {cells} |", safe(&subject(&row.about)))?;
        }
        writeln!(out, "\n| setting | base | other |\n|---|---|---|")?;
        for key in &against.keys {
            let told = |value: &Option<String>| safe(value.as_deref().unwrap_or(""));
            writeln!(out, "| `{}` | {} | {} |", safe(&key.path), told(&key.base), told(&key.other))?;
        }
        request::markdown(out, comparison, place)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample::decided::comparisons;

    /// Every row has one of the words that are counted.
    #[test]
    fn the_words_of_the_rows_add_up_to_the_rows() {
        let (_, mut comparison) = comparisons().remove(0);
        let against = &mut comparison.others[0];
        against.rows[0].said = Said::Higher;
        let rows = against.rows.len();
        let mut out = Vec::new();
        closing(&mut out, &comparison, &comparison.others[0]).unwrap();
        let text = String::from_utf8(out).unwrap();
        let counts = text.lines().nth(1).and_then(|line| line.split_once(": ")).unwrap().1;
        let counts = counts.split(", ").map(|part| part.split(' ').next().unwrap().parse::<usize>().unwrap());
        assert_eq!(counts.sum::<usize>(), rows, "{text}");
        assert!(text.contains("1 higher, "), "{text}");
    }
}
