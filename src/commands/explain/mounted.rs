//! Where the databases of servers that are down are mounted, and which copies were passed over.

use crate::kernel::Id;
use crate::model::topology::{DatabaseCopies, Loss, MailboxGroup, MailboxServer, Stopped, Topology};

/// What becomes of databases whose servers are down.
pub(super) struct Mounted {
    /// The first group on which any of them are mounted.
    pub(super) at: Option<Id<MailboxGroup>>,
    /// That in words, with every copy that was tried.
    pub(super) words: String,
}

/// The copies of the databases of `home` after a loss; `None` where they are mounted at
/// home.
pub(super) fn mounted(topology: &Topology, home: Id<MailboxGroup>, loss: &Loss) -> Option<Mounted> {
    let stopped = topology.stopped(loss);
    let why = |server: MailboxServer| stopped.iter().find(|(other, _)| *other == server).map(|(_, why)| *why);
    let group = &topology.mailbox[home.index()];
    let own = (0..group.servers).map(|number| MailboxServer { group: home, number });
    let own = own.map(why).collect::<Option<Vec<_>>>()?;
    let name = &group.name;
    if group.copies.is_none() && own.iter().all(|why| *why == Stopped::Down) {
        // The refusal says it all.
        return None;
    }
    let at_home = match own.first() {
        Some(Stopped::Minority { votes, of }) => {
            format!("{name} is up with {votes} of {of} votes, no majority: its databases are dismounted")
        }
        _ => format!("{name} is down"),
    };
    let Some(copies) = &group.copies else {
        return Some(Mounted { at: None, words: format!("{at_home}, and they have no copies") });
    };
    let tried = Tried::of(topology, (home, copies), why);
    let at = tried.groups.iter().find(|tried| tried.mounted > 0).map(|tried| tried.group);
    let by_hand = topology.dag_of(MailboxServer { group: home, number: 0 }).filter(|dag| {
        // A person mounts what a minority holds, and copies elsewhere where activation is by hand.
        tried.none > 0 || dag.by_hand && at.is_some_and(|at| topology.mailbox[at.index()].site != group.site)
    });
    let clustered = topology.passive_nodes(home).is_some();
    let what = match (clustered, tried.all) {
        (true, 1) => "its databases on its passive node".to_owned(),
        (true, servers) => format!("the databases of its {servers} servers on their passive nodes"),
        (false, 1) => "copies of its database, in order".to_owned(),
        (false, all) => format!("copies of its {all} databases, in order"),
    };
    let mut words = format!("{at_home}; {what}: {}", tried.words(topology));
    match (clustered, tried.all, tried.none) {
        (.., 0) => {}
        (true, 1, _) => words += "; they are mounted nowhere",
        (true, _, none) => words += &format!("; those of {none} of them are mounted nowhere"),
        (false, 1, _) => words += "; it is mounted nowhere",
        (false, _, none) => words += &format!("; {none} of them are mounted nowhere"),
    }
    if let Some(dag) = by_hand {
        let minutes = dag.switchover.0 as f64 / 60e9;
        words +=
            &format!(" until a person switches {} over ({minutes:.0} min, ASSUMED unless stated)", dag.name);
    }
    Some(Mounted { at, words })
}

/// One group that holds copies.
struct Holding {
    group: Id<MailboxGroup>,
    /// Databases that are mounted there, and after how long.
    mounted: u32,
    seconds: f64,
    /// Databases whose copy there was passed over, and why.
    passed: u32,
    why: Option<Stopped>,
}

/// Copies as they are tried, database by database.
struct Tried {
    groups: Vec<Holding>,
    all: u32,
    none: u32,
}

impl Tried {
    fn of(
        topology: &Topology,
        (home, copies): (Id<MailboxGroup>, &DatabaseCopies),
        why: impl Fn(MailboxServer) -> Option<Stopped>,
    ) -> Self {
        let own = &topology.mailbox[home.index()];
        let mut tried = Self { groups: Vec::new(), all: own.servers * copies.databases, none: 0 };
        for number in 0..own.servers {
            for database in 0..copies.databases {
                let holders = copies.holders(MailboxServer { group: home, number }, database);
                let mut found = false;
                for holder in holders.into_iter().skip(1) {
                    let elsewhere = topology.site_of_store(holder) != own.site;
                    let holding = tried.at(holder.group);
                    match why(holder) {
                        None => {
                            holding.mounted += 1;
                            holding.seconds = copies.activation[usize::from(elsewhere)].0 as f64 / 1e9;
                            found = true;
                            break;
                        }
                        stopped => {
                            holding.passed += 1;
                            holding.why = stopped;
                        }
                    }
                }
                tried.none += u32::from(!found);
            }
        }
        tried
    }

    fn at(&mut self, group: Id<MailboxGroup>) -> &mut Holding {
        let at = self.groups.iter().position(|holding| holding.group == group).unwrap_or_else(|| {
            self.groups.push(Holding { group, mounted: 0, seconds: 0.0, passed: 0, why: None });
            self.groups.len() - 1
        });
        &mut self.groups[at]
    }

    fn words(&self, topology: &Topology) -> String {
        let count = |n: u32| if self.all == 1 { String::new() } else { format!("{n} ") };
        let one = |holding: &Holding| {
            let mut parts = Vec::new();
            let reason = match holding.why {
                Some(Stopped::Minority { votes, of }) => {
                    format!("up with {votes} of {of} votes, no majority")
                }
                _ => "down".to_owned(),
            };
            if holding.passed > 0 {
                parts.push(format!("{reason}, {}passed over", count(holding.passed)));
            }
            if holding.mounted > 0 {
                parts.push(format!("{}mounted after {:.0} s", count(holding.mounted), holding.seconds));
            }
            format!("{} ({})", topology.mailbox[holding.group.index()].name, parts.join("; "))
        };
        self.groups.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}
