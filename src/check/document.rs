//! The lints as a document: `docs/lints.md` is this text, kept current by a test.

use std::fmt::Write as _;

use super::finding::word;
use super::lints;

/// Every lint as Markdown.
#[must_use]
pub fn document() -> String {
    let mut text = String::from(
        "# Lints\n\n\
         Generated from the code by `casim check --list-lints`; do not edit.\n\n\
         `casim check SCENARIO` looks for these. A finding names the offending setting with line and \
         column, the mailboxes touched, and what to type. Errors make it end with exit code 1; warnings \
         and notes do not. Confidence: ARTICLE, stated by the founding article; SOURCE, read in a public \
         source; MEMORY, practitioners' knowledge without a page to cite; CONTESTED, sources disagree.\n\n\
         What there is to type was tried in memory: with all its lines the finding goes, nobody is refused who was \
         served, and no error or warning is new. Where nothing passes, words are left.\n\n\
         | lint | severity | finds |\n|---|---|---|\n",
    );
    for lint in lints::all() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {} | {} | {} |", lint.id, word(lint.severity), lint.title);
    }
    for lint in lints::all() {
        let _ = write!(
            text,
            "\n## {}: {}\n\n**{}.** {}\n\n*{}: {}*\n",
            lint.id,
            lint.title,
            word(lint.severity),
            lint.docs,
            lint.confidence.token(),
            lint.source,
        );
    }
    text
}
