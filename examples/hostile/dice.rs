//! How an input is changed: by bytes, of which little gets past the reader, or by lines, tables and cells, of
//! which much does.

use casim::kernel::random::{Key, Role};
use rand::RngExt;

/// What a text may turn into.
const WORDS: [&str; 48] = [
    "nan",
    "inf",
    "-1",
    "0",
    "1e308",
    "9223372036854775808",
    "\"",
    "[",
    "]]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "\n",
    "'''",
    "\"1e999 s\"",
    "\"-5 ms\"",
    "\"80 %\"",
    "true",
    "[]",
    "{}",
    "[[site]]\n",
    "[[population]]\n",
    "[[change]]\n",
    "[[outage]]\n",
    "[[link]]\n",
    "name = \"Boston\"\n",
    "home = \"Boston\"\n",
    "\u{feff}",
    "\u{1f600}",
    "\u{202e}",
    "1979-05-27",
    "\"0 s\"",
    "\"1000 day\"",
    "\"1 ns\"",
    "\"unlimited\"",
    "\"Amsterdam\"",
    "\"Boston\"",
    "clients = {}\n",
    "1",
    "10000000",
    "0.5",
    "\"09:00 - 08:59\"",
    "\"1 day before\"",
    "\r\n",
    "\0",
    "#",
];

/// Draws of one input.
pub(crate) struct Dice(u64, u64);

