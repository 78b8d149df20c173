//! Who asks and is not answered, and for how long: what availability is reckoned from, in
//! every run.
//!
//! A client loses the time from the first attempt that reaches nobody, or from the loss of
//! its connection, until its first that is answered or the end of the window, and nothing
//! once it asks no more. An attempt *reaches nobody* when it ends without what it asked
//! for: a server or a line on the way is down, a queue is full, a limit is reached, the
//! client has waited as long as it does, or there is no way to its mailbox at all. Two
//! endings are not such: a balancer or firewall has forgotten an idle connection
//! (`idle_timeout`: who asks next is answered), and a server answers that it does not know
//! the session (`affinity_lost`, `cookie_unreadable`). The time begins with the attempt; of one that was lost
//! while its answer was held back (a Ping), with the loss. It ends with the answer; of a
//! request whose answer is held back, with its own beginning: a server has taken it up.
//!
//! Costs a bit of a client's record where all is well. Must not know what the client does
//! about it. Next: [`super::disrupted`].

use super::clientele::Clientele;
use crate::kernel::{SimSpan, SimTime};
use crate::model::access::Failure;
use crate::model::protocol::Protocol;
use crate::recorder::UserTime;
use crate::recorder::storm::{CutEnds, Storm};
use crate::results::NONE;

/// The time that one client is losing.
#[derive(Clone, Copy, Debug)]
struct Gap {
    since: SimTime,
    /// When it last asked for what is held back; [`SimTime::MAX`] where it has not.
    held_from: SimTime,
    /// The incident that it is booked to, or [`NONE`].
    incident: u32,
    /// Charges that had begun when it was noticed, and the first in which it was not counted yet.
    began: u32,
    counted: u32,
    /// The incident that the failure which it is about to report is booked to, or [`NONE`].
    blamed: u32,
}

impl Gap {
    const NEVER: Self = Self {
        since: SimTime::MAX,
        held_from: SimTime::MAX,
        incident: NONE,
        began: 0,
        counted: 0,
        blamed: NONE,
    };
}

/// The clients of one replication that are without an answer, and what all have lost.
#[derive(Debug)]
pub(super) struct Unserved {
    /// By client; empty until one is.
    gaps: Vec<Gap>,
    /// By population and protocol: ns inside the window.
    lost: Vec<u128>,
    from: SimTime,
}

/// Whether an attempt that ended so reached nobody.
pub(super) fn reaches_nobody(failure: Failure) -> bool {
    !matches!(failure, Failure::IdleTimeout | Failure::AffinityLost | Failure::CookieUnreadable)
}

impl Unserved {
    /// Nobody is, in a run that is measured from `from` on.
    pub(super) fn new(populations: usize, from: SimTime) -> Self {
        Self { gaps: Vec::new(), lost: vec![0; populations * Protocol::ALL.len()], from }
    }

    fn lay(&mut self, who: &Clientele<'_>) {
        if self.gaps.is_empty() {
            self.gaps = vec![Gap::NEVER; who.clients.len()];
        }
    }

    /// What client `c` is about to report is booked to this incident.
    pub(super) fn blame(&mut self, who: &Clientele<'_>, c: usize, incident: u32) {
        self.lay(who);
        self.gaps[c].blamed = incident;
    }

    /// What client `c` reports is booked to this incident, or [`NONE`].
    #[inline]
    pub(super) fn booked(&mut self, c: usize) -> u32 {
        self.gaps.get_mut(c).map_or(NONE, |gap| std::mem::replace(&mut gap.blamed, NONE))
    }

    /// Client `c` asked at `since`, or lost its connection then, and has no answer.
    pub(super) fn begins(
        &mut self,
        who: &mut Clientele<'_>,
        c: usize,
        since: SimTime,
        storm: Option<&mut Storm>,
    ) {
        if who.clients[c].unserved() {
            return;
        }
        self.lay(who);
        let gap = &mut self.gaps[c];
        *gap = Gap { since, held_from: SimTime::MAX, incident: NONE, ..*gap };
        if let Some(storm) = storm
            && let Some(place) = of_storm(storm, who, c)
        {
            gap.began = storm.charges();
            gap.incident = gap.blamed;
            if gap.incident != NONE {
                storm.cut_off(place, gap.incident);
            }
        }
        who.clients[c].set_unserved(true);
    }

