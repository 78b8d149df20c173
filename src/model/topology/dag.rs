//! Database availability groups: who votes, and which side has the majority.
//!
//! Must not know who asks: a run as outages begin and end, `explain` and `check` before it.

use super::sites::{CasGroup, MailboxServer, Site, SiteLink};
use crate::kernel::{Id, SimSpan};

/// Most members of a group (Exchange 2010 to 2019).
pub const MOST_MEMBERS: usize = 16;

/// Who holds the file share that votes where the number of members is even.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Witness {
    /// A file server of a site, lost with the site.
    Site(Id<Site>),
    /// The servers of a Client Access group, lost when all of them are.
    Server(Id<CasGroup>),
}

/// A database availability group.
#[derive(Clone, PartialEq, Debug)]
pub struct Dag {
    /// Name.
    pub name: String,
    /// Its Mailbox servers, at least 2.
    pub members: Vec<MailboxServer>,
    /// The witness.
    pub witness: Witness,
    /// Copies in another site are activated by hand alone.
    pub by_hand: bool,
    /// From the loss of the majority, or where copies in another site are activated by
    /// hand from the loss of a server, until a person has switched over.
    pub switchover: SimSpan,
    /// 2010: how long clients keep the address of the array's name.
    pub array_ttl: SimSpan,
}

/// One side of a group whose sites are parted: members that see each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Side {
    /// Part of the network in which it lies, by [`parts`].
    pub part: usize,
    /// Its members that are up, by place.
    pub members: Vec<usize>,
    /// Votes, the witness's among them where it is of this side and votes.
    pub votes: u32,
}

/// What is lost at once.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Loss {
    /// Mailbox servers.
    pub servers: Vec<MailboxServer>,
    /// Client Access groups as a whole.
    pub cas: Vec<Id<CasGroup>>,
    /// Sites, with all that is in them and the links that end there.
    pub sites: Vec<Id<Site>>,
    /// Site links.
    pub links: Vec<Id<SiteLink>>,
}

/// Why a Mailbox server mounts no databases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// It is down.
    Down,
    /// It is up, and its side of the group has too few votes.
    Minority {
        /// Votes of its side.
        votes: u32,
        /// Votes in all.
        of: u32,
    },
}

impl Dag {
    /// Whether the witness votes: where the number of members is even.
    #[must_use]
    pub fn witness_votes(&self) -> bool {
        self.members.len().is_multiple_of(2)
    }

    /// Votes in all.
    #[must_use]
    pub fn votes(&self) -> u32 {
        self.members.len() as u32 + u32::from(self.witness_votes())
    }

    /// Votes that a side needs. Without dynamic quorum (Windows 2012 R2 on, CONTESTED and off)
    /// the number does not follow the members that are left.
    #[must_use]
    pub fn majority(&self) -> u32 {
        self.votes() / 2 + 1
    }

    /// The sides with their votes, most votes first, then in the order of members: `part` gives
    /// the part of the network in which a member is, if it is up, and `witness` that of the
    /// witness, if that is.
    #[must_use]
    pub fn sides(&self, part: impl Fn(usize) -> Option<usize>, witness: Option<usize>) -> Vec<Side> {
        let mut sides: Vec<Side> = Vec::new();
        for member in 0..self.members.len() {
            let Some(part) = part(member) else { continue };
            match sides.iter_mut().find(|side| side.part == part) {
                Some(side) => side.members.push(member),
                None => sides.push(Side { part, members: vec![member], votes: 0 }),
            }
        }
        for side in &mut sides {
            let witness = self.witness_votes() && witness == Some(side.part);
            side.votes = side.members.len() as u32 + u32::from(witness);
        }
        sides.sort_by_key(|side| std::cmp::Reverse(side.votes));
        sides
    }

    /// The side that has the majority, if one has.
    #[must_use]
    pub fn with_majority<'s>(&self, sides: &'s [Side]) -> Option<&'s Side> {
        sides.iter().find(|side| side.votes >= self.majority())
    }
}

/// The parts into which `sites` sites fall that `links` join: by site the number of the first
/// site of its part.
#[must_use]
pub fn parts(sites: usize, links: impl Iterator<Item = [usize; 2]>) -> Vec<usize> {
    let mut part: Vec<usize> = (0..sites).collect();
    for [a, b] in links {
        let (low, high) = (part[a].min(part[b]), part[a].max(part[b]));
        part.iter_mut().filter(|part| **part == high).for_each(|part| *part = low);
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dag(members: u32) -> Dag {
        Dag {
            name: "DAG".to_owned(),
            members: (0..members).map(|number| MailboxServer { group: Id::new(0), number }).collect(),
            witness: Witness::Site(Id::new(0)),
            by_hand: false,
            switchover: SimSpan::from_secs(3_600),
            array_ttl: SimSpan::from_secs(300),
        }
    }

    /// Four members and the witness have five votes, of which three are a majority; three
    /// members have three, of which two are.
    #[test]
    fn a_majority_is_more_than_half_of_all_votes() {
        let (four, three) = (dag(4), dag(3));
        assert_eq!((four.votes(), four.majority(), three.votes(), three.majority()), (5, 3, 3, 2));
        // Two and two, the witness with the first two.
        let sides = four.sides(|member| Some(member / 2), Some(0));
        assert_eq!(sides.iter().map(|side| side.votes).collect::<Vec<_>>(), [3, 2]);
        assert_eq!(four.with_majority(&sides).map(|side| side.part), Some(0));
        // The witness is lost as well: two and two of five.
        let sides = four.sides(|member| Some(member / 2), None);
        assert_eq!(four.with_majority(&sides), None);
        // The witness does not vote with three.
        let sides = three.sides(|member| Some(member.min(1)), Some(0));
        assert_eq!(sides.iter().map(|side| (side.part, side.votes)).collect::<Vec<_>>(), [(1, 2), (0, 1)]);
    }

    #[test]
    fn links_join_sites() {
        assert_eq!(parts(5, [[3, 1], [1, 4]].into_iter()), [0, 1, 2, 1, 1]);
    }
}
