//! One command on several machines: `--shard`, what each has played, and the next round.
//!
//! A shard keeps its items in a folder beside the output folder that the whole command writes
//! (`NAME.shard-2-of-4`), with the command's words. `merge` runs that command again over the folders
//! of all shards, and there it plays nothing. Where a command decides by what it has seen how many
//! runs it needs, what is missing then is the next round: its list is a file beside the output
//! folder (`NAME.round.json`).

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::{Answer, Error};
use super::kept::{self, ITEMS};
use crate::decide::items::{Items, Missing, Share};
use crate::decide::plan::play::{Piece, Place};
use crate::decide::plan::search::Look;
use crate::decide::sensitivity::{Variant, Wanted};
use crate::output::Inputs;
use crate::results::RESULTS;
use crate::scenario::Scenario;

/// What a shard's folder is known by.
const MARK: &str = "shard.json";

/// Why a list is not taken.
pub(super) const OTHER_LIST: &str = "the list of --round is one of another command";

/// Options that do not belong to what is played: a value follows, or none.
const WITH_VALUE: [&str; 4] = ["--shard", "--round", "--jobs", "--color"];
const ALONE: [&str; 5] = ["--force", "--quiet", "-q", "--verbose", "-v"];

/// The options of a command that several machines can play.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Spread {
    /// Play only every N-th run, from the I-th on, and keep them beside the output folder for `casim
    /// merge`. I may be `auto`: the task of a Slurm array, of an indexed Kubernetes job, the rank of MPI.
    #[arg(long, value_name = "I/N", value_parser = share)]
    shard: Option<Share>,
    /// With --shard: the list of a further round, as `casim merge` wrote it.
    #[arg(long, value_name = "FILE", requires = "shard")]
    round: Option<PathBuf>,
    /// Set by `merge`.
    #[arg(skip)]
    pub(super) gathered: Option<Gathered>,
}

/// The folders of all shards of one command.
#[derive(Clone, Debug)]
pub(super) struct Gathered {
    folders: Vec<PathBuf>,
    /// The command's words.
    pub(super) words: Vec<String>,
    of: usize,
    results: Value,
    scenarios: Value,
}

/// So many runs of all that is played: the first, and how many.
pub(super) type Runs = (u32, u32);

/// What a round of a command that decides as it goes has to play.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Round {
    /// More runs of all.
    Runs(Runs),
    /// Values, each until there are so many runs of it.
    Values(Vec<(f64, u32)>),
    /// Variants of a study of sensitivity, likewise.
    Variants(Wanted),
    /// Candidates of a design (by its place) in cases.
    Pieces(usize, Vec<Piece>),
    /// Variants of a candidate in a case, each until there are so many runs of it.
    Moved(Place, Wanted),
}

/// One shard's folder.
pub(super) struct Shard {
    folder: PathBuf,
    /// What it plays.
    pub(super) share: Share,
    /// Where it is not the first one.
    pub(super) round: Option<Round>,
    target: PathBuf,
}

