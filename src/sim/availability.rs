//! Outages: stations and links go down and come up, and what becomes of those who
//! are there (E3).
//!
//! Must not know why. Next: [`super::end`].

use super::request::State;
use super::station::Availability;
use super::{Engine, Outcome};
use crate::kernel::calendar::Class;
use crate::kernel::{Id, SimTime};
use crate::model::itinerary::{LinkDirection, SLOTS};

impl Engine<'_> {
    /// What a station does at present.
    #[must_use]
    pub fn availability(&self, station: u32) -> Availability {
        self.stations[station as usize].availability
    }

    /// Takes a station down or brings it up. `Killed`: all who are present, or hold
    /// a unit of its pool, fail now with [`Outcome::StationDown`]. `Draining`: who
    /// holds a unit is present and served on. `Holding`: those in service stop where
    /// they stand. `Up`: held work resumes and the queue moves up. All this happens to
    /// the oldest request first.
    pub fn set_availability(&mut self, station: u32, to: Availability) {
        let from = self.stations[station as usize].availability;
        if from == to {
            return;
        }
        let now = self.now;
        self.stations[station as usize].set_availability(to, now);
        match to {
            Availability::Killed => {
                // Whoever holds a connection of it loses it, wherever its work stands.
                for index in self.requests_at(station) {
                    self.stop(index, Outcome::StationDown(station));
                }
                for index in self.holders_of(station) {
                    self.stations[station as usize].report.killed_away += 1;
                    self.stop(index, Outcome::StationDown(station));
                }
            }
            Availability::Holding => {
                for index in self.requests_at(station) {
                    let hot = &mut self.requests.hot[index as usize];
                    if hot.state == State::Serving {
                        // `since` is the end of service while serving.
                        hot.pending = u64::MAX;
                        hot.state = State::Paused;
                        hot.since = SimTime(hot.since.0 - now.0);
                    }
                }
            }
            Availability::Up | Availability::Draining => {
                for index in self.requests_at(station) {
                    let hot = &self.requests.hot[index as usize];
                    if hot.state == State::Paused {
                        let end = SimTime(now.0 + hot.since.0);
                        let pending = self.calendar.schedule(end, Class::Release, u64::from(index));
                        let hot = &mut self.requests.hot[index as usize];
                        hot.since = end;
                        hot.pending = pending;
                        hot.state = State::Serving;
                    }
                }
                self.serve_waiting(station);
            }
        }
    }

    pub(super) fn requests_at(&self, station: u32) -> Vec<u32> {
        let hot = self.requests.hot.iter().enumerate();
        let here = hot.filter(|(_, hot)| {
            hot.at == station && matches!(hot.state, State::Waiting | State::Serving | State::Paused)
        });
        self.oldest_first(here.map(|(index, _)| index as u32).collect())
    }

    /// In the order in which they were opened, those of one instant by their names: the
    /// order of the arena would tell who else is in the model.
    fn oldest_first(&self, mut requests: Vec<u32>) -> Vec<u32> {
        let age = |index: u32| {
            let i = index as usize;
            (self.requests.cold[i].opened_at, self.requests.hot[i].key.0)
        };
        requests.sort_by_key(|&index| age(index));
        requests
    }

    /// Requests that hold a unit of the station's pool, the oldest first.
    pub(super) fn holders_of(&self, station: u32) -> Vec<u32> {
        let all = 0..self.requests.hot.len() as u32;
        let live =
            |index: &u32| !matches!(self.requests.hot[*index as usize].state, State::Free | State::Ended);
        self.oldest_first(all.filter(live).filter(|&index| self.holds(index, station)).collect())
    }

    /// Whether the request holds a unit of the station's pool: it is present there.
    pub(super) fn holds(&self, index: u32, station: u32) -> bool {
        let units = self.requests.hot[index as usize].units;
        units != 0
            && (0..SLOTS as u8)
                .any(|slot| units & (1 << slot) != 0 && self.requests.slot(index, slot) == station)
    }

    /// Takes a link direction down (`kill`: its transfers fail now; otherwise they
    /// stop where they stand) or brings it up (they resume). While it is down, new
    /// transfers fail if `kill`, else they join and wait.
    pub fn set_link(&mut self, link: Id<LinkDirection>, down: bool, kill: bool) {
        let index = link.index();
        let now = self.now;
        self.links[index].set_down(down, now);
        if down && kill {
            self.links[index].refuses = true;
            for request in self.links[index].flows() {
                self.stop(request, Outcome::LinkDown(index as u32));
            }
        } else if !down {
            self.links[index].refuses = false;
        }
        self.watch_link(index);
    }
}
