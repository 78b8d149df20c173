//! Names in letters that the bundled fonts lack: in PNG a number stands in their place, with a
//! key at the foot of each picture.
//!
//! A site's number is its place in the scenario; whatever else has such letters is counted on
//! from there. The whole result is renamed before anything is laid out, so that a name is
//! shortened and told apart as it is shown. Knows neither fonts nor charts: whoever asks says
//! which letters there are.

use super::letters::wrap;
use super::scene::{Anchor, MARGIN, MUTED, Mark, SMALL, Scene};
use crate::results::{RunResult, ServerRow};

/// A name and the number that stands for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Number {
    /// As it stands in pictures, without its `#`.
    pub(super) number: usize,
    /// What it is: `site`, `population` ...
    kind: &'static str,
    /// The name, or the part of it that the fonts lack.
    pub(super) name: String,
}

/// Which numbers stand for what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Numbers {
    all: Vec<Number>,
    /// Where the names are to be read.
    told_in: &'static str,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { all: Vec::new(), told_in: "run.json has their names, as the SVG and the CSV do" }
    }
}

impl Numbers {
    /// Those that `run` needs; none where every letter `is_there`.
    pub(super) fn of(run: &RunResult, is_there: impl Fn(char) -> bool) -> Self {
        let mut numbers = Self::default();
        let lacks = |name: &str| !name.chars().all(&is_there);
        for (index, name) in run.names.sites.iter().enumerate().filter(|(_, name)| lacks(name)) {
            numbers.all.push(Number { number: index + 1, kind: "site", name: name.clone() });
        }
        // Longer names first: one may be a part of another.
        numbers.all.sort_by_key(|number| std::cmp::Reverse(number.name.len()));
        numbers.count(run.names.sites.len() + 1, others(run), is_there);
        numbers
    }

    /// Those that these names need, with what they are; counted from 1.
    pub(super) fn of_names<'n>(
        names: impl Iterator<Item = (&'static str, &'n str)>,
        is_there: impl Fn(char) -> bool,
    ) -> Self {
        let mut numbers = Self { told_in: "the SVG and the CSV have their names", ..Self::default() };
        numbers.count(1, names, is_there);
        numbers
    }

    fn count<'n>(
        &mut self,
        first: usize,
        names: impl Iterator<Item = (&'static str, &'n str)>,
        is_there: impl Fn(char) -> bool,
    ) {
        let mut next = first;
        for (kind, name) in names {
            let left = self.written(name);
            for name in missing(&left, &is_there) {
                // What stands for a part stands for it wherever it comes again.
                if !self.all.iter().any(|known| known.name == name) {
                    self.all.push(Number { number: next, kind, name });
                    next += 1;
                }
            }
        }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// By number.
    pub(super) fn in_order(&self) -> Vec<&Number> {
        let mut order: Vec<&Number> = self.all.iter().collect();
        order.sort_by_key(|number| number.number);
        order
    }

    /// A name with numbers in it.
    pub(super) fn written(&self, name: &str) -> String {
        let mut written = name.to_owned();
        for Number { number, name, .. } in &self.all {
            if written.contains(name.as_str()) {
                written = written.replace(name.as_str(), &format!("#{number}"));
            }
        }
        written
    }

    /// The result with numbers in the place of such names.
    pub(super) fn applied(&self, run: &RunResult) -> RunResult {
        let mut run = run.clone();
        let names = &mut run.names;
        for list in [
            &mut names.sites,
            &mut names.locations,
            &mut names.populations,
            &mut names.namespaces,
            &mut names.servers,
        ] {
            list.iter_mut().for_each(|name| *name = self.written(name));
        }
        for row in &mut run.servers {
            self.rename_servers(row);
        }
        for row in &mut run.links {
            row.name = self.written(&row.name);
        }
        for incident in &mut run.storms.incidents {
            incident.name = self.written(&incident.name);
        }
        run
    }

    fn rename_servers(&self, row: &mut ServerRow) {
        row.name = self.written(&row.name);
        for limit in &mut row.limits {
            limit.apart = self.written(&limit.apart);
        }
    }

    /// Adds what the numbers in a picture stand for at its foot.
    pub(super) fn explain(&self, scene: &mut Scene) {
        let shown = |number: &Number| {
            let word = format!("#{}", number.number);
            let holds = |text: &str| {
                text.match_indices(&word).any(|(at, _)| {
                    !text[at + word.len()..].starts_with(|letter: char| letter.is_ascii_digit())
                })
            };
            scene.marks.iter().any(|mark| matches!(mark, Mark::Text(text) if holds(&text.text)))
        };
        let shown: Vec<&Number> = self.in_order().into_iter().filter(|number| shown(number)).collect();
        if shown.is_empty() {
            return;
        }
        let entries = told(&shown);
        let text =
            format!("{}, in letters that this picture's font lacks; {}", entries.join(", "), self.told_in);
        let mut y = scene.height + 4.0;
        for line in wrap(&text, scene.width - 2.0 * MARGIN, SMALL, false, 6) {
            scene.text(MARGIN, y, Anchor::Start, SMALL, false, MUTED, &line);
            y += 17.0;
        }
        scene.set_height(y);
    }
}