impl Round {
    /// As a file and other ranks are told. A number is written as it is, not rounded to what a reader of
    /// JSON takes.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Runs((first, runs)) => json!({ "first": first, "replications": runs }),
            Self::Values(values) => {
                let one = |(number, runs): &(f64, u32)| json!({ "value": number.to_string(), "runs": runs });
                json!({ "values": values.iter().map(one).collect::<Vec<_>>() })
            }
            Self::Variants(wanted) => json!({ "variants": variants(wanted) }),
            Self::Moved(Place { design, candidate, case }, wanted) => {
                json!({ "answer": [design, candidate, case], "variants": variants(wanted) })
            }
            Self::Pieces(design, pieces) => {
                let one = |Piece { look, fresh }: &Piece| {
                    json!([look.candidate, look.case, look.from, look.runs, fresh])
                };
                json!({ "design": design, "pieces": pieces.iter().map(one).collect::<Vec<_>>() })
            }
        }
    }

    /// What [`Self::to_json`] wrote.
    pub(super) fn of_json(list: &Value) -> Option<Self> {
        let number = |of: &Value, key: &str| u32::try_from(of[key].as_u64()?).ok();
        if let Some(of) = list["variants"].as_array() {
            let moved = |of: &Value| serde_json::from_value::<Variant>(of["moved"].clone()).ok();
            let one = |of: &Value| Some((moved(of)?, number(of, "runs")?));
            let wanted: Wanted = of.iter().map(one).collect::<Option<_>>()?;
            let at = &list["answer"];
            if at.is_null() {
                return Some(Self::Variants(wanted));
            }
            let part = |place: usize| usize::try_from(at[place].as_u64()?).ok();
            let at = Place { design: part(0)?, candidate: part(1)?, case: part(2)? };
            return Some(Self::Moved(at, wanted));
        }
        if let Some(pieces) = list["pieces"].as_array() {
            let design = usize::try_from(list["design"].as_u64()?).ok()?;
            return pieces.iter().map(piece).collect::<Option<_>>().map(|all| Self::Pieces(design, all));
        }
        let Some(values) = list["values"].as_array() else {
            return Some(Self::Runs((number(list, "first")?, number(list, "replications")?)));
        };
        let one = |of: &Value| Some((of["value"].as_str()?.parse().ok()?, number(of, "runs")?));
        values.iter().map(one).collect::<Option<_>>().map(Self::Values)
    }
}

fn variants(wanted: &Wanted) -> Vec<Value> {
    let one = |(variant, runs): &(Variant, u32)| json!({ "moved": variant, "runs": runs });
    wanted.iter().map(one).collect()
}

fn piece(of: &Value) -> Option<Piece> {
    let number = |at: usize| of[at].as_u64();
    let place = |at: usize| usize::try_from(number(at)?).ok();
    let runs = |at: usize| u32::try_from(number(at)?).ok();
    let look = Look { candidate: place(0)?, case: place(1)?, from: runs(2)?, runs: runs(3)? };
    (look.from < look.runs).then_some(Piece { look, fresh: of[4].as_bool()? })
}

fn digests(scenarios: &[&Scenario]) -> Value {
    scenarios.iter().map(|scenario| scenario.digest.as_str()).collect()
}

/// `target` with a word behind its name.
fn beside(target: &Path, behind: &str) -> PathBuf {
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    target.with_file_name(format!("{name}.{behind}"))
}

fn round_file(target: &Path) -> PathBuf {
    beside(target, "round.json")
}

impl Spread {
    /// Whether one machine plays a part.
    pub(super) fn is_shard(&self) -> bool {
        self.shard.is_some()
    }

    /// The folder of this shard of a command that writes `target`, where it is one; `twins` are part
    /// of its items.
    pub(super) fn open(
        &self,
        target: &Path,
        scenarios: &[&Scenario],
        twins: bool,
        force: bool,
    ) -> Result<Option<Shard>, Error> {
        let Some(share) = self.shard else { return Ok(None) };
        let digests = digests(scenarios);
        let round = self.round.as_deref().map(|path| read_round(path, &digests)).transpose()?;
        let folder = beside(target, &format!("shard-{}-of-{}", share.number(), share.shares()));
        let own = json!({
            "results": RESULTS,
            "scenarios": digests,
            "twins": twins,
            "shard": share.number(),
            "of": share.shares(),
            "command": words(),
        });
        let inputs = Inputs::of(scenarios.iter().flat_map(|scenario| scenario.files()));
        kept::begin(&folder, MARK, &own, (force, &inputs), "shard")?;
        let items = folder.join(ITEMS);
        std::fs::create_dir_all(&items).map_err(Error::file("create", &items))?;
        Ok(Some(Shard { folder, share, round, target: target.to_owned() }))
    }

