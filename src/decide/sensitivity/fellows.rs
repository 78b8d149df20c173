//! Shares that make a whole together: one that is moved makes the others give way.
//!
//! Those are the classes of a source, and devices by heartbeat. Must not know how far anything is moved.

use crate::scenario::{Override, Resolved, Stated, key, split_path};

/// The shares that add up to a whole with that at a path, each with its value as a part of 1; none where it
/// is no such share.
pub(super) fn of(resolved: &Resolved, path: &str) -> Vec<(String, f64)> {
    let parts = split_path(path);
    let pattern = match parts.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["source", source, "class", _, "share"] => {
            format!("source.{}.class.*.share", key(source))
        }
        [head @ .., "eas_heartbeat", _, "share"] => {
            let head: Vec<String> = head.iter().map(|part| key(part)).collect();
            format!("{}.eas_heartbeat.*.share", head.join("."))
        }
        _ => return Vec::new(),
    };
    let found = resolved.find(&pattern);
    let others = found.into_iter().filter(|(other, _)| split_path(other) != parts);
    others.filter_map(|(path, value)| Some((path, share(&value?)?))).collect()
}

fn share(value: &Stated) -> Option<f64> {
    match value {
        Stated::Integer(number) => Some(*number as f64),
        Stated::Number(number) => Some(*number),
        Stated::Text(text) => text.strip_suffix('%')?.trim().parse::<f64>().ok().map(|share| share / 100.0),
        _ => None,
    }
}

/// What sets the others beside what `sets` says of one of them; `None` where they cannot give way.
pub(super) fn give_way(others: &[(String, f64)], sets: &[Override]) -> Option<Vec<Override>> {
    let (Some(set), false) = (sets.first(), others.is_empty()) else { return Some(Vec::new()) };
    let taken = set.value.strip_suffix('%').map_or_else(
        || set.value.parse::<f64>().ok(),
        |text| text.trim().parse::<f64>().ok().map(|share| share / 100.0),
    )?;
    let whole: f64 = others.iter().map(|(_, share)| share).sum();
    if !(0.0..=1.0).contains(&taken) || whole <= 0.0 {
        return None;
    }
    // The last one has what is left, so that the sum is exactly 1.
    let mut left = 1.0 - taken;
    let given = others.iter().enumerate().map(|(at, (path, share))| {
        let own = if at + 1 == others.len() { left } else { share / whole * (1.0 - taken) };
        left -= own;
        Override { path: path.clone(), value: format!("{own}") }
    });
    Some(given.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_others_share_what_is_left() {
        let others = vec![("b".to_owned(), 0.3), ("c".to_owned(), 0.1)];
        let set = |value: &str| [Override { path: "a".to_owned(), value: value.to_owned() }];
        let given = give_way(&others, &set("80 %")).unwrap();
        let numbers: Vec<f64> = given.iter().map(|set| set.value.parse().unwrap()).collect();
        assert!((numbers[0] - 0.15).abs() < 1e-12 && (numbers.iter().sum::<f64>() - 0.2).abs() < 1e-12);
        assert_eq!(give_way(&others, &set("1.2")), None);
        assert_eq!(give_way(&[], &set("1.2")), Some(Vec::new()));
    }
}
