//! What the folder of a comparison keeps of what was asked, so that it can be made again.

use serde_json::{Value, json};

use crate::decide::compare::Asked;
use crate::output::{Pictures, manifest};
use crate::results::RESULTS;
use crate::scenario::Scenario;

/// A side as it was named.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) scenario: Scenario,
}

/// The file of a side's scenario: `base.toml`, `other-1.toml` ...
pub(super) fn side_file(at: usize) -> String {
    if at == 0 { "base.toml".to_owned() } else { format!("other-{at}.toml") }
}

/// What was asked.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    pub(super) asked: Asked,
    pub(super) charts: Pictures,
    /// The others are steps of a migration.
    pub(super) in_order: bool,
    /// Runs of each side, where results that were kept were compared.
    pub(super) runs: Option<Vec<u32>>,
}

impl Recorded {
    /// By which the folder is known, and can be made again.
    pub(super) fn manifest(&self, sides: &[Named]) -> String {
        let scenarios = sides.iter().enumerate().map(|(at, side)| {
            json!({
                "name": side.name,
                "file": side_file(at),
                "scenario_digest": side.scenario.digest,
                "scenario_file": manifest::sha256(side.scenario.resolved.as_bytes()),
            })
        });
        // Numbers as text: they are read exactly as they were.
        let text = |number: f64| format!("{number}");
        manifest::sealed(&json!({
            "format": manifest::FORMAT,
            "results": RESULTS,
            "casim_version": env!("CARGO_PKG_VERSION"),
            "command": "compare",
            "scenarios": scenarios.collect::<Vec<_>>(),
            "replications": self.asked.pairs,
            "precision": self.asked.precision.map(text),
            "max_replications": self.asked.most,
            "floor": text(self.asked.floor),
            "unpaired": self.asked.unpaired,
            "in_order": self.in_order,
            "runs_of_folders": self.runs,
            "charts": self.charts.token(),
        }))
    }

    /// What a folder says of itself, with the names of its sides; nothing where it says not enough.
    pub(super) fn of_manifest(manifest: &Value) -> Option<(Self, Vec<String>)> {
        let text = |key: &str| manifest.get(key).and_then(Value::as_str);
        let number = |value: &Value| value.as_u64().and_then(|n| u32::try_from(n).ok());
        let asked = Asked {
            pairs: number(manifest.get("replications")?)?,
            precision: match text("precision") {
                Some(share) => Some(share.parse().ok()?),
                None => None,
            },
            most: number(manifest.get("max_replications")?)?,
            floor: text("floor")?.parse().ok()?,
            unpaired: manifest.get("unpaired")?.as_bool()?,
        };
        let runs = match manifest.get("runs_of_folders").and_then(Value::as_array) {
            Some(runs) => Some(runs.iter().map(number).collect::<Option<Vec<u32>>>()?),
            None => None,
        };
        let sides = manifest.get("scenarios")?.as_array()?.iter();
        let names = sides.map(|side| side.get("name")?.as_str().map(str::to_owned)).collect::<Option<_>>()?;
        let (charts, in_order) =
            (Pictures::parse(text("charts")?).ok()?, manifest.get("in_order")?.as_bool()?);
        Some((Self { asked, charts, in_order, runs }, names))
    }

    /// The first of its scenarios' files that is not the one that was written; `read` has their bytes.
    pub(super) fn changed_file(
        manifest: &Value,
        mut read: impl FnMut(&str) -> Option<Vec<u8>>,
    ) -> Option<String> {
        let sides = manifest.get("scenarios").and_then(Value::as_array)?;
        sides.iter().find_map(|side| {
            let file = side.get("file")?.as_str()?;
            let written = side.get("scenario_file").and_then(Value::as_str);
            let same = read(file).is_some_and(|bytes| Some(manifest::sha256(&bytes).as_str()) == written);
            (!same).then(|| file.to_owned())
        })
    }
}
