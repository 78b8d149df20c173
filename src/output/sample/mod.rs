//! Results made by hand for the tests of this layer: a small one whose every number
//! is plain, and days of any size to draw.

mod day;
mod small;

pub(crate) use day::{Day, day};
pub(crate) use small::{session, slo, small};
