//! A scenario as tables of lines, so that it can be made smaller: table by table, line by
//! line, item by item.

use std::fmt::Write as _;
use std::path::Path;

use casim::scenario::{self, Scenario};

/// A table: its header, and its lines, each a whole `key = value`.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) header: &'static str,
    pub(crate) lines: Vec<String>,
}

/// A scenario.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) tables: Vec<Table>,
}

impl Draft {
    pub(crate) fn table(&mut self, header: &'static str) -> &mut Vec<String> {
        self.tables.push(Table { header, lines: Vec::new() });
        &mut self.tables.last_mut().expect("just pushed").lines
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for table in &self.tables {
            if !table.header.is_empty() {
                let _ = writeln!(text, "{}", table.header);
            }
            for line in &table.lines {
                let _ = writeln!(text, "{line}");
            }
        }
        text
    }

    /// As the reader has it, unless it refuses it.
    pub(crate) fn load(&self) -> Option<Scenario> {
        scenario::load_text("drawn.toml", &self.text(), Path::new("."), &[]).ok()
    }

    /// The smallest that is found for which `still` holds: tables are taken away, then
    /// lines, ever fewer at a time, then items of lists, until nothing more can go. The
    /// release of the organisation is always said.
    pub(crate) fn shrunk(mut self, still: impl Fn(&Scenario) -> bool) -> Self {
        let said = |draft: &Self| {
            let top = draft.tables.iter().filter(|table| table.header.is_empty());
            top.flat_map(|table| &table.lines).any(|line| line.starts_with("exchange = "))
        };
        let fits = |next: &Self| said(next) && next.load().is_some_and(|scenario| still(&scenario));
        loop {
            let before = self.text();
            for at in (0..self.tables.len()).rev() {
                self.try_step(&fits, |next| next.drop_table(at));
            }
            for at in (0..self.tables.len()).rev() {
                let mut size = self.tables[at].lines.len();
                while size > 0 {
                    let mut from = 0;
                    while from < self.tables[at].lines.len() {
                        let to = (from + size).min(self.tables[at].lines.len());
                        if !self.try_step(&fits, |next| drop(next.tables[at].lines.drain(from..to))) {
                            from = to;
                        }
                    }
                    size /= 2;
                }
                for line in 0..self.tables[at].lines.len() {
                    for shorter in shorter(&self.tables[at].lines[line]) {
                        self.try_step(&fits, |next| next.tables[at].lines[line] = shorter);
                    }
                }
            }
            if self.text() == before {
                return self;
            }
        }
    }

    /// Takes a step if what comes of it fits.
    fn try_step(&mut self, fits: &impl Fn(&Self) -> bool, step: impl FnOnce(&mut Self)) -> bool {
        let mut next = self.clone();
        step(&mut next);
        let taken = fits(&next);
        if taken {
            *self = next;
        }
        taken
    }

    /// A site goes with its servers.
    fn drop_table(&mut self, at: usize) {
        let site = self.tables[at].header == "[[site]]";
        let inner = |table: &&Table| site && table.header == "[[site.server]]";
        let more = self.tables[at + 1..].iter().take_while(inner).count();
        self.tables.drain(at..=at + more);
    }
}

/// A line whose list has an item less.
fn shorter(line: &str) -> Vec<String> {
    let (Some(from), Some(to)) = (line.find('['), line.rfind(']')) else { return Vec::new() };
    let items: Vec<&str> = line[from + 1..to].split(", ").collect();
    if items.len() < 2 {
        return Vec::new();
    }
    let without = |at: usize| {
        let rest: Vec<&str> =
            items.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, item)| *item).collect();
        format!("{}[{}]{}", &line[..from], rest.join(", "), &line[to + 1..])
    };
    (0..items.len()).map(without).collect()
}
