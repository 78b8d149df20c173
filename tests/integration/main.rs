//! One binary for all tests from outside, so that the library is linked once.

mod access;
mod architecture;
mod bottlenecks;
mod calibration;
mod check;
mod cli;
mod clients;
mod docs;
mod fingerprint;
mod hand;
mod idle;
mod idle_timeouts;
mod limits;
mod metamorphic;
mod outages;
mod processor;
mod relations;
mod replications;
mod schema;
mod shipped;
mod streams;
mod support;
mod targets;
mod theory;
mod trust;
mod ui;
