//! The processor does not show: the same bytes with its extensions and without them.
//!
//! The C library chooses its `exp`, `log` and `pow` by what the processor can do, and they
//! differ in the last bit. When variates came from them, 4 of the 7,930 sessions here
//! differed without fused multiplication. Elsewhere than on glibc the variable does
//! nothing, and the test is one of repetition.

use crate::support::{Ran, Sandbox, assert_code, tree};

/// 25 long waits of gamma law a session, for many digits, lognormal and exponential ones.
const LONG: &str = r#"
[run]
window = "26000 h"
seed = 11
[[delay]]
name = "wait"
span = { gamma = { mean = "700 h", cv = 2.5 } }
[[delay]]
name = "walk"
span = { lognormal = { median = "300 h", p95 = "2000 h" } }
[[delay]]
name = "rest"
span = { exponential = { mean = "400 h" } }
[[source]]
name = "long"
arrivals = { poisson = "0.3 /h" }
path = ["wait x25", "walk x5", "rest x5"]
"#;

#[test]
fn the_processor_s_extensions_do_not_show() {
    let sandbox = Sandbox::new();
    sandbox.write("long.toml", LONG);
    let without = "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX512F";
    for (out, tunables) in [("with", ""), ("without", without)] {
        let mut command = sandbox.casim();
        command.env("GLIBC_TUNABLES", tunables).args([
            "run",
            "long.toml",
            "-q",
            "--charts",
            "none",
            "-o",
            out,
        ]);
        assert_code(&Ran::from(command.output().unwrap()), 0);
    }
    let [with, without] = ["with", "without"].map(|out| tree(&sandbox.path().join(out)));
    let sessions = with.iter().find(|(name, _)| name == "sessions.csv").expect("sessions");
    assert!(sessions.1.iter().filter(|byte| **byte == b'\n').count() > 7_000);
    for ((name, bytes), (theirs, other)) in with.iter().zip(&without) {
        assert!(name == theirs && bytes == other, "{name} differs without the processor's extensions");
    }
}
