//! What a study of sensitivity is asked for, as its folder keeps it.

use serde_json::{Value, json};

use crate::decide::sensitivity;
use crate::output::{Pictures, manifest};
use crate::results::RESULTS;
use crate::scenario::Scenario;

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Asked {
    pub(super) study: sensitivity::Asked,
    /// Which charts there are.
    pub(super) charts: Pictures,
}

impl Asked {
    /// By which the folder is known, and can be made again.
    pub(super) fn manifest(&self, base: &Scenario) -> String {
        let sensitivity::Asked { range, also, only, budget, runs } = &self.study;
        manifest::sealed(&json!({
            "format": manifest::FORMAT,
            "results": RESULTS,
            "casim_version": env!("CARGO_PKG_VERSION"),
            "command": "sensitivity",
            "scenario_digest": base.digest,
            "scenario_file": manifest::sha256(base.resolved.as_bytes()),
            // Numbers as text: they are read exactly as they were.
            "range": range.map(|factor| format!("{factor}")),
            "also": also,
            "only": only,
            "budget": budget,
            "replications": runs,
            "charts": self.charts.token(),
        }))
    }

    /// What a folder says that it was asked for; nothing where it says not enough.
    pub(super) fn of_manifest(manifest: &Value) -> Option<Self> {
        let number =
            |key: &str| manifest.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        let list = |key: &str| -> Option<Vec<String>> {
            let items = manifest.get(key)?.as_array()?;
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        };
        let range = list("range")?;
        let [low, high] = range.as_slice() else { return None };
        let study = sensitivity::Asked {
            range: [low.parse().ok()?, high.parse().ok()?],
            also: list("also")?,
            only: list("only")?,
            budget: number("budget")?,
            runs: number("replications")?,
        };
        Some(Self { study, charts: Pictures::parse(manifest.get("charts")?.as_str()?).ok()? })
    }
}

/// Reads `50%`, which is x0.5 to x1.5, or `x0.5..x2`.
pub(super) fn range(text: &str) -> Result<[f64; 2], String> {
    let fault = || format!("`{text}` is no range: as in 50%, or x0.5..x2");
    let factor = |text: &str| text.trim().strip_prefix('x')?.parse::<f64>().ok();
    let ends = match text.split_once("..") {
        Some((low, high)) => factor(low).zip(factor(high)).map(|(low, high)| [low, high]),
        None => {
            let share = text.trim().strip_suffix('%').and_then(|share| share.trim().parse::<f64>().ok());
            share.map(|share| [1.0 - share / 100.0, 1.0 + share / 100.0])
        }
    };
    let [low, high] = ends.ok_or_else(fault)?;
    match (0.0..1.0).contains(&low) && high > 1.0 && high <= 100.0 {
        true => Ok([low, high]),
        false => Err(format!("{}; the lower end is 0 or more and below 1, the higher above 1", fault())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        assert_eq!(range("50%"), Ok([0.5, 1.5]));
        assert_eq!(range("20 %"), Ok([0.8, 1.2]));
        assert_eq!(range("x0.25..x4"), Ok([0.25, 4.0]));
        for bad in ["", "50", "x2..x0.5", "x1..x2", "0.5..2", "150%", "x0.5..x1", "-5%", "xNaN..x2"] {
            assert!(range(bad).is_err(), "{bad}");
        }
    }
}
