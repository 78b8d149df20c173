//! The calendar of future events.
