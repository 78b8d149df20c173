//! A plan for people: a paragraph that can be signed, then group by group, loss by loss, and what was
//! refused.

use std::io::{self, Write};

use super::words::{
    candidates, case, dearer, difference, measure, name, seen, some, subject, told, total, use_of, whole,
};
use crate::output::terminal::lists::wrapped;
use crate::output::words::{columns, count, percent, shorten, thousands, three_figures};
use crate::results::planned::{Damage, Planned, PlannedCandidate, PlannedGoal, PlannedGroup, PrunedBy};
use crate::stats::verdict::Word;

/// Rows of each table on a terminal; the files have all.
const ROWS: usize = 15;
/// Sites that have a sentence of their own; of more there is one for each year.
const SITES: usize = 5;

/// What is printed on a terminal of this width; several designs one after the other, the cheapest first.
///
/// # Errors
/// Those of `out`.
pub fn summary(out: &mut dyn Write, plans: &[Planned], width: usize) -> io::Result<()> {
    if plans.len() > 1 {
        aligned(out, &ranking(plans), width)?;
    }
    for planned in plans {
        if plans.len() > 1 {
            writeln!(out)?;
        }
        writeln!(out, "{}: {}", planned.scenario, how(planned))?;
        writeln!(out)?;
        let paragraph = sentences(planned).join(" ");
        out.write_all(wrapped(&paragraph, width).replace("\n  ", "\n").as_bytes())?;
        writeln!(out)?;
        for (head, rows) in sections(planned) {
            writeln!(out, "\n{head}")?;
            let shown = &rows[..rows.len().min(ROWS + 1)];
            aligned(out, shown, width)?;
            if rows.len() > shown.len() {
                writeln!(out, "  and {} more in the folder", thousands((rows.len() - shown.len()) as u64))?;
            }
        }
    }
    Ok(())
}

/// The same to paste.
///
/// # Errors
/// Those of `out`.
pub fn markdown(out: &mut dyn Write, plans: &[Planned]) -> io::Result<()> {
    if plans.len() > 1 {
        writeln!(out, "# Designs by cost\n")?;
        piped(out, &ranking(plans))?;
        writeln!(out)?;
    }
    for (at, planned) in plans.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        writeln!(out, "# {}: {}\n", planned.scenario, how(planned))?;
        writeln!(out, "{}", sentences(planned).join(" "))?;
        for (head, rows) in sections(planned) {
            writeln!(out, "\n## {head}\n")?;
            piped(out, &rows)?;
        }
    }
    Ok(())
}

fn piped(out: &mut dyn Write, rows: &[Vec<String>]) -> io::Result<()> {
    for (at, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
        if at == 0 {
            writeln!(out, "|{}", "---|".repeat(row.len()))?;
        }
    }
    Ok(())
}