impl Dice {
    /// Those of the input of this number.
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed, 0)
    }

    /// A number below `n`, which may be 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.1 += 1;
        Key::root(self.0, 0).child(self.1).stream(Role(0), 0).random_range(0..n.max(1))
    }

    /// Bytes here and there replaced: little of it is read.
    pub(crate) fn mangle(&mut self, text: &mut String, others: &[String]) {
        for _ in 0..=self.below(6) {
            let mut from = self.below(text.len() + 1);
            while !text.is_char_boundary(from) {
                from -= 1;
            }
            let longest = if self.below(8) == 0 { 400 } else { 30 };
            let mut to = (from + self.below(longest)).min(text.len());
            while !text.is_char_boundary(to) {
                to += 1;
            }
            let line = |text: &str, at: usize| text.lines().nth(at).unwrap_or_default().to_owned();
            let new = match self.below(5) {
                0 => String::new(),
                // A line of another input, as a whole line.
                1 => {
                    let other = &others[self.below(others.len())];
                    format!("\n{}\n", line(other, self.below(other.lines().count())))
                }
                // A piece of this one.
                2 => text.get(from..to).unwrap_or_default().repeat(2),
                _ => WORDS[self.below(WORDS.len())].to_owned(),
            };
            text.replace_range(from..to, &new);
        }
    }

    /// A scenario with one or two lines, tables or names changed, as a hand would: much of it is read.
    pub(crate) fn touch(&mut self, text: &mut String, others: &[String]) {
        for _ in 0..=self.below(2) {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            match self.below(8) {
                0 | 1 => self.number(&mut lines),
                2 => {
                    let at = self.pick(&lines, |line| line.contains('='));
                    at.map(|at| lines.remove(at));
                }
                3 => self.value(&mut lines, others),
                4 => self.name(&mut lines),
                5 => self.key(&mut lines, others),
                _ => self.table(&mut lines, others),
            }
            *text = lines.join("\n");
            text.push('\n');
        }
    }

    /// A CSV table with one or two cells, rows or columns changed.
    pub(crate) fn touch_table(&mut self, text: &mut String) {
        for _ in 0..=self.below(2) {
            let mut rows: Vec<Vec<String>> =
                text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
            let (row, other) = (1 + self.below(rows.len().saturating_sub(1)), 1 + self.below(rows.len() - 1));
            let column = self.below(rows.first().map_or(0, Vec::len));
            if rows.len() < 3 || rows[row].len() <= column || rows[other].len() <= column {
                return;
            }
            match self.below(7) {
                0 | 1 => {
                    let mut cell = vec![rows[row][column].clone()];
                    self.number(&mut cell);
                    rows[row][column].clone_from(&cell[0]);
                }
                2 => rows[row][column] = rows[other][column].clone(),
                3 => rows.swap(row, other),
                4 => {
                    let mut again = rows[row].clone();
                    again[0].push_str(" two");
                    rows.push(again);
                }
                5 => {
                    rows.remove(row);
                }
                _ => rows.iter_mut().filter(|row| row.len() > column).for_each(|row| {
                    row.remove(column);
                }),
            }
            *text = rows.iter().map(|row| row.join(",") + "\n").collect();
        }
    }

    /// A command line with one or two words gone, twice, in other places, or of another line.
    pub(crate) fn touch_words(&mut self, text: &mut String, others: &[String]) {
        let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        for _ in 0..=self.below(2) {
            let (at, to) = (self.below(words.len()), self.below(words.len()));
            let other: Vec<&str> = others[self.below(others.len())].split_whitespace().collect();
            match self.below(6) {
                0 if words.len() > 1 => {
                    words.remove(at);
                }
                1 => words.insert(to, words[at].clone()),
                2 => words.swap(at, to),
                3 => words[at] = other[self.below(other.len())].to_owned(),
                _ => self.number(&mut words),
            }
        }
        *text = words.join(" ");
    }

    fn pick(&mut self, lines: &[String], fits: impl Fn(&str) -> bool) -> Option<usize> {
        let fitting: Vec<usize> = (0..lines.len()).filter(|at| fits(&lines[*at])).collect();
        fitting.get(self.below(fitting.len())).copied()
    }

    /// One number is another.
    fn number(&mut self, lines: &mut [String]) {
        let Some(at) = self.pick(lines, |line| line.contains(|c: char| c.is_ascii_digit())) else { return };
        let line = &mut lines[at];
        let starts: Vec<usize> = line
            .char_indices()
            .filter(|(at, c)| {
                c.is_ascii_digit() && !line[..*at].ends_with(|c: char| c.is_ascii_digit() || c == '.')
            })
            .map(|(at, _)| at)
            .collect();
        let Some(&from) = starts.get(self.below(starts.len())) else { return };
        let to =
            line[from..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(line.len(), |n| from + n);
        let old: f64 = line[from..to].parse().unwrap_or(1.0);
        let new = match self.below(8) {
            0 => "0".to_owned(),
            1 => (old * 1e6).to_string(),
            2 => (old / 3.0).to_string(),
            3 => format!("-{old}"),
            4 => (old - 1.0).to_string(),
            5 => (old * 10.0).to_string(),
            _ => (old + 1.0).to_string(),
        };
        line.replace_range(from..to, &new);
    }

    /// A value is that which the key has elsewhere.
    fn value(&mut self, lines: &mut [String], others: &[String]) {
        let Some(at) = self.pick(lines, |line| line.contains(" = ")) else { return };
        let key = lines[at].split(" = ").next().unwrap_or_default().to_owned();
        let other = &others[self.below(others.len())];
        let all = lines.iter().map(String::as_str).chain(other.lines());
        let alike: Vec<String> =
            all.filter(|line| line.split(" = ").next() == Some(&key)).map(str::to_owned).collect();
        lines[at].clone_from(&alike[self.below(alike.len())]);
    }

    /// A name in quotes is another that there is.
    fn name(&mut self, lines: &mut [String]) {
        let quoted =
            |line: &String| line.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let all: Vec<String> = lines.iter().flat_map(quoted).collect();
        let Some(at) = self.pick(lines, |line| line.matches('"').count() > 1) else { return };
        let own = quoted(&lines[at]);
        let (old, new) = (&own[self.below(own.len())], &all[self.below(all.len())]);
        lines[at] = lines[at].replacen(&format!("\"{old}\""), &format!("\"{new}\""), 1);
    }

    /// A key that another input has in such a table.
    fn key(&mut self, lines: &mut Vec<String>, others: &[String]) {
        let Some(at) = self.pick(lines, |line| line.starts_with('[')) else { return };
        let other: Vec<String> = others[self.below(others.len())].lines().map(str::to_owned).collect();
        let header = lines[at].clone();
        let Some(from) = self.pick(&other, |line| line == header) else { return };
        let own: Vec<&String> = other[from + 1..]
            .iter()
            .take_while(|line| !line.starts_with('['))
            .filter(|line| line.contains(" = "))
            .collect();
        if let Some(line) = own.get(self.below(own.len())) {
            let key = line.split(" = ").next().unwrap_or_default();
            let known = lines[at + 1..].iter().take_while(|line| !line.starts_with('['));
            let place = known.enumerate().find(|(_, line)| line.split(" = ").next() == Some(key));
            match place.map(|(n, _)| at + 1 + n) {
                Some(place) => lines[place] = (*line).clone(),
                None => lines.insert(at + 1, (*line).clone()),
            }
        }
    }

    /// A whole table goes, comes twice under another name, changes places, or comes from another input.
    fn table(&mut self, lines: &mut Vec<String>, others: &[String]) {
        let Some(at) = self.pick(lines, |line| line.starts_with("[[")) else { return };
        let end = |lines: &[String], at: usize| {
            (at + 1..lines.len()).find(|n| lines[*n].starts_with('[')).unwrap_or(lines.len())
        };
        let own: Vec<String> = lines[at..end(lines, at)].to_vec();
        match self.below(4) {
            0 => {
                lines.drain(at..end(lines, at));
            }
            1 => {
                let again = own.iter().map(|line| match line.strip_prefix("name = \"") {
                    Some(name) => format!("name = \"two {name}"),
                    None => line.clone(),
                });
                lines.extend(again);
            }
            2 => {
                lines.drain(at..end(lines, at));
                lines.extend(own);
            }
            _ => {
                let other: Vec<String> =
                    others[self.below(others.len())].lines().map(str::to_owned).collect();
                let Some(from) = self.pick(&other, |line| line.starts_with("[[")) else { return };
                lines.extend(other[from..end(&other, from)].iter().cloned());
            }
        }
    }
}