    /// The items of all shards, where they are merged; `also` are folders that may have some.
    pub(super) fn items(
        &self,
        scenarios: &[&Scenario],
        also: Option<PathBuf>,
    ) -> Result<Option<Items>, Error> {
        let Some(of) = &self.gathered else { return Ok(None) };
        if of.scenarios != digests(scenarios) || of.results != json!(RESULTS) {
            return Err(Error::question(
                "the shards were played of other scenarios than these files are now, or by a casim with other \
                 results; merge them where they were played, or play them again",
            ));
        }
        let folders = of.folders.iter().map(|folder| folder.join(ITEMS)).chain(also);
        Ok(Some(Items::of(folders.collect()).complete()))
    }

    /// Says which commands play what is missing. `round` is that of a command that decides as it goes,
    /// with its number, from 1: the first needs no list.
    pub(super) fn unfinished(
        &self,
        missing: &Missing,
        target: &Path,
        round: Option<(usize, &Round)>,
        out: &mut dyn Write,
    ) -> Error {
        let Some(of) = &self.gathered else { return Answer::Unfinished(missing.clone()).into() };
        let mut list = String::new();
        if let Some((number, round)) = round.filter(|(number, _)| *number > 1) {
            let path = round_file(target);
            let mut file = json!({ "results": of.results, "scenarios": of.scenarios, "round": number });
            if let (Value::Object(file), Value::Object(list)) = (&mut file, round.to_json()) {
                file.extend(list);
            }
            if let Err(error) = crate::store::save(&path, format!("{file:#}\n").as_bytes()) {
                return Error::file("write", path)(error);
            }
            list = format!(" --round {}", shell(&path.to_string_lossy()));
        }
        let shares: std::collections::BTreeSet<usize> =
            missing.places.iter().map(|&place| Share::at(place, of.of).number()).collect();
        let command: Vec<String> = of.words.iter().map(|word| shell(word)).collect();
        for number in shares {
            let command = command.join(" ");
            if let Err(error) = writeln!(out, "casim {command} --shard {number}/{}{list}", of.of) {
                return error.into();
            }
        }
        Answer::Unfinished(missing.clone()).into()
    }

    /// Removes the list of a round that was the last.
    pub(super) fn finished(&self, target: &Path) -> Result<(), Error> {
        let path = round_file(target);
        if self.gathered.is_some() && path.exists() {
            std::fs::remove_file(&path).map_err(Error::file("remove", &path))?;
        }
        Ok(())
    }
}

impl Shard {
    /// Where its items are kept.
    pub(super) fn items(&self) -> Items {
        Items::of(vec![self.folder.join(ITEMS)])
    }

    /// The runs of this round, of a command that begins with `first`.
    pub(super) fn runs(&self, first: u32) -> Result<Runs, Error> {
        match &self.round {
            None => Ok((0, first)),
            Some(Round::Runs(runs)) => Ok(*runs),
            Some(_) => Err(Error::question(OTHER_LIST)),
        }
    }

    /// The values of this round, of a command that begins with `first`.
    pub(super) fn values(&self, first: Vec<(f64, u32)>) -> Result<Vec<(f64, u32)>, Error> {
        match &self.round {
            None => Ok(first),
            Some(Round::Values(values)) => Ok(values.clone()),
            Some(_) => Err(Error::question(OTHER_LIST)),
        }
    }

    /// The variants of this round, of a command that begins with `first`; `known` says whether they are its own.
    pub(super) fn variants(&self, first: Wanted, known: impl Fn(&Wanted) -> bool) -> Result<Wanted, Error> {
        match &self.round {
            None => Ok(first),
            Some(Round::Variants(wanted)) if known(wanted) => Ok(wanted.clone()),
            Some(_) => Err(Error::question(OTHER_LIST)),
        }
    }

    /// What this round plays of which design, of a command that begins with `first`.
    pub(super) fn pieces(&self, first: (usize, Vec<Piece>)) -> Result<(usize, Vec<Piece>), Error> {
        match &self.round {
            None => Ok(first),
            Some(Round::Pieces(design, pieces)) => Ok((*design, pieces.clone())),
            Some(_) => Err(Error::question(OTHER_LIST)),
        }
    }

    /// What this round moves of a plan's answer, where it does.
    pub(super) fn moved(&self) -> Option<(Place, &Wanted)> {
        match &self.round {
            Some(Round::Moved(at, wanted)) => Some((*at, wanted)),
            _ => None,
        }
    }