/// Columns as wide as they need; the last one gives way.
fn aligned(out: &mut dyn Write, rows: &[Vec<String>], width: usize) -> io::Result<()> {
    let many = rows.first().map_or(0, Vec::len);
    let wide = |at: usize| rows.iter().map(|row| columns(&row[at])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..many).map(wide).collect();
    for row in rows {
        let mut line = String::from(" ");
        for (at, cell) in row.iter().enumerate() {
            let last = at + 1 == many;
            let room = if last { width.saturating_sub(columns(&line) + 1).max(20) } else { widths[at] };
            let cell = shorten(cell, room);
            line += " ";
            line += &cell;
            if !last {
                line += &" ".repeat(room - columns(&cell) + 1);
            }
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Several designs by what they cost.
pub(in crate::output) fn ranking(plans: &[Planned]) -> Vec<Vec<String>> {
    let mut rows = head(&["design", "cost", "names", "buy"]);
    rows.extend(plans.iter().map(|planned| {
        let (design, names) = (planned.scenario.clone(), planned.names.0.to_string());
        match (planned.chosen, planned.whole()) {
            (Some(at), Some(cost)) => {
                let cost = total(&cost, planned.currency.as_deref());
                vec![design, cost, names, name(planned, &planned.candidates[at])]
            }
            _ => vec![design, "-".to_owned(), names, "no plan meets every goal".to_owned()],
        }
    }));
    rows
}

/// How the answer was found.
pub(in crate::output) fn how(planned: &Planned) -> String {
    let candidates = candidates(planned);
    let cases = count(planned.cases.len(), "case");
    match planned.law_only {
        true => format!("{candidates}, {cases}, by the utilisation law and limits, without a run"),
        false => format!("{candidates}, {cases}"),
    }
}

/// The answer in sentences: what, for how much, what the next cheaper one breaks.
#[must_use]
pub fn sentences(planned: &Planned) -> Vec<String> {
    let mut said = beyond(planned);
    match planned.chosen {
        Some(at) => said.extend(answer(planned, &planned.candidates[at])),
        None => said.extend(infeasible(planned)),
    }
    let (open, longer) = planned.by_value;
    if open > 0 {
        let goals = count(open, "goal");
        let advice = if longer { "; a longer window would tell" } else { "" };
        said.push(format!("{goals} could not be told apart from the limit and went by value{advice}."));
    }
    said.extend(unjudged(planned));
    said.extend(cut_off(planned));
    said.extend(extended(planned));
    said
}

/// In which year what is owned no longer suffices: site by site, of many at once.
fn extended(planned: &Planned) -> Vec<String> {
    let mut years: Vec<(u32, Vec<String>)> = Vec::new();
    for (site, year) in &planned.extend {
        match years.iter_mut().find(|(known, _)| known == year) {
            Some((_, sites)) => sites.push(site.clone()),
            None => years.push((*year, vec![site.clone()])),
        }
    }
    let told = |(year, sites): (u32, Vec<String>)| {
        let which = match sites.len() {
            0..=SITES => sites.join(", "),
            many => format!("{many} sites ({})", some(sites, ", ")),
        };
        match year {
            0 => format!("What is owned does not suffice even today: {which}."),
            year => format!("What is owned has to be extended in year {year}: {which}."),
        }
    };
    years.into_iter().map(told).collect()
}

/// Goals for which too few requests came, which refuse no plan.
fn unjudged(planned: &Planned) -> Option<String> {
    let goals = planned.confirmed.iter().flat_map(|confirmed| &confirmed.goals);
    let mut which: Vec<String> = Vec::new();
    for goal in goals.filter(|goal| goal.verdict == Word::Unjudged) {
        let told = format!("{} of {}", measure(goal.measure), subject(&goal.about));
        if !which.contains(&told) {
            which.push(told);
        }
    }
    let number = count(which.len(), "goal");
    (!which.is_empty()).then(|| {
        format!("{number} could not be judged, having seen too few requests: {}.", some(which, ", "))
    })
}

/// Who has no way left, which refuses no plan unless that is asked.
pub(in crate::output) fn cut_off(planned: &Planned) -> Option<String> {
    let some = || planned.damages.iter().filter(|damage| damage.users > 0.0);
    let worst = some().max_by(|a, b| a.users.total_cmp(&b.users))?;
    let others = match some().count() {
        1 => String::new(),
        count => format!(" (the worst of {count} losses that leave some without a way)"),
    };
    let (users, struck) = (people(worst.users), case(planned, worst.case));
    Some(format!("Goals are those of whoever still has a way: {struck}, {users} users have none{others}."))
}

/// Goals that no purchase meets, with what mends them.
pub(in crate::output) fn beyond(planned: &Planned) -> Vec<String> {
    let sentence = |of: &crate::results::planned::BeyondPurchase| {
        let cure =
            of.cure.as_ref().map_or_else(String::new, |cure| format!(" {}.", cure.trim_end_matches('.')));
        format!(
            "{}: {} at most {} is beyond any purchase, since the way alone takes {}.{cure}",
            subject(&of.about),
            measure(of.measure),
            told(of.measure, of.goal),
            told(of.measure, of.least),
        )
    };
    planned.beyond.iter().map(sentence).collect()
}

/// In which cases goals hold: `in normal operation and with each of 4 losses, now and in each of 3 years`.
fn everywhere(planned: &Planned) -> String {
    let mut struck: Vec<&str> = planned.cases.iter().filter_map(|case| case.struck.as_deref()).collect();
    struck.sort_unstable();
    struck.dedup();
    let losses = match struck.as_slice() {
        [] => String::new(),
        [one] => format!(" and with {one} lost"),
        many => format!(" and with each of {} losses", many.len()),
    };
    let last = planned.cases.iter().map(|case| case.year).max().unwrap_or(0);
    let years = match last {
        0 => String::new(),
        1 => ", now and in a year".to_owned(),
        last => format!(", now and in each of the next {last} years"),
    };
    format!("in normal operation{losses}{years}")
}

fn answer(planned: &Planned, chosen: &PlannedCandidate) -> Vec<String> {
    let mut said = Vec::new();
    let changes: Vec<String> = changes(planned, chosen)
        .iter()
        .map(|[planned, now, of]| format!("{of}: {planned} (now {now})"))
        .collect();
    let nothing = changes.is_empty();
    said.push(match nothing {
        true => "What is owned is enough: nothing has to be bought.".to_owned(),
        false => format!("The cheapest plan is {}.", some(changes, "; ")),
    });
    if !nothing && planned.currency.is_some() {
        said.push(format!("It costs {}.", whole(&chosen.cost, planned)));
    } else if !nothing {
        said.push(format!("It has {}.", whole(&chosen.cost, planned)));
    }
    let but = if planned.beyond.is_empty() { "every goal" } else { "every other goal" };
    said.push(match planned.law_only {
        true => format!(
            "By the law, cores, lines and limits hold {}; latencies and failures were not looked at.",
            everywhere(planned)
        ),
        false => format!("With it {but} is met {}, at a confidence of 95 %.", everywhere(planned)),
    });
    if let Some(at) = planned.cheaper {
        said.extend(cheaper(planned, chosen, &planned.candidates[at]));
    }
    said.extend(planned.unlisted.filter(|_| !planned.law_only).map(|of| match of.cheaper {
        false => "Whatever else costs less is refused by a bound, or with a run of one at least as able.".to_owned(),
        true => "Combinations that cost less, with more at one place and less at another, were neither refused nor tried."
            .to_owned(),
    }));
    if let Some(confirmed) = &planned.confirmed {
        let refused = match confirmed.refused {
            0 => String::new(),
            1 => "; a cheaper one that the search had accepted was refused by them".to_owned(),
            n => format!("; {n} cheaper ones that the search had accepted were refused by them"),
        };
        let open = match confirmed.goals.iter().filter(|goal| goal.verdict == Word::Open).count() {
            0 => String::new(),
            n => format!(", with {} at the limit", count(n, "goal")),
        };
        said.push(format!("{} fresh runs of each case confirm it{open}{refused}.", confirmed.runs));
    }
    said
}

/// What the next cheaper plan breaks.
pub(in crate::output) fn cheaper(
    planned: &Planned,
    chosen: &PlannedCandidate,
    other: &PlannedCandidate,
) -> Option<String> {
    let less = dearer(&chosen.cost, &other.cost, planned.currency.as_deref())
        .map_or_else(|| "for the same".to_owned(), |amount| format!("for {amount} less"));
    let which = difference(planned, other, chosen);
    let breaks = other.goals.iter().filter(|goal| goal.verdict.is_missed());
    let worst = breaks.max_by(|a, b| a.excess().unwrap_or(0.0).total_cmp(&b.excess().unwrap_or(0.0)));
    let why = match (worst, &other.refusal) {
        (Some(goal), _) => format!("{}: {}, {}", subject(&goal.about), seen(goal), case(planned, goal.case)),
        (None, Some(refusal)) => {
            let place = refusal.case.map_or_else(String::new, |at| format!(", {}", case(planned, at)));
            format!("{}{place}", refusal.reason)
        }
        (None, None) => return None,
    };
    let one = match planned.unlisted {
        None => "The next cheaper one",
        Some(_) => "The next cheaper one that was looked at",
    };
    Some(format!("{one}, {which} {less}, breaks a goal: {why}."))
}

pub(in crate::output) fn infeasible(planned: &Planned) -> Vec<String> {
    // Who was played is the largest; without a run the one that the law finds nearest.
    let played = planned.candidates.iter().rfind(|of| !of.goals.is_empty());
    let nearest = || planned.candidates.iter().min_by(|a, b| a.expected.total_cmp(&b.expected));
    let largest = played.or_else(nearest);
    let mut said = vec!["Nothing that is on offer meets every goal.".to_owned()];
    let mut reasons = planned.candidates.iter().map(|of| of.refusal.as_ref());
    if let Some(Some(first)) = reasons.next()
        && reasons.all(|other| other == Some(first))
    {
        let place = first.case.map_or_else(String::new, |at| format!(", {}", case(planned, at)));
        said.push(format!("Whatever is bought: {}{place}.", first.reason));
        return said;
    }
    if let Some(largest) = largest {
        let missed: Vec<&PlannedGoal> =
            largest.goals.iter().filter(|goal| goal.verdict.is_missed()).collect();
        let mut why: Vec<String> = missed
            .iter()
            .map(|goal| format!("{}: {}, {}", subject(&goal.about), seen(goal), case(planned, goal.case)))
            .collect();
        if why.is_empty() {
            why.extend(largest.refusal.as_ref().map(|refusal| {
                let place = refusal.case.map_or_else(String::new, |at| format!(", {}", case(planned, at)));
                format!("{}{place}", refusal.reason)
            }));
        }
        let more = why.len().saturating_sub(3);
        why.truncate(3);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        let which = if played.is_some() { "The strongest" } else { "By the law the nearest" };
        said.push(format!("{which} ({}) is refused: {}{more}.", name(planned, largest), why.join("; ")));
    }
    said
}

/// A head and rows, of which the first is a head too.
type Section = (&'static str, Vec<Vec<String>>);

fn sections(planned: &Planned) -> Vec<Section> {
    let all = [
        ("What to buy", bought(planned)),
        ("What it costs, by site", by_site(planned)),
        ("Group by group", groups(planned)),
        ("What is lost, and what that does", damages(planned)),
        ("What else was looked at", others(planned)),
        ("What cannot be had", unfit(planned)),
    ];
    all.into_iter().filter(|(_, rows)| rows.len() > 1).collect()
}

fn head(cells: &[&str]) -> Vec<Vec<String>> {
    vec![cells.iter().map(|cell| (*cell).to_owned()).collect()]
}

/// What is planned, what is there now, and of what: quantity by quantity, of a large organisation group by
/// group.
fn changes(planned: &Planned, chosen: &PlannedCandidate) -> Vec<[String; 3]> {
    if planned.unlisted.is_some() {
        let groups = planned.groups.iter().filter(|of| of.planned != of.now);
        return groups.map(|of| [of.planned.clone(), of.now.clone(), of.name.clone()]).collect();
    }
    let all = planned.quantities.iter().zip(&chosen.values).filter(|(of, value)| of.now != **value);
    all.map(|(of, value)| [value.clone(), of.now.clone(), of.label.clone()]).collect()
}

pub(in crate::output) fn bought(planned: &Planned) -> Vec<Vec<String>> {
    let mut rows = head(&["planned", "now", "of"]);
    let Some(at) = planned.chosen else { return rows };
    rows.extend(changes(planned, &planned.candidates[at]).into_iter().map(|row| row.to_vec()));
    rows
}

pub(in crate::output) fn by_site(planned: &Planned) -> Vec<Vec<String>> {
    let mut rows = head(&["cost", "site"]);
    rows.extend(planned.by_site.iter().map(|(site, cost)| vec![whole(cost, planned), site.clone()]));
    // Of one site the paragraph has it.
    rows.truncate(if planned.by_site.len() > 1 { rows.len() } else { 1 });
    rows
}

pub(in crate::output) fn groups(planned: &Planned) -> Vec<Vec<String>> {
    let mut rows =
        head(&["group", "now", "planned", "busiest hour", "least", "one lost", "grown", "nearest limit"]);
    // What changes comes first where not all of them are shown.
    let mut groups: Vec<&PlannedGroup> = planned.groups.iter().collect();
    if groups.len() > ROWS {
        groups.sort_by_key(|of| of.planned == of.now);
    }
    rows.extend(groups.into_iter().map(|of| {
        vec![
            of.name.clone(),
            of.now.clone(),
            of.planned.clone(),
            use_of(of),
            of.least.clone(),
            of.survive.clone(),
            of.grown.clone(),
            of.binds.clone(),
        ]
    }));
    // What no group says is no column.
    for at in [6, 5] {
        if rows[1..].iter().all(|row| row[at].is_empty()) {
            rows.iter_mut().for_each(|row| drop(row.remove(at)));
        }
    }
    rows
}

pub(in crate::output) fn damages(planned: &Planned) -> Vec<Vec<String>> {
    let mut rows = head(&["lost", "cut off", "user-hours", "missed", "hottest that is left"]);
    let row = |damage: &Damage| {
        let hottest = damage.hottest.as_ref();
        vec![
            case(planned, damage.case).trim_start_matches("with ").replace(" lost", ""),
            format!("{} users", people(damage.users)),
            people(damage.user_hours),
            damage.missed.to_string(),
            hottest.map_or_else(String::new, |(name, share)| format!("{}, {}", percent(*share), name)),
        ]
    };
    rows.extend(planned.damages.iter().map(row));
    rows
}

/// Numbers of servers that the scenario refuses.
pub(in crate::output) fn unfit(planned: &Planned) -> Vec<Vec<String>> {
    let mut rows = head(&["number", "why"]);
    rows.extend(planned.unfit.iter().map(|(what, why)| vec![what.clone(), why.clone()]));
    rows
}

/// A mean number of users or hours.
fn people(mean: f64) -> String {
    if mean >= 99.5 { thousands(mean.round() as u64) } else { three_figures(mean) }
}

/// Candidates that were played or stand nearest below the answer, the cheapest first.
pub(in crate::output) fn others(planned: &Planned) -> Vec<Vec<String>> {
    let mut rows = head(&["cost", "candidate", "verdict"]);
    for (at, candidate) in planned.candidates.iter().enumerate() {
        let by_runs = !candidate.goals.is_empty();
        if !by_runs && Some(at) != planned.cheaper || Some(at) == planned.chosen {
            continue;
        }
        let verdict = match (&candidate.refusal, candidate.farthest()) {
            (Some(refusal), _) if refusal.by != PrunedBy::Simulated => {
                format!("refused: {}", refusal.reason)
            }
            (Some(_), Some(goal)) => {
                format!("refused: {}, {}, {}", subject(&goal.about), seen(goal), case(planned, goal.case))
            }
            (Some(refusal), None) => format!("refused: {}", refusal.reason),
            (None, Some(goal)) if candidate.holds => {
                format!("holds; farthest {}, {}", subject(&goal.about), seen(goal))
            }
            _ => "not decided".to_owned(),
        };
        rows.push(vec![
            total(&candidate.cost, planned.currency.as_deref()),
            // Who reads forty names that all have looks for the one that is different.
            match planned.chosen.filter(|_| planned.unlisted.is_some()) {
                Some(chosen) => difference(planned, candidate, &planned.candidates[chosen]),
                None => name(planned, candidate),
            },
            verdict,
        ]);
    }
    rows
}
