//! How many clients there are, and which of them have a trait: shares of a population
//! turned into numbered clients.
//!
//! Must not know servers. Next: [`super::provisioned`].

use crate::kernel::Id;
use crate::model::topology::Namespace;
use crate::model::workload::{Location, Population, ProtocolUse};

/// Whether the `n`-th of many belongs to a `share` of them: a Weyl sequence, so
/// that shares are kept to within a few clients, are nested (a larger share holds
/// the smaller one's), and two traits with different steps are independent.
pub(super) fn chosen(n: u32, share: f64, step: f64) -> bool {
    let place = (f64::from(n) + 0.5) * step;
    // Below 2^32, so that whole numbers are exact.
    place - f64::from(place as u32) < share
}

/// Steps of [`chosen`]: fractional parts of the golden ratio and of the square roots
/// of two, three, five and seven.
const ROAMING: f64 = 0.618_033_988_749_894_9;
const MISDIRECTED: f64 = 0.414_213_562_373_095_03;
/// Devices that do not follow HTTP 451.
pub(super) const BLIND: f64 = 0.732_050_807_568_877_2;
/// Browsers at `/exchange`.
pub(super) const OLD_PATH: f64 = 0.236_067_977_499_789_8;

/// Mailboxes that have been moved.
pub(super) const MOVED: f64 = 0.645_751_311_064_590_6;

/// Mailboxes of a population that are active.
pub(super) fn active_mailboxes(population: &Population) -> u32 {
    (f64::from(population.mailboxes) * population.concurrent + 0.5) as u32
}

/// Clients of a protocol that `share` of the active mailboxes use.
pub(super) fn clients(population: &Population, share: f64) -> u32 {
    (f64::from(active_mailboxes(population)) * share + 0.5) as u32
}

/// Where one client of a protocol sits, and by which name it goes in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whereabouts {
    /// Number of its mailbox in the population.
    pub(super) mailbox: u32,
    pub(super) location: Location,
    pub(super) name: Id<Namespace>,
    pub(super) roams: bool,
    pub(super) misdirected: bool,
}

/// The whereabouts of the `number`-th client of a protocol in a population.
pub(super) fn whereabouts(population: &Population, usage: &ProtocolUse, number: u32) -> Whereabouts {
    let mailbox = number % active_mailboxes(population).max(1);
    let roams = population.roaming.is_some_and(|(share, _)| chosen(mailbox, share, ROAMING));
    let lost = usage.misdirected.as_ref().is_some_and(|m| chosen(number, m.share, MISDIRECTED));
    let location = match population.roaming {
        Some((_, elsewhere)) if roams => elsewhere,
        _ => population.from,
    };
    let name = match &usage.misdirected {
        Some(misdirected) if lost => misdirected.namespace,
        _ => usage.name_at(location),
    };
    Whereabouts { mailbox, location, name, roams, misdirected: lost }
}
