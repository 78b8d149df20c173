//! Transfers that occupy several links at once, with max-min fair rates under caps of their own.
//!
//! A flow has a path of link directions, a volume and a cap (a TCP window over its round trip).
//! At every instant the capacities are divided max-min fairly: nobody's rate can be raised
//! without lowering that of somebody who has no more. TCP shares a bottleneck by round trips too
//! (a flow of half the round trip gets up to twice as much); that bias is left out.
//!
//! Each [`Leg::Transfer`](crate::itinerary::Leg::Transfer) of the engine is a flow
//! (`sim::crossing`).
//!
//! # Promises
//!
//! - **F1 Exact.** Rates and volumes are integers and sums of them have no rounding, so that
//!   nothing drifts and no order of declarations shows. A completion is rounded up to a whole
//!   nanosecond (`units`). Caps are exact however many different ones there are.
//! - **F2 Fair.** After every event each flow runs at its cap or crosses a full link on which
//!   nobody runs faster ([`Flows::check`]); no link carries more than its capacity.
//! - **F3 Latency.** The time of a flow is divided, to the nanosecond, by what bound it: its cap,
//!   or one of its links, of links that bind equally the first on its path. A cap above the
//!   least capacity of the path is no cap, and its time that link's.
//! - **F4 Conservation.** On every link flows begun = left + present, the time integral of the
//!   number present = the sum of the stays, as integers, and what was carried is no more than
//!   what could be.
//! - **F5 Cost.** A flow that runs at its cap over links that cannot fill wakes nobody, however
//!   many others there are. Nothing is allocated in steady state; dispatch is static.
//! - **F6 Order.** Flows of a link that end at one instant end in the order in which they began.
//!
//! A link's capacity may change; at 0 its flows stand still, and their time is that link's.
//! Propagation and slow start are not a flow's: whoever begins one adds them.
//!
//! # How
//!
//! A link that is full has a *level*, the rate of each flow that it binds; a flow runs at the
//! least of its cap and the levels on its path. Levels are looked for where something changed
//! and handed on along paths until all agree (`levels`). Flows that a link binds are ordered by
//! when they end on its *clock*, which runs at its level, so that another level moves no flow
//! (`commit`). Links that what crosses them cannot fill are left out altogether (`loud`), and a flow
//! that meets no others is a few sums (`quiet`).
//!
//! Read `units`, `group` and `state` for what is kept, `transfers` for what may be asked, then
//! `quiet`, `join`, `levels` and `commit` for what happens.

mod commit;
mod group;
mod join;
mod levels;
mod loud;
mod quiet;
mod state;
#[cfg(test)]
mod tests;
mod transfers;
mod units;
mod verify;

pub use transfers::{Alone, Crossed, Flows, Transferred};