    /// Says what is there now, and what comes next.
    pub(super) fn tell(&self, items: usize, out: &mut dyn Write) -> Result<(), Error> {
        let (folder, of) = (self.folder.display(), self.share.shares());
        writeln!(out, "Shard {} of {of}: {items} items are in {folder}", self.share.number())?;
        let all = beside(&self.target, "shard-");
        writeln!(out, "When all {of} are done: casim merge {}*-of-{of}", shell(&all.to_string_lossy()))?;
        Ok(())
    }
}

impl Gathered {
    /// Reads the marks of these folders, which are to be those of all shards of one command.
    pub(super) fn read(folders: &[PathBuf]) -> Result<Self, Error> {
        let mut read: Vec<(usize, &PathBuf, Value)> = Vec::with_capacity(folders.len());
        for folder in folders {
            let mark = kept::mark(&folder.join(MARK));
            let number = mark.as_ref().and_then(|mark| usize::try_from(mark["shard"].as_u64()?).ok());
            let Some((number, mark)) = number.zip(mark) else {
                return Err(Error::question(format!("`{}` is not the folder of a shard", folder.display())));
            };
            read.push((number, folder, mark));
        }
        read.sort_by_key(|(number, ..)| *number);
        let Some((_, first, mark)) = read.first() else {
            return Err(Error::question("there is nothing to merge"));
        };
        for (_, folder, other) in &read {
            for key in ["results", "scenarios", "twins", "of", "command"] {
                if mark[key] != other[key] {
                    return Err(Error::question(format!(
                        "`{}` and `{}` do not belong together: their `{key}` differ ({} and {})",
                        first.display(),
                        folder.display(),
                        mark[key],
                        other[key]
                    )));
                }
            }
        }
        if let Some(twice) = read.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Error::question(format!("shard {} was given twice", twice[0].0)));
        }
        let of = mark["of"].as_u64().and_then(|of| usize::try_from(of).ok()).filter(|of| *of > 0);
        let words = mark["command"].as_array().into_iter().flatten();
        let words: Option<Vec<String>> = words.map(|word| word.as_str().map(str::to_owned)).collect();
        let (Some(of), Some(words)) = (of, words) else {
            return Err(Error::question(format!("`{}` does not say what it is a shard of", first.display())));
        };
        Ok(Self {
            words,
            of,
            results: mark["results"].clone(),
            scenarios: mark["scenarios"].clone(),
            folders: read.iter().map(|(_, folder, _)| (*folder).clone()).collect(),
        })
    }
}

fn read_round(path: &Path, digests: &Value) -> Result<Round, Error> {
    let list = kept::mark(path).unwrap_or_default();
    match Round::of_json(&list) {
        Some(round) if list["results"] == json!(RESULTS) && list["scenarios"] == *digests => Ok(round),
        Some(_) => Err(Error::question(format!(
            "`{}` is a round of other scenarios, or of a casim with other results",
            path.display()
        ))),
        None => Err(Error::question(format!("`{}` is not the list of a round", path.display()))),
    }
}

/// The words of this command without those that say who plays it.
fn words() -> Vec<String> {
    let mut all = std::env::args().skip(1);
    let mut own = Vec::new();
    while let Some(word) = all.next() {
        let option = word.split_once('=').map_or(word.as_str(), |(option, _)| option);
        if !WITH_VALUE.contains(&option) && !ALONE.contains(&option) {
            own.push(word);
        } else if WITH_VALUE.contains(&option) && !word.contains('=') {
            drop(all.next());
        }
    }
    own
}

/// A word as a shell takes it.
fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// `I/N`, `auto/N` or `auto`.
fn share(text: &str) -> Result<Share, String> {
    parse(text, &|name| std::env::var(name).ok())
}

/// What a batch system tells the process it starts: how many of them there are, and its place.
struct Task {
    number: usize,
    of: Option<usize>,
}