/// What numbers stand for, each kind once.
fn told(shown: &[&Number]) -> Vec<String> {
    let mut kinds: Vec<&str> = shown.iter().map(|number| number.kind).collect();
    kinds.dedup();
    let told = |kind: &str| {
        let of: Vec<usize> =
            shown.iter().filter(|number| number.kind == kind).map(|number| number.number).collect();
        let list = listed(&of);
        let a = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        match (kind, &of[..]) {
            ("site", [one]) => format!("#{one} is site {one}"),
            ("site", _) => format!("{list} are the sites of these numbers"),
            (_, [_]) => format!("{list} in the name of {a} {kind}"),
            (_, _) => format!("{list} each in the name of {a} {kind}"),
        }
    };
    kinds.into_iter().map(told).collect()
}

/// `#2, #5 to #9`; neighbours beyond two as a range.
fn listed(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [first, _, .., last] => format!("#{first} to #{last}"),
        few => few.iter().map(|number| format!("#{number}")).collect::<Vec<_>>().join(", "),
    });
    runs.collect::<Vec<_>>().join(", ")
}

/// The stretches of a name that lack letters, with what stands between two such letters if
/// that is no letter itself: the words of a name are one.
fn missing(name: &str, is_there: impl Fn(char) -> bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    // What may yet turn out to stand between two of them.
    let mut open = false;
    let mut between = String::new();
    for letter in name.chars() {
        if !is_there(letter) {
            match found.last_mut().filter(|_| open) {
                Some(last) => last.extend(between.drain(..).chain([letter])),
                None => found.push(letter.to_string()),
            }
            (open, between) = (true, String::new());
        } else if letter.is_alphanumeric() || letter == '#' {
            open = false;
        } else {
            between.push(letter);
        }
    }
    found
}

/// Every name beside those of sites, with what it is.
fn others(run: &RunResult) -> impl Iterator<Item = (&'static str, &str)> {
    let names = &run.names;
    let populations = names.populations.iter().map(|name| ("population", name.as_str()));
    let locations = names.locations.iter().map(|name| ("client location", name.as_str()));
    let namespaces = names.namespaces.iter().map(|name| ("namespace", name.as_str()));
    let servers = run.servers.iter().map(|row| ("server group", row.name.as_str()));
    let links = run.links.iter().map(|row| ("link", row.name.as_str()));
    let incidents = run.storms.incidents.iter().map(|incident| ("outage or change", incident.name.as_str()));
    let apart = run.servers.iter().flat_map(|row| &row.limits).map(|limit| ("server", limit.apart.as_str()));
    let stations = names.servers.iter().map(|name| ("server", name.as_str()));
    let groups = populations.chain(locations).chain(namespaces).chain(servers).chain(links);
    groups.chain(incidents).chain(apart).chain(stations)
}

#[cfg(test)]
mod tests {
    use super::super::scene::Head;
    use super::*;
    use crate::output::sample;

    fn named() -> RunResult {
        let mut run = sample::small();
        run.names.sites = ["Boston", "東京", "東京都"].map(str::to_owned).to_vec();
        run.names.populations = ["東京 staff", "الرياض شمال 2", "Zürich"].map(str::to_owned).to_vec();
        run.servers[0].name = "東京都 CAS".to_owned();
        run
    }

    /// Sites have their number, whatever else is counted on, and what the font has stays.
    #[test]
    fn names_that_the_font_lacks_are_numbered() {
        let run = named();
        let numbers = Numbers::of(&run, |letter| (letter as u32) < 0x250);
        let renamed = numbers.applied(&run);
        assert_eq!(renamed.names.sites, ["Boston", "#2", "#3"]);
        assert_eq!(renamed.names.populations, ["#2 staff", "#4 2", "Zürich"]);
        assert_eq!(renamed.servers[0].name, "#3 CAS");
        assert!(Numbers::of(&run, |_| true).is_empty());
    }

    /// Many numbers of a kind are one entry, so that the key of a crowded picture is read to its end.
    #[test]
    fn a_key_tells_each_kind_once() {
        let number = |number, kind| Number { number, kind, name: String::new() };
        let all = [2, 5, 6, 7, 9].map(|n| number(n, "site"));
        let more = [number(63, "population"), number(101, "outage or change")];
        let shown: Vec<&Number> = all.iter().chain(&more).collect();
        assert_eq!(
            told(&shown),
            [
                "#2, #5 to #7, #9 are the sites of these numbers",
                "#63 in the name of a population",
                "#101 in the name of an outage or change"
            ]
        );
        let two = [number(63, "population"), number(64, "population")];
        assert_eq!(told(&[&two[0], &two[1]]), ["#63, #64 each in the name of a population"]);
    }

    /// The key tells those that a picture shows, and no other.
    #[test]
    fn a_picture_explains_its_numbers() {
        let run = named();
        let numbers = Numbers::of(&run, |letter| (letter as u32) < 0x250);
        let mut scene = Scene::new(100.0, &Head::default());
        numbers.explain(&mut scene);
        assert_eq!(scene.height, 100.0);
        scene.label(10.0, 50.0, Anchor::Start, MUTED, "#3 CAS and #41");
        numbers.explain(&mut scene);
        let Some(Mark::Text(key)) = scene.marks.last() else { panic!("no key") };
        let Mark::Text(first) = &scene.marks[scene.marks.len() - 2] else { panic!("one line") };
        let first = if key.text.starts_with('#') { key } else { first };
        assert!(first.text.starts_with("#3 is site 3, in letters"), "{first:?}");
        assert!(scene.height > 100.0);
    }
}
