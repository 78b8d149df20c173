//! What can be told without a run: load offered to every resource, and latency where
//! nobody else is there.
//!
//! Must not know how it is shown. Read [`offered_load`], then [`unloaded`].

mod asked;
mod custom_load;
mod demands;
mod limit_demand;
mod mean_costs;
pub mod mean_latency;
pub mod offered_load;
mod owa_sessions;
mod patterns;
mod queueing;
mod rates;
mod shares;
pub mod unloaded;
mod up;
