//! No text, however mangled, makes the reader or the renderer panic.

use proptest::prelude::*;

use super::*;

/// What a scenario may turn into under a clumsy hand.
const WORDS: [&str; 28] = [
    "nan",
    "inf",
    "-1",
    "0",
    "1e308",
    "9223372036854775808",
    "\"",
    "[",
    "]]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "\n",
    "'''",
    "\"1e999 s\"",
    "\"-5 ms\"",
    "\"80 %\"",
    "true",
    "[]",
    "{}",
    "[[site]]\n",
    "name = \"Boston\"\n",
    "\u{feff}",
    "\u{1f600}",
    "1979-05-27",
    "base = \"test.toml\"\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Neither the reader nor the renderer panics, whatever the text; what loads
    /// loads again from its resolved form.
    #[test]
    fn no_mutation_makes_the_reader_panic(
        custom in any::<bool>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40, 0..WORDS.len()), 1..6),
    ) {
        let custom_text = include_str!("../../../tests/scenarios/custom.toml");
        let mut text = if custom { custom_text } else { EXAMPLE }.to_owned();
        for (at, length, word) in edits {
            let mut from = at.index(text.len().max(1)).min(text.len());
            while !text.is_char_boundary(from) {
                from -= 1;
            }
            let mut to = (from + length).min(text.len());
            while !text.is_char_boundary(to) {
                to += 1;
            }
            text.replace_range(from..to, WORDS[word]);
        }
        match read(&text) {
            Ok(scenario) => prop_assert_eq!(good(&scenario.resolved).digest, scenario.digest),
            Err(faults) => prop_assert!(faults.render(false).contains("error")),
        }
    }

    /// A value of the wrong kind at any key is a fault, never a panic.
    #[test]
    fn no_value_makes_the_reader_panic(line in any::<prop::sample::Index>(), word in 0..WORDS.len()) {
        let mut lines: Vec<String> = starter().lines().map(str::to_owned).collect();
        let at = line.index(lines.len());
        if let Some((key, _)) = lines[at].split_once('=') {
            lines[at] = format!("{key} = {}", WORDS[word]);
        }
        let _ = read(&lines.join("\n")).map_err(|faults| faults.render(true));
    }
}