    /// Client `c` asks for what is held back.
    #[inline]
    pub(super) fn asks_held(&mut self, who: &Clientele<'_>, c: usize, now: SimTime) {
        if who.clients[c].unserved() {
            self.gaps[c].held_from = now;
        }
    }

    /// Client `c` is answered, or asks no more.
    #[inline]
    pub(super) fn ends(
        &mut self,
        who: &mut Clientele<'_>,
        c: usize,
        how: (SimTime, CutEnds),
        storm: Option<&mut Storm>,
    ) {
        if who.clients[c].unserved() {
            self.over(who, c, how, storm);
        }
    }

    /// What client `c` asked for at `asked` in the background is answered, or was held
    /// until now.
    #[inline]
    pub(super) fn ends_held(
        &mut self,
        who: &mut Clientele<'_>,
        c: usize,
        (asked, now): (SimTime, SimTime),
        storm: Option<&mut Storm>,
    ) {
        if who.clients[c].unserved() {
            // What was asked before says nothing of the time before now.
            let at = if asked >= self.gaps[c].since { asked } else { now };
            self.over(who, c, (at, CutEnds::Served), storm);
        }
    }

    #[cold]
    fn over(
        &mut self,
        who: &mut Clientele<'_>,
        c: usize,
        (at, why): (SimTime, CutEnds),
        storm: Option<&mut Storm>,
    ) {
        let gap = &mut self.gaps[c];
        let since = gap.since.max(self.from);
        self.lost[place(who, c)] += u128::from(at.0.saturating_sub(since.0));
        who.clients[c].set_unserved(false);
        let Some(storm) = storm else { return };
        let Some(place) = of_storm(storm, who, c) else { return };
        gap.counted = storm.loses(place, (since, at), (gap.began, gap.counted));
        match gap.incident {
            NONE => {}
            incident if at <= self.from => storm.uncut(place, incident),
            incident => storm.cut_ends(place, incident, at.since(since), why),
        }
    }

    /// Closes the books at `now`, the end of the window: what the clients of each protocol
    /// and population have lost.
    pub(super) fn close(
        &mut self,
        who: &mut Clientele<'_>,
        now: SimTime,
        mut storm: Option<&mut Storm>,
    ) -> Vec<UserTime> {
        let mut clients = vec![0_u64; self.lost.len()];
        for c in 0..who.clients.len() {
            clients[place(who, c)] += 1;
            if who.clients[c].unserved() {
                let held_from = self.gaps[c].held_from;
                let held = held_from < now && now.since(held_from) > patience(who, c);
                let how = if held { (held_from, CutEnds::Served) } else { (now, CutEnds::RunOver) };
                self.over(who, c, how, storm.as_deref_mut());
            }
        }
        let protocols = Protocol::ALL.len();
        let of = |(place, (&clients, &lost)): (usize, (&u64, &u128))| UserTime {
            protocol: Protocol::ALL[place % protocols],
            population: (place / protocols) as u32,
            clients,
            lost,
        };
        clients.iter().zip(&self.lost).enumerate().map(of).filter(|of| of.clients > 0).collect()
    }
}

/// After so long without a failure, a server has taken up what client `c` asked for.
pub(super) fn patience(who: &Clientele<'_>, c: usize) -> SimSpan {
    let settings = &who.behaviour(c).settings;
    settings.request_timeout.max(settings.connect_timeout)
}

fn place(who: &Clientele<'_>, c: usize) -> usize {
    let cohort = who.cohort(c);
    cohort.population as usize * Protocol::ALL.len() + cohort.protocol.index()
}

/// Where the storm keeps the pair of protocol and population of client `c`.
#[inline]
pub(super) fn of_storm(storm: &Storm, who: &Clientele<'_>, c: usize) -> Option<u32> {
    let cohort = who.cohort(c);
    storm.place(cohort.protocol, cohort.population)
}