/// Asks the variables that batch systems set, the innermost last.
fn task(variable: &dyn Fn(&str) -> Option<String>) -> Option<Task> {
    let number = |name: &str| variable(name)?.parse::<usize>().ok();
    if let Some(id) = number("SLURM_ARRAY_TASK_ID") {
        // Of an array that is not 1-N nobody can say which shard is meant.
        let whole = number("SLURM_ARRAY_TASK_MIN") == Some(1)
            && number("SLURM_ARRAY_TASK_MAX") == number("SLURM_ARRAY_TASK_COUNT");
        return Some(Task { number: id, of: number("SLURM_ARRAY_TASK_COUNT").filter(|_| whole) });
    }
    if let Some(index) = number("JOB_COMPLETION_INDEX") {
        return Some(Task { number: index + 1, of: None });
    }
    let ranks = [
        ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
        ("PMI_RANK", "PMI_SIZE"),
        ("SLURM_PROCID", "SLURM_NTASKS"),
    ];
    ranks.iter().find_map(|(rank, size)| Some(Task { number: number(rank)? + 1, of: number(size) }))
}

fn parse(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Share, String> {
    let (number, of) = text.split_once('/').map_or((text, None), |(number, of)| (number, Some(of)));
    let fault = || "expected I/N with I from 1 to N, as in 2/4; or auto/4, or auto".to_owned();
    let of = of.map(|of| of.parse::<usize>().map_err(|_| fault())).transpose()?;
    let (number, of) = if number == "auto" {
        let task = task(variable).ok_or("no batch system says which of its tasks this is")?;
        let of = of.or(task.of).ok_or("the batch system does not say how many tasks there are: auto/N")?;
        (task.number, of)
    } else {
        (number.parse().map_err(|_| fault())?, of.ok_or_else(fault)?)
    };
    Share::of(number, of).ok_or_else(|| format!("there is no shard {number} of {of}: {}", fault()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Variables as Slurm, Kubernetes and Open MPI set them.
    #[test]
    fn a_shard_is_named_or_asked_of_the_batch_system() {
        let of = |text: &str, set: &[(&str, &str)]| {
            let variable = |name: &str| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            parse(text, &variable).map(|share| (share.number(), share.shares()))
        };
        assert_eq!(of("2/4", &[]), Ok((2, 4)));
        for bad in ["0/4", "5/4", "2", "2/", "x/4", "-1/4", "1/0", "auto"] {
            assert!(of(bad, &[]).is_err(), "{bad}");
        }
        let array = |id, min, max, count| {
            [
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_MIN", min),
                ("SLURM_ARRAY_TASK_MAX", max),
                ("SLURM_ARRAY_TASK_COUNT", count),
                ("SLURM_PROCID", "0"),
                ("SLURM_NTASKS", "1"),
            ]
        };
        assert_eq!(of("auto", &array("3", "1", "4", "4")), Ok((3, 4)));
        // One task of an array that is sent again has to be told of how many.
        assert!(of("auto", &array("3", "3", "3", "1")).is_err());
        assert_eq!(of("auto/4", &array("3", "3", "3", "1")), Ok((3, 4)));
        assert!(of("auto/4", &array("0", "0", "3", "4")).is_err());
        assert_eq!(of("auto/4", &[("JOB_COMPLETION_INDEX", "0")]), Ok((1, 4)));
        assert!(of("auto", &[("JOB_COMPLETION_INDEX", "0")]).is_err());
        assert_eq!(of("auto", &[("OMPI_COMM_WORLD_RANK", "1"), ("OMPI_COMM_WORLD_SIZE", "2")]), Ok((2, 2)));
        assert_eq!(of("auto", &[("SLURM_PROCID", "5"), ("SLURM_NTASKS", "8")]), Ok((6, 8)));
    }

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        assert_eq!(shell("run.load=50%..150%:50%"), "run.load=50%..150%:50%");
        assert_eq!(shell("link.A-B.bandwidth=2,10 Mbps"), "'link.A-B.bandwidth=2,10 Mbps'");
        assert_eq!(shell("it's"), r"'it'\''s'");
        assert_eq!(shell(""), "''");
    }
}
