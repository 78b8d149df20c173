//! Faults as they are told: in order, each once, and of a long table not row for row.

use std::path::Path;

use crate::diagnostics::{Diagnostic, Diagnostics, Severity, Sources};

/// Faults in order of file and place, each once.
pub(super) fn failed(mut faults: Vec<Diagnostic>, sources: Sources) -> Diagnostics {
    faults.sort_by_key(|fault| {
        let place = fault.labels.first().map(|label| label.span);
        (place.is_some(), place)
    });
    faults.dedup();
    let faults = once_a_table(faults, &sources);
    debug_assert!(faults.iter().all(|fault| fault.severity == Severity::Error));
    Diagnostics { items: faults, sources }
}

/// Faults that repeat from row to row of one CSV table are told once, with a count.
fn once_a_table(faults: Vec<Diagnostic>, sources: &Sources) -> Vec<Diagnostic> {
    /// So many like one another are told one by one.
    const FEW: usize = 2;
    let table = |fault: &Diagnostic| {
        let source = fault.labels.first()?.span.source;
        let name = &sources.get(source)?.name;
        let is_table = Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
        // What names a row differs from row to row: names in quotes, and numbers.
        let words = fault.title.split('`').step_by(2).flat_map(str::chars).filter(|c| !c.is_ascii_digit());
        is_table.then(|| (source, fault.code, words.collect::<String>()))
    };
    let mut alike: std::collections::BTreeMap<_, usize> = std::collections::BTreeMap::new();
    for key in faults.iter().filter_map(table) {
        *alike.entry(key).or_default() += 1;
    }
    let mut told = Vec::with_capacity(faults.len().min(1000));
    for mut fault in faults {
        match table(&fault).map(|key| (alike.get(&key).copied().unwrap_or(0), key)) {
            Some((0, _)) => {}
            Some((count, key)) if count > FEW => {
                alike.insert(key, 0);
                fault = fault.help(format!("the same in {} more rows of this table", count - 1));
                told.push(fault);
            }
            _ => told.push(fault),
        }
    }
    told
}
