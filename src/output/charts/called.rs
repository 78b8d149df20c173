//! What rows are called, at their left: a name, and below it in small letters what of it.

use super::letters::{fit, fit_apart, widest};
use super::scene::{Anchor, INK, MARGIN, MUTED, SMALL, Scene, TEXT};

/// Names and words of all rows as they fit.
pub(super) struct Called {
    rows: Vec<(String, String)>,
    /// Room that the widest takes.
    pub(super) wide: f64,
}

impl Called {
    /// Rows by name and words, of which neither is wider than it may be.
    pub(super) fn of<'r>(rows: impl Iterator<Item = (&'r str, &'r str)>, (name, words): (f64, f64)) -> Self {
        let (names, all): (Vec<&str>, Vec<&str>) = rows.unzip();
        let names = fit_apart(&names, name, TEXT, true);
        let words: Vec<String> = all.iter().map(|of| fit(of, words, SMALL, false)).collect();
        let wide = widest(names.iter().map(String::as_str), TEXT, true);
        let wide = wide.max(widest(words.iter().map(String::as_str), SMALL, false));
        Self { rows: names.into_iter().zip(words).collect(), wide }
    }

    /// Writes what a row is called, about `y`.
    pub(super) fn write(&self, scene: &mut Scene, row: usize, y: f64) {
        let Some((name, words)) = self.rows.get(row) else { return };
        scene.text(MARGIN, y - 3.0, Anchor::Start, TEXT, true, INK, name);
        scene.text(MARGIN, y + 13.0, Anchor::Start, SMALL, false, MUTED, words);
    }
}
