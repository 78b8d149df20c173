//! EWS, Autodiscover and the offline address book: sessions of one request.
//!
//! EWS requests come as a Poisson process along the day curve. Autodiscover is
//! asked when the mailbox's working day begins; the address book is fetched once a
//! day, somewhere in its first half. A failed one is tried again like any request,
//! then left until the next is due.

use crate::clients::play::driver::{Clients, GAP, MAIN};
use crate::kernel::SimSpan;
use crate::kernel::random::Role;
use crate::model::topology::Protocol;
use crate::results::{SessionOutcome, SessionSink};
use crate::sim::Engine;

const MOMENT: Role = Role::new("address book");

impl<S: SessionSink> Clients<'_, S> {
    pub(in crate::clients) fn web_wake(&mut self, engine: &mut Engine<'_>, c: usize) {
        let now = self.clock(c).work(0.0);
        self.clients[c].work = now;
        if self.cohort(c).protocol == Protocol::Ews {
            self.web_schedule(engine, c);
            return;
        }
        let mut day = libm::floor(now) as u32;
        if self.daily(c, day) < now {
            day += 1;
        }
        let Some(day) = self.next_day(c, day) else { return };
        self.clients[c].session = day;
        let at = self.clock(c).at(self.daily(c, day));
        self.set(engine, c, MAIN, at);
    }

    /// Where on the work axis the one request of `day` lies.
    fn daily(&self, c: usize, day: u32) -> f64 {
        let (begin, end) = self.working_day(c, day);
        if self.cohort(c).protocol == Protocol::Autodiscover {
            return begin;
        }
        begin + 0.5 * (end - begin) * Self::uniform(self.key(c), MOMENT, day)
    }

    fn web_schedule(&mut self, engine: &mut Engine<'_>, c: usize) {
        let rate = self.habit(c).settings.ews_requests_per_day;
        if rate <= 0.0 {
            return;
        }
        let key = self.key(c);
        let client = &mut self.clients[c];
        client.session += 1;
        let amount = Self::gap(key, GAP, client.session) / rate;
        let work = self.clock(c).advance(self.clients[c].work, amount);
        self.clients[c].work = work;
        // One that came during the last follows it.
        let at = self.clock(c).at(work).max(engine.now() + SimSpan(1));
        self.set(engine, c, MAIN, at);
    }

    pub(in crate::clients) fn web_due(&mut self, engine: &mut Engine<'_>, c: usize) {
        let number = self.clients[c].session;
        self.open_session(engine, c, number, None);
        self.begin(engine, c, 0, 0);
    }

    /// The next session.
    pub(in crate::clients) fn web_next(&mut self, engine: &mut Engine<'_>, c: usize) {
        self.gives_up(c, engine.now());
        if self.cohort(c).protocol == Protocol::Ews {
            self.web_schedule(engine, c);
            return;
        }
        let Some(day) = self.next_day(c, self.clients[c].session + 1) else { return };
        self.clients[c].session = day;
        let at = self.clock(c).at(self.daily(c, day));
        self.set(engine, c, MAIN, at);
    }

    pub(in crate::clients) fn web_on(&mut self, engine: &mut Engine<'_>, c: usize) {
        self.close_session(engine, c, SessionOutcome::Completed, None);
        self.web_next(engine, c);
    }
}
