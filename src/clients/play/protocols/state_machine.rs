//! What every protocol's state machine answers to, and what it may ask.
//!
//! [`super::super::dispatch`] tells the machine of a client what has come to pass. Must
//! not know which machines there are. Next: [`super::owa`].

use crate::clients::play::driver::Clients;
use crate::clients::play::request::Over;
use crate::itinerary::PARTS;
use crate::sim::{Ended, Engine};

/// Which of a client's two timers is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::clients::play) enum Timer {
    /// The next step.
    Main,
    /// The second process: polls, sends, keep-alives.
    Second,
}

/// The state machine of a protocol. It keeps nothing itself: what it remembers of client
/// `c` stands in [`Client`](crate::clients::play::session::Client) and
/// [`Session`](crate::clients::play::session::Session).
///
/// It may ask of the driver:
///
/// * who the client is: [`cohort`](Clients::cohort), [`behaviour`](Clients::behaviour),
///   [`clock`](Clients::clock), [`key`](Clients::key), and its mail and mailbox in
///   [`Clientele`](crate::clients::play::clientele::Clientele);
/// * what it remembers: `who.clients[c]`, and `sessions[c]` while that is open;
/// * timers: [`set`](Clients::set), [`unset`](Clients::unset), [`due`](Clients::due);
/// * the day of its mailbox: [`working_day`](crate::clients::play::working_day);
/// * sessions: [`open_session`](Clients::open_session),
///   [`close_session`](Clients::close_session), [`elsewhere`](Clients::elsewhere),
///   [`store_moved`](Clients::store_moved);
/// * requests: [`begin`](Clients::begin), [`begin_on`](Clients::begin_on),
///   [`stage`](Clients::stage), [`background`](Clients::background),
///   [`reopen_behind`](Clients::reopen_behind), [`used`](Clients::used),
///   [`gone`](Clients::gone);
/// * after a failure: [`notice`](Clients::notice), [`back_off`](Clients::back_off),
///   [`rebind`](Clients::rebind), [`blame`](Clients::blame),
///   [`gives_up`](Clients::gives_up);
/// * books: [`count_answered`](Clients::count_answered),
///   [`count_held_failure`](Clients::count_held_failure),
///   [`count_reconnection`](Clients::count_reconnection).
pub(in crate::clients::play) trait StateMachine {
    /// Puts client `c` into the state in which the run's beginning finds it (S3).
    fn wake(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize);

    /// A timer is due.
    fn due(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, timer: Timer);

    /// A stage of the visible request was answered; `parts` is where the time of all of
    /// it went so far. Whether another stage has begun.
    #[inline]
    fn answered(_: &mut Clients<'_>, _: &mut Engine<'_>, _: usize, _: &Ended, _parts: &[u64; PARTS]) -> bool {
        false
    }

    /// A request in the background ended.
    fn background_ended(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, ended: &Ended);

    /// The visible request is over; where it was the logon and failed, the session too.
    fn go_on(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, over: Over);

    /// Whether client `c`, for whom no timer waits and no visible request is under way,
    /// has been forgotten (S5): it wants something and nothing will ever wake it.
    fn is_stranded(driver: &Clients<'_>, c: usize) -> bool;
}
