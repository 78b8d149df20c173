//! The rules as a document: `docs/rules.md` is this text, kept current by a test.

use std::fmt::Write as _;

use super::lists::{all, of};
use crate::model::access::failure::Failure;
use crate::model::release::Generation;

/// Every rule and the order in which each release tries them, as Markdown.
#[must_use]
pub fn document() -> String {
    let mut text = String::from(
        "# Access rules\n\n\
         Generated from the code by `casim explain --list-rules`; do not edit.\n\n\
         A release tries its rules in order, and the first that answers decides. `casim explain` prints \
         which one did and what each looked at. Confidence: ARTICLE, stated by the founding article; \
         SOURCE, read in a public source; MEMORY, practitioners' knowledge without a page to cite; \
         CONTESTED, sources disagree and a setting decides.\n\n\
         ## Order by release\n\n",
    );
    for (generation, token) in Generation::ALL {
        let ids: Vec<String> = of(generation).map(|rule| format!("`{}`", rule.id)).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "- **{token}**: {}", ids.join(", "));
    }
    text.push_str("\n## Rules\n");
    for rule in all() {
        let _ = write!(
            text,
            "\n### {}\n\n**{}.** {}\n\n*{}: {}*\n",
            rule.id,
            rule.title,
            rule.docs,
            rule.confidence.token(),
            rule.source,
        );
    }
    text.push_str("\n## Reasons of failure\n\n| failure | meaning |\n|---|---|\n");
    for (_, token, sentence) in Failure::ALL {
        let _ = writeln!(text, "| `{token}` | {sentence} |");
    }
    text
}
