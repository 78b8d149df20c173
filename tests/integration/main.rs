//! What casim does as a whole; unit tests stand beside the code.

mod theory;
