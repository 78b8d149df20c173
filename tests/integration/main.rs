//! Tests of casim as a whole, through its public interface.

mod access;
