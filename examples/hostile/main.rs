//! Hostile inputs, by the million: `cargo run --profile dist --example hostile -- WHAT [COUNT] [SEED]`, where WHAT is
//! `scenarios`, `tables`, `arguments` or `runs`.
//!
//! Each input is one of the repository's, changed in one to six places as a clumsy or a malicious hand would. None may
//! panic, none may take more than ten seconds; what loads has to load again, from what casim writes of it, to
//! the same scenario; of `runs` every one that loads is played for a second of simulated time. The number of an input is its seed: what
//! goes wrong is printed with it, and `COUNT` 1 from that `SEED` shows it again.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is told on the terminal")]
#![expect(clippy::disallowed_methods, reason = "how long an input takes is what is asked")]

use std::ffi::OsString;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use casim::kernel::SimSpan;
use casim::kernel::random::{Key, Role};
use casim::scenario::{self, Scenario};
use casim::study::{Study, Workers};
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

/// Longest that an input may take.
const LONGEST: Duration = Duration::from_secs(10);

struct Dice(u64, u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.1 += 1;
        Key::root(self.0, 0).child(self.1).stream(Role(0), 0).random_range(0..n.max(1))
    }

    fn mangle(&mut self, text: &mut String, others: &[String]) {
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
}

fn texts(folders: &[&str], ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|own| own == ending) {
                found.extend(fs::read_to_string(&path).ok().map(|text| (path, text)));
            }
        }
    }
    found.sort();
    found
}

/// Loads a text, and again what is written of it.
fn load(text: &str, folder: &Path) -> Result<Option<Scenario>, String> {
    let Ok(loaded) =
        scenario::load_text("hostile.toml", text, folder, &[]).map_err(|faults| faults.render(true))
    else {
        return Ok(None);
    };
    match scenario::load_text("hostile.toml", &loaded.resolved, Path::new(""), &[]) {
        Ok(again) if again.digest == loaded.digest => Ok(Some(loaded)),
        Ok(_) => Err("what is written reads as another scenario".to_owned()),
        Err(faults) => Err(format!("what is written cannot be read: {}", faults.render(false))),
    }
}

/// Plays a second of it.
fn play(scenario: &mut Scenario, workers: &Workers<'_>) {
    let experiment = &mut scenario.experiment;
    let most: u64 =
        scenario.model.workload.populations.iter().map(|people| u64::from(people.mailboxes)).sum();
    if most > 100_000 {
        return;
    }
    experiment.warmup = SimSpan::from_millis(100);
    experiment.window = SimSpan::from_secs(1);
    experiment.interval = SimSpan::from_secs(1);
    experiment.replications = 1;
    experiment.most_in_flight = 200_000;
    let mut study = Study::of(&scenario.model, experiment);
    let _ = study.add(1, workers);
}

/// One input; what is wrong with it.
fn input(what: &str, seed: u64, from: &[(PathBuf, String)], workers: &Workers<'_>) -> Result<bool, String> {
    let mut dice = Dice(seed, 0);
    let (path, text) = &from[dice.below(from.len())];
    let others: Vec<String> = (0..2).map(|_| from[dice.below(from.len())].1.clone()).collect();
    let mut text = text.clone();
    dice.mangle(&mut text, &others);
    let folder = path.parent().unwrap_or(Path::new("."));
    let began = Instant::now();
    let done = catch_unwind(AssertUnwindSafe(|| match what {
        "tables" => {
            let place = std::env::temp_dir().join(format!("casim-hostile-{}", std::process::id()));
            fs::create_dir_all(&place).map_err(|error| error.to_string())?;
            fs::write(place.join("t.csv"), &text).map_err(|error| error.to_string())?;
            let key = ["sites", "links", "namespaces", "regions", "populations"][dice.below(5)];
            let whole = format!("exchange = \"2010\"\n{key} = \"t.csv\"\n[run]\nwindow = \"1 h\"\n");
            load(&whole, &place).map(|loaded| loaded.is_some())
        }
        "arguments" => {
            let words = text.split_whitespace().map(OsString::from);
            Ok(casim::cli::understands(std::iter::once(OsString::from("casim")).chain(words)))
        }
        _ => load(&text, folder).map(|loaded| match loaded {
            Some(mut scenario) if what == "runs" => {
                play(&mut scenario, workers);
                true
            }
            loaded => loaded.is_some(),
        }),
    }));
    let took = began.elapsed();
    let said = match done {
        Err(_) => Err("it panics".to_owned()),
        Ok(_) if took > LONGEST => Err(format!("it takes {:.1} s", took.as_secs_f64())),
        Ok(done) => done,
    };
    said.map_err(|why| format!("seed {seed}, of {}: {why}\n---\n{text}\n---", path.display()))
}

/// Command lines to begin with.
const LINES: [&str; 10] = [
    "run a.toml -o out --seed 7 --replications 3 --set site.Boston.cas.servers=3 --charts none",
    "run - --precision 2% --enforce-slo=strict --headroom --sessions sample=0.1 --json",
    "compare a.toml b.toml --replications 10 --fail-on worse --format markdown",
    "sweep a.toml --vary run.load=50%..150%:20% --until goals --jobs 2",
    "explain a.toml --entry A --mailbox B --protocol eas --device 14.1 --down A",
    "check a.toml --down site.HQ --each --set run.load=2 --color always",
    "names a.toml -o names.csv --force --format csv",
    "sensitivity a.toml --range 50% --replications 20 --shard 1/2",
    "chart out latency --where protocol=owa --from 09:00 --to 10:00 --size 800x600",
    "merge out.shard-1-of-2 out.shard-2-of-2 --jobs 1 -q -v",
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let what = words.next().unwrap_or_else(|| "scenarios".to_owned());
    let mut number = |default: u64| words.next().and_then(|word| word.parse().ok()).unwrap_or(default);
    let (count, first) = (number(1_000), number(1));
    let from = match what.as_str() {
        "tables" => texts(&["tests/scenarios", "tests/ui"], "csv"),
        "arguments" => LINES.iter().map(|line| (PathBuf::from("LINES"), (*line).to_owned())).collect(),
        _ => texts(&["scenarios", "tests/scenarios", "tests/ui", "tests/lints"], "toml"),
    };
    let Ok(workers) = Workers::new(1) else { return ExitCode::from(3) };
    // What is caught is told with its input.
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let (mut loaded, mut wrong) = (0_u64, 0_u64);
    let mut longest = (Duration::ZERO, 0);
    for seed in first..first.saturating_add(count) {
        let began = Instant::now();
        match input(&what, seed, &from, &workers) {
            Ok(is_sound) => loaded += u64::from(is_sound),
            Err(why) => {
                wrong += 1;
                println!("{why}");
            }
        }
        longest = longest.max((began.elapsed(), seed));
    }
    println!(
        "{count} {what} from seed {first} on: {loaded} sound, {wrong} wrong, the longest {:.2} s (seed {})",
        longest.0.as_secs_f64(),
        longest.1
    );
    ExitCode::from(u8::from(wrong > 0))
}
