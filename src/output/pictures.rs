//! Which charts a folder has, and what this build can draw.
//!
//! Stands for the charts where they are left out of the build (feature `charts`).

use super::about::{About, Basis};
use super::decision::Decision;
use super::error::OutputError;
use super::folder::RunFolder;
#[cfg(feature = "charts")]
use super::report;
use crate::results::RunResult;
use crate::results::setup::Setup;

/// Which charts are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Pictures {
    /// None; there is no folder `charts`.
    None,
    /// Each as SVG, with its values as CSV.
    Svg,
    /// As PNG too.
    Png,
}

impl Default for Pictures {
    /// As many as this build can draw.
    fn default() -> Self {
        Self::MOST
    }
}

impl Pictures {
    /// Every choice with its word on the command line.
    const ALL: [(Self, &str); 3] = [(Self::None, "none"), (Self::Svg, "svg"), (Self::Png, "png")];

    /// As many as this build can draw.
    pub const MOST: Self = if cfg!(feature = "png") {
        Self::Png
    } else if cfg!(feature = "charts") {
        Self::Svg
    } else {
        Self::None
    };

    /// Reads `none`, `svg` or `png`.
    ///
    /// # Errors
    /// A sentence that names what is accepted, or that this build cannot draw it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|(_, word)| *word == text);
        let Some((found, word)) = found else {
            return Err(format!("`{text}` is none of: none, svg, png"));
        };
        if found > Self::MOST {
            return Err(format!("this casim was built without the feature that draws `{word}` charts"));
        }
        Ok(found)
    }

    /// The word of the command line.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }

    /// What a reader of the charts should know: which names PNG shows as numbers, since its font
    /// lacks their letters.
    #[must_use]
    pub fn warning(self, result: &RunResult) -> Option<String> {
        #[cfg(feature = "png")]
        if self == Self::Png {
            return super::charts::png::warning(result);
        }
        let _ = result;
        None
    }

    /// Draws the charts of `result` into the folder, and writes its page; `setup` is asked for where
    /// there is one.
    ///
    /// # Errors
    /// When the disk refuses or a drawing fails.
    pub fn write(
        self,
        folder: &RunFolder,
        result: &RunResult,
        about: &About,
        setup: impl FnOnce() -> Setup,
    ) -> Result<(), OutputError> {
        #[cfg(feature = "charts")]
        if self != Self::None {
            let drawn = super::charts::all(result);
            let shown = report::Shown { run: result, pictures: &drawn, setup: &setup(), about };
            for (name, text) in report::files(shown) {
                folder.write(name, text.as_bytes())?;
            }
            return super::charts::write(folder, result, drawn, self == Self::Png);
        }
        let _ = (folder, result, about, setup);
        Ok(())
    }

    /// Draws the charts of what was decided into the folder, and writes its page.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_decided(
        self,
        folder: &RunFolder,
        decision: Decision<'_>,
        basis: &Basis,
    ) -> Result<(), OutputError> {
        #[cfg(feature = "charts")]
        if self != Self::None {
            let drawn = super::charts::of_decision(decision);
            let shown = report::Decided { decision, pictures: &drawn, basis };
            folder.write(report::NAME, report::of_decision(shown).as_bytes())?;
            return super::charts::write_decided(folder, decision, drawn, self == Self::Png);
        }
        let _ = (folder, decision, basis);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_and_said() {
        for (choice, word) in Pictures::ALL {
            assert_eq!(choice.token(), word);
            assert_eq!(Pictures::parse(word).ok(), (choice <= Pictures::MOST).then_some(choice));
        }
        assert!(Pictures::parse("jpeg").unwrap_err().contains("none, svg, png"));
    }
}
