//! How an event is packed into one integer: time, class, sequence, payload.
//!
//! Must not know what becomes of it ([`super::tournament`], [`super::wheel`]).

pub(super) const PAYLOAD_BITS: u32 = 33;
pub(super) const SEQUENCE_BITS: u32 = 36;
pub(super) const CLASS_SHIFT: u32 = PAYLOAD_BITS + SEQUENCE_BITS;
pub(super) const TIME_SHIFT: u32 = CLASS_SHIFT + 2;
pub(super) const PAYLOAD_MASK: u128 = (1 << PAYLOAD_BITS) - 1;
pub(super) const SEQUENCE_MASK: u64 = (1 << SEQUENCE_BITS) - 1;

/// When the event of a key is due, ns.
#[inline]
pub(super) fn time(key: u128) -> u64 {
    (key >> TIME_SHIFT) as u64
}
