//! Charts.
use super::columns::Table;
/// Tables behind the charts.
pub const TABLES: &[&Table] = &[];
