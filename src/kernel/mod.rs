//! Time, typed indices, the calendar of future events, and named random draws.
//!
//! Knows nothing of Exchange, of scenarios or of queues; it could be a crate of
//! its own. Read [`calendar`] for the order of events and [`random`] for how a
//! draw is named; [`crate::sim`] is the first user of both.

pub mod calendar;
pub mod distribution;
mod exponential;
pub mod random;
pub mod variates;
mod ziggurat;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::{Add, AddAssign, Sub, SubAssign};

/// Nanoseconds in a second.
pub const NANOS_PER_SEC: u64 = 1_000_000_000;

/// An instant: nanoseconds since the run began.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct SimTime(pub u64);

/// A length of time in nanoseconds.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct SimSpan(pub u64);

impl SimTime {
    /// The beginning of a run.
    pub const ZERO: Self = Self(0);
    /// The last instant that the calendar can hold: 2^57 - 1 ns, about 4.5 years.
    pub const MAX: Self = Self((1 << 57) - 1);

    /// Seconds since the run began.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SEC as f64
    }

    /// The span from `earlier` to this instant; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> SimSpan {
        SimSpan(self.0.saturating_sub(earlier.0))
    }
}

impl SimSpan {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of whole seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs * NANOS_PER_SEC)
    }

    /// A span of whole milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000_000)
    }

    /// The nearest whole nanosecond to `secs`; negative and NaN give zero, and
    /// anything beyond [`SimTime::MAX`] gives that.
    #[must_use]
    pub fn from_secs_f64(secs: f64) -> Self {
        Self(nanos(secs * NANOS_PER_SEC as f64))
    }

    /// Seconds.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SEC as f64
    }

    /// Milliseconds.
    #[must_use]
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

/// Rounds a number of nanoseconds to the nearest integer, ties upwards, within
/// 0 and [`SimTime::MAX`]; the one place where a real number becomes time.
#[must_use]
#[inline]
pub fn nanos(ns: f64) -> u64 {
    // A cast from a float saturates and sends NaN to 0; to a signed integer it is one instruction.
    ((ns + 0.5) as i64).clamp(0, SimTime::MAX.0 as i64) as u64
}

impl Add<SimSpan> for SimTime {
    type Output = Self;
    fn add(self, span: SimSpan) -> Self {
        Self(self.0 + span.0)
    }
}

impl Sub for SimTime {
    type Output = SimSpan;
    /// # Panics
    /// In debug builds when `earlier` is later than `self`.
    fn sub(self, earlier: Self) -> SimSpan {
        debug_assert!(earlier <= self, "time went back: {earlier:?} > {self:?}");
        SimSpan(self.0 - earlier.0)
    }
}

impl Add for SimSpan {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for SimSpan {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for SimSpan {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl SubAssign for SimSpan {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

/// An index into the arena of `T`s; `Id<Site>` is not `Id<SiteLink>`.
pub struct Id<T>(u32, PhantomData<fn() -> T>);

impl<T> Id<T> {
    /// The `index`-th element.
    ///
    /// # Panics
    /// When `index` does not fit 32 bits.
    #[must_use]
    pub fn new(index: usize) -> Self {
        Self(u32::try_from(index).expect("an arena holds fewer than 2^32 elements"), PhantomData)
    }

    /// The position in the arena.
    #[must_use]
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_to_the_nearest_and_total() {
        assert_eq!(nanos(0.4), 0);
        assert_eq!(nanos(0.5), 1);
        assert_eq!(nanos(-3.0), 0);
        assert_eq!(nanos(f64::NAN), 0);
        assert_eq!(nanos(f64::INFINITY), SimTime::MAX.0);
        assert_eq!(SimSpan::from_secs_f64(0.045).0, 45_000_000);
    }

    #[test]
    fn times_and_spans_add_up() {
        let (a, b) = (SimSpan(7_000_000_000), SimSpan(2_500_000_000));
        assert_eq!(a + b, SimSpan(9_500_000_000));
        assert_eq!(a - b, SimSpan(4_500_000_000));
        let mut c = a;
        c += b;
        assert_eq!(c, SimSpan(9_500_000_000));
        c -= a;
        assert_eq!(c, b);
        assert_eq!(SimTime(3) + SimSpan(4), SimTime(7));
        assert_eq!(SimTime(9) - SimTime(4), SimSpan(5));
        assert_eq!(SimTime(9).since(SimTime(4)), SimSpan(5));
        assert_eq!(SimTime(4).since(SimTime(9)), SimSpan::ZERO);
        assert_eq!(SimTime(2_500_000_000).as_secs_f64(), 2.5);
        assert_eq!(a.as_secs_f64(), 7.0);
        assert_eq!(b.as_millis_f64(), 2500.0);
        assert_eq!(SimSpan::from_secs(3), SimSpan(3_000_000_000));
        assert_eq!(SimSpan::from_millis(3), SimSpan(3_000_000));
        assert_eq!(SimTime::MAX.0, 144_115_188_075_855_871, "57 bits");
    }

    #[test]
    fn ids_compare_and_print_by_index() {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let (one, two) = (Id::<u8>::new(1), Id::<u8>::new(2));
        assert!(one == Id::new(1) && one != two && one < two);
        assert_eq!(two.cmp(&one), std::cmp::Ordering::Greater);
        assert_eq!(one.partial_cmp(&two), Some(std::cmp::Ordering::Less));
        assert_eq!((two.index(), format!("{two:?}")), (2, "#2".to_owned()));
        let hash = |id: Id<u8>| {
            let mut hasher = DefaultHasher::new();
            id.hash(&mut hasher);
            hasher.finish()
        };
        assert!(hash(one) == hash(Id::new(1)) && hash(one) != hash(two));
    }
}
