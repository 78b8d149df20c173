//! Where databases stand over time, of what was noted as it changed.

use std::collections::BTreeMap;

use crate::results::{Mount, Mounting, Stretch};

/// Stretches of one replication, which lasts `warmup` and `window` ns: `homes` has, by database,
/// its server and which of that server's databases it is. Empty where all stay at home.
pub(super) fn stretches(
    homes: &[(u32, u32)],
    mounts: &[Mount],
    (warmup, window): (u64, u64),
) -> Vec<Stretch> {
    let mut stretches: BTreeMap<(u32, i64, i64, u32, Mounting), Vec<u32>> = BTreeMap::new();
    let end = window as i64;
    let mut moved = false;
    for (database, &(home, number)) in (0..).zip(homes) {
        let (mut begin, mut now) = (-(warmup as i64), (home, Mounting::Home));
        let own = mounts.iter().filter(|mount| mount.database == database);
        let own = own.map(|mount| (mount.at - warmup as i64, (mount.on, mount.how)));
        for (at, next) in own.chain([(end, (home, Mounting::Home))]) {
            if at > begin {
                let to = at.min(end);
                let key = (home, begin, to, now.0, now.1);
                stretches.entry(key).or_default().push(number);
                moved |= now.1 != Mounting::Home;
                begin = to;
            }
            now = next;
        }
    }
    let all = stretches.into_iter().map(|((home, begin, to, on, how), databases)| {
        Stretch::new((home, databases), (on, how), (begin, to))
    });
    if moved { all.collect() } else { Vec::new() }
}

/// Those of all replications: once where they are the same in all.
pub(super) fn merged(of_runs: &[Vec<Stretch>]) -> Vec<Stretch> {
    match of_runs {
        [first, others @ ..] if others.iter().all(|other| other == first) => first.clone(),
        _ => {
            let numbered = (0..).zip(of_runs).flat_map(|(number, of_run)| {
                of_run.iter().cloned().map(move |stretch| Stretch { replication: Some(number), ..stretch })
            });
            numbered.collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::NONE;

    /// Two databases of server 4: the first is lost at 10 and mounted on server 5 at 30, the
    /// second before the run; both are at home again at 60. The run has a warm-up of 5.
    #[test]
    fn what_changes_together_is_one_stretch() {
        let homes = [(4, 1), (4, 2)];
        let mount = |database, at, on, how| Mount::new(database, at, (on, how));
        let mounts = [
            mount(1, -20, NONE, Mounting::Down),
            mount(1, -10, 5, Mounting::Copy),
            mount(0, 10, NONE, Mounting::Minority),
            mount(0, 30, 5, Mounting::ByHand),
            mount(0, 60, 4, Mounting::Home),
            mount(1, 60, 4, Mounting::Home),
        ];
        let found = stretches(&homes, &mounts, (5, 95));
        let of = |on, how, begin, end, numbers: &[u32]| {
            Stretch::new((4, numbers.to_vec()), (on, how), (begin, end))
        };
        let expected = vec![
            of(4, Mounting::Home, -5, 5, &[1]),
            of(5, Mounting::Copy, -5, 55, &[2]),
            of(NONE, Mounting::Minority, 5, 25, &[1]),
            of(5, Mounting::ByHand, 25, 55, &[1]),
            of(4, Mounting::Home, 55, 95, &[1, 2]),
        ];
        assert_eq!(found, expected);
        let covered: i64 = found.iter().map(|s| (s.end - s.begin) * s.databases.len() as i64).sum();
        assert_eq!(covered, 2 * 100, "every database stands somewhere at each instant");
        assert!(stretches(&homes, &[], (5, 95)).is_empty());
        assert_eq!(merged(&[found.clone(), found.clone()]), found);
        assert_eq!(merged(&[found.clone(), Vec::new()]).len(), 5);
        assert!(merged(&[found, Vec::new()]).iter().all(|s| s.replication == Some(0)));
    }
}
