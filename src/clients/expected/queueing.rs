//! What a queue in front of several cores comes to, where work arrives at random.
//!
//! M/M/c by Erlang's delay formula; services that vary otherwise scale the mean (Allen and
//! Cunneen) and the tail (its decay in heavy traffic). Where more is asked for than can be
//! done there is no mean. Must not know servers. Next: [`super::limit_demand`].

/// Share of time in which a limit may be met before it counts as reached.
const SELDOM: f64 = 0.001;

/// Probability that all of `cores` are busy when they are used to `used`, 0 to 1.
pub(super) fn all_busy(cores: u32, used: f64) -> f64 {
    if used >= 1.0 {
        return 1.0;
    }
    // Erlang B, core by core.
    let load = used * f64::from(cores);
    let blocked = (1..=cores).fold(1.0, |blocked, n| load * blocked / (f64::from(n) + load * blocked));
    blocked / (1.0 - used * (1.0 - blocked))
}

/// Mean number that waits; `squared_cv` is that of the services. Infinite where `used` is 1
/// or more.
pub(super) fn mean_waiting(cores: u32, used: f64, squared_cv: f64) -> f64 {
    if used >= 1.0 {
        return f64::INFINITY;
    }
    all_busy(cores, used) * used / (1.0 - used) * f64::midpoint(1.0, squared_cv)
}

/// By what factor work that uses `used` of the cores can grow until more than `places` wait
/// now and then.
pub(super) fn growth_until(cores: u32, used: f64, squared_cv: f64, places: u32) -> f64 {
    let exponent = 2.0 / (1.0 + squared_cv) * f64::from(places);
    let often = |used: f64| all_busy(cores, used) * libm::pow(used, exponent) > SELDOM;
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if often(middle) { high = middle } else { low = middle }
    }
    low / used
}

#[cfg(test)]
mod tests {
    use super::*;

    /// M/M/1: all busy with probability 0.5, rho^2 / (1 - rho) waiting. M/M/2 at 0.75: Erlang C
    /// is 9/14, 27/14 wait.
    #[test]
    fn erlang_by_hand() {
        assert!((all_busy(1, 0.5) - 0.5).abs() < 1e-12);
        assert!((mean_waiting(1, 0.5, 1.0) - 0.5).abs() < 1e-12);
        assert!((all_busy(2, 0.75) - 9.0 / 14.0).abs() < 1e-12);
        assert!((mean_waiting(2, 0.75, 1.0) - 27.0 / 14.0).abs() < 1e-12);
        assert!((mean_waiting(1, 0.5, 0.0) - 0.25).abs() < 1e-12, "M/D/1");
        assert_eq!(mean_waiting(4, 1.0, 1.0), f64::INFINITY);
    }

    /// M/M/1 with 9 places: rho x rho^9 = 0.001 at rho = 0.5012.
    #[test]
    fn a_short_queue_is_full_long_before_its_core() {
        assert!((growth_until(1, 0.25, 1.0, 9) - 0.501_187 / 0.25).abs() < 1e-4);
        let long = growth_until(1, 0.5, 1.0, 1_000);
        assert!(long > 1.98 && long < 2.0, "{long}");
    }
}
