//! Where mailboxes are at home, as changes move them in the course of a run.
//!
//! A client whose mailbox is moved has other alternatives from then on, compiled before the run
//! like all. Costs a glance where none is moved. Must not know what its client does about it.
//! Next: [`super::detection`].

use crate::clients::roster::{MailboxMove, Member, Roster};

/// Where the mailboxes of one replication are at home.
#[derive(Debug)]
pub(super) struct Homes<'p> {
    roster: &'p Roster,
    /// By client; empty where nothing is moved in the course of the run.
    places: Vec<Place>,
}

/// Where the mailbox of a client is.
#[derive(Clone, Copy, Debug)]
struct Place {
    alternatives: u32,
    mailbox_server: u32,
    /// It has been moved, and the user has to start Outlook again.
    restarts: bool,
}

/// The mailboxes that change `number` moves.
pub(super) fn moves(roster: &Roster, number: u32) -> &[MailboxMove] {
    let begin = roster.moves.partition_point(|moved| moved.change < number);
    let end = roster.moves.partition_point(|moved| moved.change <= number);
    &roster.moves[begin..end]
}

impl<'p> Homes<'p> {
    /// As the run begins.
    pub(super) fn new(roster: &'p Roster) -> Self {
        let of = |member: &Member| Place {
            alternatives: member.alternatives,
            mailbox_server: member.mailbox_server,
            restarts: false,
        };
        let members = if roster.moves.is_empty() { &[][..] } else { &roster.members };
        Self { roster, places: members.iter().map(of).collect() }
    }

    /// Change `number` takes effect at `now`, ns since the run began: gives what it moves.
    pub(super) fn take_effect(&mut self, number: u32, now: i64) -> &'p [MailboxMove] {
        let moves = moves(self.roster, number);
        for moved in moves {
            let (alternatives, mailbox_server) = (moved.alternatives, moved.mailbox_server);
            // Whoever was told before the run has started it again by then.
            let restarts = moved.restarts && now >= 0;
            self.places[moved.client as usize] = Place { alternatives, mailbox_server, restarts };
        }
        moves
    }

    /// Client `c`, with its mailbox where that is now.
    #[inline]
    pub(super) fn member(&self, c: usize) -> Member {
        let member = self.roster.members[c];
        match self.places.get(c) {
            None => member,
            Some(&Place { alternatives, mailbox_server, .. }) => {
                Member { alternatives, mailbox_server, ..member }
            }
        }
    }

    /// Whether the user of client `c` has to start Outlook again since the mailbox was moved;
    /// that is done with the end of the session.
    pub(super) fn take_restart(&mut self, c: usize) -> bool {
        self.places.get_mut(c).is_some_and(|place| std::mem::take(&mut place.restarts))
    }
}
