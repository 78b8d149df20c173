//! What belongs below what: rows with what flows to the one above them and bars of what they have.
//!
//! Data alone: [`super::tree`] and [`super::map`] draw them.

use crate::output::words::percent;

/// One direction of a line to the row above.
#[derive(Clone, PartialEq, Debug)]
pub struct Flow {
    /// What it carries, Mbit/s.
    pub mbps: f64,
    /// Use in the busiest hour as a share of its limit.
    pub share: f64,
    /// `3.3 Mbit/s, 26 %`.
    pub words: String,
}

/// Something that has a limit.
#[derive(Clone, PartialEq, Debug)]
pub struct Bar {
    /// What it is: `CAS 2×4`.
    pub name: String,
    /// Use in the busiest hour as a share of its limit.
    pub share: f64,
}

/// One of many sites behind a hub.
#[derive(Clone, PartialEq, Debug)]
pub struct Leaf {
    /// Its name.
    pub name: String,
    /// Use in the busiest hour of the line that is closest to its limit on the way to the hub, as a share of it.
    pub share: f64,
    /// Mailboxes there.
    pub mailboxes: u64,
    /// By how much the worst goal is missed, as value over goal, and the value in words.
    pub missed: Option<(f64, String)>,
}

/// A row.
#[derive(Clone, PartialEq, Debug)]
pub struct Branch {
    /// Its name.
    pub name: String,
    /// Words below it.
    pub words: String,
    /// How many are above it.
    pub depth: usize,
    /// From above and to above; nothing of what hangs on nothing.
    pub flows: Option<[Flow; 2]>,
    /// When its line is out, in words; nothing where it never is.
    pub cut: String,
    /// What it has.
    pub bars: Vec<Bar>,
    /// Whether something that was promised is missed there.
    pub missed: bool,
}

impl Branch {
    /// In words, for readers who do not see it.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut parts = vec![self.words.clone()];
        if let Some([down, up]) = &self.flows {
            parts.push(format!("{} from above, {} to above", down.words, up.words));
        }
        if !self.cut.is_empty() {
            parts.push(format!("its line is out {}", self.cut));
        }
        parts.extend(self.bars.iter().map(|bar| format!("{} {} of the limit", bar.name, percent(bar.share))));
        if self.missed {
            parts.push("a goal is missed".to_owned());
        }
        parts.retain(|part| !part.is_empty());
        format!("{}: {}", self.name, parts.join(", "))
    }
}
