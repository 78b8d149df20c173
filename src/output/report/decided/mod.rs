//! Pages of what was decided: a comparison, a sweep, plans, a study of sensitivity.
//!
//! Each has a file with its sections, made of the sentences and rows that the terminal has too
//! and of the drawings that its folder has; `page` says which it is. A headline is a fixed
//! template, a pure function with a test.

mod changes;
mod comparison;
mod cost;
pub(super) mod page;
pub(super) mod parts;
mod plan;
mod plan_tables;
mod sensitivity;
mod steps;
mod sweep;
mod turned;

#[cfg(test)]
mod tests;
