//! casim, the Client Access SIMulator: what will users of a multi-site Exchange
//! organisation feel, what will fail, and where is the bottleneck?
//!
//! **Rules write itineraries; the engine walks them.**
//!
//! 1. [`scenario`] reads TOML into a checked, index-based [`model::Model`];
//! 2. [`model::access`] decides, for every protocol, entry and mailbox, who serves;
//! 3. [`clients`] compiles decisions into itineraries ([`itinerary`]) and
//!    plays the protocols' state machines;
//! 4. [`sim`] walks itineraries event by event and knows no Exchange;
//! 5. [`recorder`] keeps what ended, as statistics and as rows of sessions;
//! 6. [`study`] plays replications and merges them into [`results::RunResult`], which
//!    [`store`] keeps exactly;
//! 7. [`output`] writes CSV, charts and the terminal table.
//!
//! | layer | modules | may import |
//! |---|---|---|
//! | 0 | `kernel`; on it `itinerary`, `stats`, `diagnostics`, `quantity` | std, crates, `kernel` |
//! | 1 | `sim`, `model` | 0, and not each other (`model` of 0 only `itinerary` and `kernel`) |
//! | 2 | `results`, `scenario` | `model` and below, never `sim` nor each other |
//! | 3 | `recorder`, `store` | `results` and below, never `sim` |
//! | 4 | `clients`, then `check` | `clients`: all but `scenario` and `store`; `check`: `scenario`, what `clients` expects, never `sim` |
//! | 5 | `study`, `output` | `study`: all of these; `output`: `results`, `store`, `stats`, names of `model` |
//! | 6 | `commands`, `cli` | everything but `sim` |
//!
//! `docs/architecture.md` has the whole table, a walk of one request and a glossary;
//! `tests/integration/architecture` holds the code against it.
//!
//! A newcomer reads `model/topology/mod.rs`, `model/access/mod.rs`, `itinerary/mod.rs`,
//! `sim/mod.rs`, `clients/mod.rs`, `study/mod.rs`, `commands/run.rs`.
//!
//! # What semantic versioning covers
//!
//! [`scenario`], [`model`], [`study`], [`results`], [`store`], [`check`], [`output`], for
//! those who want the engine [`stats`], [`itinerary`], [`kernel`] and [`sim`], and what
//! their signatures name. Rows of results and errors are `#[non_exhaustive]`: fields and
//! variants are added in minor versions. What is hidden from this documentation (the
//! command line's code, clients' state machines, the recorder, what tests and benches need)
//! may change in any version. Not covered by the version but by numbers of their own:
//! sampled values ([`results::RESULTS`]), files of [`store`] ([`store::FORMAT`]), and the
//! layout of a run folder ([`output::manifest::FORMAT`]).
//!
//! # Features
//!
//! All are on by default: `cli` (the command `casim`), `charts` (SVG), `png` (PNG beside it).
//! The library needs none of them.

pub mod check;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod clients;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod commands;
pub mod decide;
pub mod diagnostics;
pub mod itinerary;
pub mod kernel;
pub mod model;
pub mod output;
#[doc(hidden)]
pub mod quantity;
#[doc(hidden)]
pub mod recorder;
pub mod results;
pub mod scenario;
pub mod sim;
pub mod stats;
pub mod store;
pub mod study;
