//! A folder of its own for a test that runs the program from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use super::SMALL;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Removed when dropped.
pub(crate) struct Sandbox {
    path: PathBuf,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let name = format!("casim-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self { path }
    }

    /// With the small scenario as `small.toml`.
    pub(crate) fn small() -> Self {
        let sandbox = Self::new();
        sandbox.write("small.toml", SMALL);
        sandbox
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The program in this folder, with a plain environment.
    pub(crate) fn casim(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_casim"));
        command.current_dir(&self.path).env("NO_COLOR", "1").env_remove("RUST_BACKTRACE");
        command
    }

    /// Draws charts only where the arguments say which: few tests look at them, and they
    /// take most of the time of a small run.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let mut command = self.casim();
        command.args(args);
        let draws = args.first().is_some_and(|command| ["run", "compare", "sweep"].contains(command));
        if draws && !args.contains(&"--charts") {
            command.args(["--charts", "none"]);
        }
        Ran::from(command.output().unwrap())
    }

    /// Names in the folder, hidden ones too, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&self.path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// What a run of the program gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Standard output as one line: where a sentence goes on in the next follows from the
    /// width there is. With a blank at its end, as every line has an end.
    pub(crate) fn said(&self) -> String {
        self.stdout.split_whitespace().fold(String::new(), |said, word| said + word + " ")
    }
}

/// The exit code, and no panic.
#[track_caller]
pub(crate) fn assert_code(ran: &Ran, code: i32) {
    assert_eq!(ran.code, Some(code), "stdout:\n{}\nstderr:\n{}", ran.stdout, ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }
}

/// The page of a folder, which `casim report` has made again from what is kept there: the same bytes.
pub(crate) fn page_made_again(sandbox: &Sandbox, folder: &str) -> String {
    let read = |file: &str| fs::read_to_string(sandbox.path().join(file)).unwrap();
    let again = format!("{folder}-again.html");
    assert_code(&sandbox.run(&["report", folder, "-q", "-o", &again]), 0);
    let page = read(&format!("{folder}/report.html"));
    assert!(page == read(&again), "{folder}: another page");
    page
}

/// Every file below a folder with its bytes, by relative name.
pub(crate) fn tree(folder: &Path) -> Vec<(String, Vec<u8>)> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}
