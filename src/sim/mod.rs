//! The engine: a clock, stations, links and pools, walking itineraries.
//!
//! Knows no Exchange. A [`Driver`] (in casim: [`crate::clients`]) opens requests
//! and sets timers; the [`Engine`] walks each request's program leg by leg and
//! reports its end. Dispatch is static: one `match` over four event classes.
//!
//! # Promises (tests cite them by number)
//!
//! - **E1 Order.** Simultaneous events are played in the order of
//!   [`Class`](crate::kernel::calendar::Class): edges (outages, changes,
//!   measuring), then releases (end of a service or a transfer), then arrivals
//!   (end of a delay, a driver's timer), then the rest (patience); within a class
//!   first scheduled, first played. A release so frees its core before an arrival
//!   of the same instant asks for one.
//! - **E2 Binding.** A leg names a slot, not a server. A slot is bound when it is
//!   first reached, by the balancing policy of its group among the servers that
//!   are not known to be down, and keeps its server until the request ends.
//! - **E3 Holding.** A request owns what it holds (a place in a queue, a core, a
//!   share of a link, pool units). However it ends (completion, refusal, outage,
//!   patience, [`Engine::abort`]), all of it is released at that instant, the part
//!   of latency that it was in is closed, and events scheduled for it fall flat,
//!   since each event carries the sequence number that its request waits for.
//! - **E4 Latency.** The parts of a request's latency add up to its whole, to the
//!   nanosecond.
//! - **E5 Reporting.** [`Driver::ended`] is called after the event that ended the
//!   request, never from inside a call into the engine, in the order of the ends.
//! - **E6 Conservation.** Opened = completed + failed + in flight, and at every
//!   station arrivals = served + refused + killed + aborted + present, as integers;
//!   core-busy time = service delivered, as an integer; a link's bits = the sum of
//!   its transfers, within 1e-9. Of cores that stations share as many are busy as at these
//!   stations together, as an integer.
//! - **E7 Little.** At every station and link the time integral of the number
//!   present equals the sum of the times spent there, as integers.
//! - **E8 Draws.** A leg's draw is a function of the request's key, the leg's role
//!   and the request's visit count alone, so neither routing nor queueing moves it.
//! - **E9 Idle timers.** Patience of equal length is a first-in-first-out lane with
//!   at most one pending event; other timers wait in the calendar's far tier.
//!
//! E6 and E7 are checked at the end of every run and at checkpoints inside it (the
//! intervals of the time series; one that comes sooner than as many events as a
//! check has to look at things is passed over, which keeps the cost below 3 %). A
//! violation ends the run and is reported in [`measured::EngineReport::violations`].
//!
//! What crosses links occupies all links of its path at once and shares them max-min fairly:
//! [`flows`], which makes promises of its own.
//!
//! Read `opening` for what goes in and comes out, `request`, `station`, `link`, `paths` and `pool`
//! for what is kept of each, `state` for all of it, then `walk`, `serving`, `beside`, `crossing`
//! and `leave` for what happens, `engine` and `driver` for who asks for it, `run` for the loop.

mod ahead;
mod amounts;
mod availability;
mod beside;
mod check;
mod counters;
mod crossing;
mod driver;
mod engine;
pub mod flows;
mod handles;
mod leave;
mod link;
mod measure;
pub mod measured;
mod opening;
mod parts;
mod paths;
mod patience;
mod pool;
mod request;
mod run;
mod serving;
mod state;
mod station;
#[cfg(test)]
mod tests;
mod walk;

pub use driver::Driver;
pub use engine::Engine;
pub use handles::{RequestId, UNBOUND};
pub use opening::{Ended, Opening, Outcome};
pub use run::{Crowd, Endless, Horizon, Stopped, Unwatched, Watch, run};
pub use station::Availability;
