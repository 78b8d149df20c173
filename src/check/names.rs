//! Names (in work).
