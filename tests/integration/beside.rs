//! Long lists of observed values stand beside the scenario that casim writes, not in it, and are read again
//! with it.

use std::fs;
use std::path::Path;

use casim::scenario::{self, Scenario};

use crate::support::{QUEUE, Sandbox, assert_code};

/// More values than stand in a scenario.
const MANY: usize = 1200;

/// A station whose service times are in a table, and a source that comes by another.
fn scenario() -> String {
    let text = QUEUE.replace("[run]", "[run]\nreplications = 2");
    let text = text.replace(
        "{ exponential = { mean = \"100 ms\" } }",
        "{ empirical = { file = \"t.csv\", column = \"service\", unit = \"ms\" } }",
    );
    text.replace("{ poisson = \"5 /s\" }", "{ trace = { file = \"t.csv\", column = \"at\" } }")
}

/// Instants a sixth of a second apart, and times of service that are no round numbers.
fn table(rows: usize) -> String {
    let row = |n: usize| format!("{} s,{}\n", n as f64 / 6.0, 10.0 + (n * 7919 % 1013) as f64 / 7.0);
    "at,service\n".to_owned() + &(0..rows).map(row).collect::<String>()
}

/// Read with the files that stand beside it.
fn again(scenario: &Scenario) -> Scenario {
    scenario::load_made("test.toml", &scenario.resolved, &scenario.beside)
        .unwrap_or_else(|faults| panic!("{faults}\n{}", scenario.resolved))
}

#[test]
fn a_long_list_stands_beside_and_a_short_one_within() {
    let folder = Sandbox::new();
    let path = folder.write("queue.toml", scenario());
    for rows in [1000, MANY] {
        folder.write("t.csv", table(rows));
        let first = scenario::load(&path, &[]).unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(first.beside.len(), if rows > 1000 { 2 } else { 0 });
        for list in ["times = [", "values = ["] {
            assert_eq!(first.resolved.contains(list), rows <= 1000);
        }
        for file in &first.beside {
            assert_eq!(file.text.lines().count(), rows + 1);
            assert!(first.resolved.contains(&file.name), "{}", first.resolved);
        }
        let second = again(&first);
        assert_eq!(format!("{:?}", first.model), format!("{:?}", second.model));
        assert_eq!((&first.digest, &first.beside), (&second.digest, &second.beside));
        assert_eq!(again(&second).resolved, second.resolved);
        // Another value is another scenario.
        folder.write("t.csv", table(rows).replacen(",10\n", ",11\n", 1));
        let other = scenario::load(&path, &[]).unwrap_or_else(|faults| panic!("{faults}"));
        assert_ne!(other.digest, first.digest);
    }
    // Where the file is not at hand, that is said.
    let faults =
        scenario::load(&folder.write("alone.toml", scenario().replace("t.csv", "values-0.csv")), &[]);
    assert!(faults.unwrap_err().to_string().contains("there is no such file"));
}

#[test]
fn a_folder_has_the_files_that_its_scenario_names() {
    let folder = Sandbox::new();
    folder.write("t.csv", table(MANY));
    folder.write("queue.toml", scenario());
    assert_code(&folder.run(&["run", "queue.toml", "-o", "first"]), 0);
    let values = |at: &str| {
        let names = fs::read_dir(folder.path().join(at)).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut values: Vec<String> = names.filter(|name| name.starts_with("values-")).collect();
        values.sort();
        values
    };
    assert_eq!(values("first").len(), 2);
    // What it was read from may be gone.
    fs::remove_file(folder.path().join("t.csv")).unwrap();
    assert_code(&folder.run(&["run", "first/scenario.toml", "-o", "second"]), 0);
    for name in
        values("first").iter().map(String::as_str).chain(["sessions.csv", "summary.csv", "result.bin"])
    {
        let of = |at: &str| fs::read(folder.path().join(at).join(name)).unwrap();
        assert!(of("first") == of("second"), "{name}");
    }
    assert_code(&folder.run(&["verify", "first"]), 0);
    // The steps of a comparison find them too.
    folder.write("other.toml", read_as_text(folder.path()).replace("cores = 1", "cores = 2"));
    for name in values("first") {
        fs::copy(folder.path().join("first").join(&name), folder.path().join(&name)).unwrap();
    }
    let sides = ["compare", "first/scenario.toml", "other.toml", "--replications", "2", "-o", "both"];
    assert_code(&folder.run(&sides), 0);
    assert_eq!(values("both"), values("first"));
    assert_code(&folder.run(&["verify", "both"]), 0);
}

fn read_as_text(folder: &Path) -> String {
    fs::read_to_string(folder.join("first/scenario.toml")).unwrap()
}
