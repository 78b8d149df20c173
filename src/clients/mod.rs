//! Clients: who asks for what, when, and what they do with the answer.
//!
//! [`compile()`] turns a model and its access rules into a network, programs and a
//! [`Roster`] of like clients; [`Clients`] plays the protocols' state machines on the
//! engine and tells the recorder what ended; [`expected`] tells what needs no run.
//! [`custom`] does the same for a scenario's own sources.
//!
//! Promises (tests cite them by number):
//!
//! * **S1** every session is opened or carried in once and completes, fails or is
//!   open at the end, once; counted here as integers and checked at the end;
//! * **S2** a draw is named by population, mailbox or client, protocol, session and
//!   request, never by order or by route: another site, another population or
//!   another decision moves no draw of these clients;
//! * **S3** a run begins in the middle of a day like any other: each client in the
//!   state in which that moment finds it;
//! * **S4** a retry is a part of the request that the user sees, under
//!   [`Part::Retry`](crate::itinerary::Part::Retry), and its latency is the
//!   whole time since the first attempt began;
//! * **S5** no client is lost or doubled: at the end of the window each is in a session
//!   with something under way, or has a timer that opens the next; and whoever was cut
//!   off by an outage is served again or still cut off, once.
//!
//! Must not know the scenario's text nor how results are shown. Every import points
//! down: [`roster`] and [`steps`] at the bottom, [`compile`](mod@compile) and `play`
//! above them, [`expected`] above those. Read [`roster`] first.

mod address_list;
pub mod compile;
mod copy_plans;
pub mod custom;
mod day;
mod detours;
pub mod expected;
mod outage_plans;
mod places;
mod play;
mod programs;
pub mod roster;
mod session_limit;
pub mod steps;
mod stores;
#[cfg(test)]
mod tests;
mod uneven;

pub use compile::copies::stages;
pub use compile::{compile, compile_stages};
pub use play::driver::Clients;
pub use roster::{Behaviour, Cohort, Identity, Member, Placement, Roster};
pub use uneven::uneven;
