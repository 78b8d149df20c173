//! Hostile inputs, by the million: `cargo run --profile dist --example hostile -- WHAT [COUNT] [SEED]`, where WHAT is
//! `scenarios`, `tables`, `arguments` or `runs`.
//!
//! Each input is one of the repository's, changed in one to six places: three of four by lines, tables, names, numbers and
//! cells, so that much of it is read and played, the others by bytes (`dice`). A table is that of a scenario, beside it. None may
//! panic, none may take more than ten seconds; what loads has to load again, from what casim writes of it, to
//! the same scenario; of `runs` every one that loads is played for a second of simulated time. The number of an input is its seed: what
//! goes wrong is printed with it, and `COUNT` 1 from that `SEED` shows it again.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is told on the terminal")]
#![expect(clippy::disallowed_methods, reason = "how long an input takes is what is asked")]

mod dice;

use std::ffi::OsString;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use casim::kernel::SimSpan;
use casim::scenario::{self, Beside, Scenario};
use casim::study::{Study, Workers};

use dice::Dice;

/// Longest that an input may take.
const LONGEST: Duration = Duration::from_secs(10);

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

/// What is written of a scenario is read again, as the same.
fn again(loaded: Scenario) -> Result<Option<Scenario>, String> {
    match scenario::load_made("hostile.toml", &loaded.resolved, &loaded.beside) {
        Ok(again) if again.digest == loaded.digest => Ok(Some(loaded)),
        Ok(_) => Err("what is written reads as another scenario".to_owned()),
        Err(faults) => Err(format!("what is written cannot be read: {}", faults.render(false))),
    }
}

/// Loads a text, and again what is written of it; its faults are shown as they are told.
fn load(text: &str, folder: &Path) -> Result<Option<Scenario>, String> {
    let loaded = scenario::load_text("hostile.toml", text, folder, &[]).map_err(|faults| faults.render(true));
    loaded.map_or(Ok(None), again)
}

/// As [`load`], of a scenario with these tables beside it.
fn load_with(text: &str, tables: &[Beside]) -> Result<Option<Scenario>, String> {
    let loaded = scenario::load_made("hostile.toml", text, tables).map_err(|faults| faults.render(true));
    loaded.map_or(Ok(None), again)
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

/// Time that the process has spent: of the processor, where Linux tells it, so that whoever shares the machine is not
/// taken for a slow input; else by the clock.
struct Spent(Option<Duration>, Instant);

impl Spent {
    fn now() -> Self {
        let ticks = || {
            let all = fs::read_to_string("/proc/self/stat").ok()?;
            // User and system time, the 14th and 15th field, in hundredths of a second; a name may have blanks.
            let fields: Vec<&str> = all.rsplit(')').next()?.split_whitespace().collect();
            let of = |at: usize| fields.get(at)?.parse::<u64>().ok();
            Some(Duration::from_millis(10 * (of(11)? + of(12)?)))
        };
        Self(ticks(), Instant::now())
    }

    fn until_now(&self) -> Duration {
        match (self.0, Self::now().0) {
            (Some(before), Some(now)) => now - before,
            _ => self.1.elapsed(),
        }
    }
}

/// What there is to begin with: texts, each with the tables that it may name.
struct Begin {
    path: PathBuf,
    text: String,
    tables: Vec<Beside>,
}

/// One input; what is wrong with it.
fn input(what: &str, seed: u64, from: &[Begin], workers: &Workers<'_>) -> Result<bool, String> {
    let mut dice = Dice::of(seed);
    let Begin { path, text, tables } = &from[dice.below(from.len())];
    let others: Vec<String> = (0..2).map(|_| from[dice.below(from.len())].text.clone()).collect();
    let (mut text, mut tables) = (text.clone(), tables.clone());
    let gently = dice.below(4) > 0;
    if what == "tables" {
        let at = dice.below(tables.len());
        let mut table = tables[at].text.to_string();
        match gently {
            true => dice.touch_table(&mut table),
            false => dice.mangle(&mut table, &others),
        }
        tables[at].text = table.into();
    } else if gently && what == "arguments" {
        dice.touch_words(&mut text, &others);
    } else if gently {
        dice.touch(&mut text, &others);
    } else {
        dice.mangle(&mut text, &others);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let began = Spent::now();
    let done = catch_unwind(AssertUnwindSafe(|| match what {
        "tables" => load_with(&text, &tables).map(|loaded| loaded.is_some()),
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
    let took = began.until_now();
    let said = match done {
        Err(_) => Err("it panics".to_owned()),
        Ok(_) if took > LONGEST => Err(format!("it takes {:.1} s", took.as_secs_f64())),
        Ok(done) => done,
    };
    let shown = || {
        tables.iter().fold(text.clone(), |all, table| format!("{all}\n--- {}\n{}", table.name, table.text))
    };
    said.map_err(|why| format!("seed {seed}, of {}: {why}\n---\n{}\n---", path.display(), shown()))
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

/// With the tables that it names, where there are any.
fn with_tables(mut begin: Begin) -> Option<Begin> {
    let names = begin.text.split('"').skip(1).step_by(2).filter(|name| name.ends_with(".csv"));
    let folder = begin.path.parent()?;
    for name in names.map(str::to_owned).collect::<std::collections::BTreeSet<String>>() {
        let text = fs::read_to_string(folder.join(&name)).ok()?.into();
        begin.tables.push(Beside { name, text });
    }
    (!begin.tables.is_empty()).then_some(begin)
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let what = words.next().unwrap_or_else(|| "scenarios".to_owned());
    let mut number = |default: u64| words.next().and_then(|word| word.parse().ok()).unwrap_or(default);
    let (count, first) = (number(1_000), number(1));
    let plain = |(path, text)| Begin { path, text, tables: Vec::new() };
    let scenarios = || texts(&["scenarios", "tests/scenarios", "tests/ui", "tests/lints"], "toml");
    let from: Vec<Begin> = match what.as_str() {
        "tables" => scenarios().into_iter().map(plain).filter_map(with_tables).collect(),
        "arguments" => LINES.iter().map(|line| plain((PathBuf::from("LINES"), (*line).to_owned()))).collect(),
        _ => scenarios().into_iter().map(plain).collect(),
    };
    let Ok(workers) = Workers::new(1) else { return ExitCode::from(3) };
    // What is caught is told with its input.
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let (mut loaded, mut wrong) = (0_u64, 0_u64);
    let mut longest = (Duration::ZERO, 0);
    for seed in first..first.saturating_add(count) {
        let began = Spent::now();
        match input(&what, seed, &from, &workers) {
            Ok(is_sound) => loaded += u64::from(is_sound),
            Err(why) => {
                wrong += 1;
                println!("{why}");
            }
        }
        longest = longest.max((began.until_now(), seed));
    }
    println!(
        "{count} {what} from seed {first} on: {loaded} sound, {wrong} wrong, the longest {:.2} s (seed {})",
        longest.0.as_secs_f64(),
        longest.1
    );
    ExitCode::from(u8::from(wrong > 0))
}
