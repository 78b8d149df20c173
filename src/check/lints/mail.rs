//! Lints (in work).
/// Lints.
pub const LINTS: &[crate::check::Lint] = &[];
