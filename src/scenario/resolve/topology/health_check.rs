//! How something is found to be down, or up again.

use super::super::super::amounts::{Count, Time};
use super::super::super::context::Cx;
use super::super::super::fields::Fields;
use super::super::super::keys::Key;
use crate::model::topology::HealthCheck;

/// Reads `health_check`; what is left out is as in `default`, from `source`.
pub(super) fn health_check(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    default: HealthCheck,
    source: &'static str,
) -> HealthCheck {
    let mut own = fields.table_or_empty(
        cx,
        ("health_check", "how it is found to be down or up again: so many checks in a row"),
    );
    let checks = Count { min: 1, max: 1000 };
    let count = |cx: &mut Cx, own: &mut Fields<'_>, key: Key, default: u32| {
        u32::try_from(own.or(cx, key, &checks, u64::from(default), source)).unwrap_or(default)
    };
    let check = HealthCheck {
        interval: own.or(cx, ("interval", "from check to check"), &Time::POSITIVE, default.interval, source),
        failures: count(cx, &mut own, ("failures", "failed ones in a row"), default.failures),
        successes: count(cx, &mut own, ("successes", "good ones in a row"), default.successes),
    };
    own.finish(cx);
    check
}
