//! The organisation: sites below those through which they are reached, what their lines carry,
//! and how full their servers are.

use std::collections::{BTreeMap, BTreeSet};

use super::branches::{Bar, Branch, Flow, Leaf};
use super::chart::{Chart, Picture};
use super::hubs::{self, Placed};
use super::layout::Layout;
use super::map::{self, Arc};
use super::reach::{Reached, facing, reached};
use super::scene::Head;
use super::swarm::{self, Hub, Swarm};
use super::titles;
use super::tree::Tree;
use crate::kernel::{NANOS_PER_SEC, SimSpan};
use crate::output::lookup::{local_time, name as named};
use crate::output::sentences::value_words;
use crate::output::tables::columns::{self, Column, Table, columns, int, name, real};
use crate::output::words::{count, per_run, percent, thousands, three_figures};
use crate::results::objectives::Subject;
use crate::results::{LinkKind, NONE, RunResult, Scarce, ServerRole};

/// Rows of the chart; what is left of a site's branches is one row.
const ROWS: usize = 24;

/// The chart.
#[derive(Debug)]
pub(super) struct Topology;

/// A site.
#[derive(Clone, Debug)]
pub(super) struct Site<'r> {
    run: &'r RunResult,
    site: u32,
    /// The one through which it is reached.
    above: Option<u32>,
    depth: usize,
    faces_internet: bool,
    entered: bool,
    mailboxes: u64,
    people: u64,
    /// The goal that is missed by most there: value over goal, and the value in words.
    missed: Option<(f64, String)>,
    /// Goals that are judged of its servers, of its line and of those whose mailboxes it has.
    objectives: usize,
    /// From above and to above: places among the links.
    lines: Option<[usize; 2]>,
    servers: Vec<usize>,
}

impl Table for Topology {
    type Row<'r> = Site<'r>;
    const NAME: &'static str = "topology";
    const ROW: &'static str = "a site, below the one through which it is reached; the chart shows 24 rows and adds up the rest. What lines carry stands in links.csv";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "site" Word "as in sessions.csv" => |row| name(named(&row.run.names.sites, row.site)),
        "parent_site" Word "the site through which it is reached from the Internet by the fewest lines; blank of those that face it" => |row| name(row.above.map_or("", |above| named(&row.run.names.sites, above))),
        "tier" Count "lines between it and a site that faces the Internet" => |row| int(row.depth as u64),
        "faces_internet" Count "1 where it has a way to the Internet of its own" => |row| int(u64::from(row.faces_internet)),
        "entered" Count "1 where clients enter it" => |row| int(u64::from(row.entered)),
        "mailboxes" Count "mailboxes of the populations most of whose clients have their mailbox there" => |row| int(row.mailboxes),
        "people" Count "clients that sit there, each once for each protocol; mean over the replications" => |row| columns::per_run(row.people, row.run.replications),
        "busiest_share" Share "use of the busiest of its server groups in its busiest hour, as a share of its limit" => |row| real(row.busiest().1),
        "from_parent_share" Share "use of the line from its parent in its busiest hour, as a share of its limit" => |row| real(row.lines.map(|lines| use_of_link(row.run, lines[0]))),
        "to_parent_share" Share "the same of the line to it" => |row| real(row.lines.map(|lines| use_of_link(row.run, lines[1]))),
        "missed" Count "1 where a goal of its servers, of its line or of those whose mailboxes it has is missed" => |row| int(u64::from(row.missed.is_some())),
        "cas_busiest_hour" Share "use of its fullest group of Client Access servers in its busiest hour" => |row| real(row.used(ServerRole::Cas).map(|of| of.0)),
        "cas_limit" Share "its limit" => |row| real(row.used(ServerRole::Cas).map(|of| of.1)),
        "mailbox_busiest_hour" Share "the same of its Mailbox servers" => |row| real(row.used(ServerRole::Mailbox).map(|of| of.0)),
        "mailbox_limit" Share "its limit" => |row| real(row.used(ServerRole::Mailbox).map(|of| of.1)),
        "objectives" Count "goals of its servers, of its line and of those whose mailboxes it has" => |row| int(row.objectives as u64),
        "worst_objective" Word "value of the goal that is missed by most; blank: none is missed" => |row| name(row.missed.as_ref().map_or("", |of| of.1.as_str())),
        "worst_ratio" Ratio "that value over its goal, or the share that is late over the 5 % that may be, if that is more" => |row| real(row.missed.as_ref().map(|of| of.0)),
    }];
}

impl Chart for Topology {
    const LACKS: &'static str = "its workload has no sites";

    fn is_drawn(run: &RunResult) -> bool {
        run.servers.iter().any(|row| row.site != NONE)
    }

    fn draw(run: &RunResult) -> Picture<'_, Self> {
        let sites = sites(run);
        let layout = Layout::Tree(tree(run, &sites));
        Picture { layout, rows: sites }
    }
}

/// Use of a server group in its busiest hour as a share of its limit.
fn use_of_servers(run: &RunResult, index: usize) -> f64 {
    run.servers[index].judged_hour().mean / limit_of(run, Scarce::Server(index as u32))
}

/// The limit of something scarce; the whole where none is kept.
fn limit_of(run: &RunResult, scarce: Scarce) -> f64 {
    run.bottlenecks.iter().find(|row| row.scarce == scarce).map_or(1.0, |row| row.limit)
}

/// The same of a link direction.
fn use_of_link(run: &RunResult, index: usize) -> f64 {
    run.links[index].busiest_hour.mean / limit_of(run, Scarce::Link(index as u32))
}

impl Site<'_> {
    fn busiest(&self) -> (usize, f64) {
        let all = self.servers.iter().map(|&index| (index, use_of_servers(self.run, index)));
        all.fold((0, 0.0), |most, of| if of.1 > most.1 { of } else { most })
    }

    /// Use of its fullest group of a role in its busiest hour, and the limit of that.
    fn used(&self, role: ServerRole) -> Option<(f64, f64)> {
        let of_role = self.servers.iter().filter(|index| self.run.servers[**index].role == role);
        let used = of_role.map(|&index| {
            let mean = self.run.servers[index].judged_hour().mean;
            (mean, limit_of(self.run, Scarce::Server(index as u32)))
        });
        used.reduce(|most, of| if of.0 / of.1 > most.0 / most.1 { of } else { most })
    }

    /// The same of its line to the one above, or to the Internet.
    fn own_line(&self) -> f64 {
        let internet = self.run.links.iter().enumerate().filter(|(_, link)| {
            link.ends.kind == LinkKind::Internet && [link.ends.from, link.ends.to].contains(&self.site)
        });
        match self.lines {
            Some(_) => self.line(),
            None => internet.map(|(line, _)| use_of_link(self.run, line)).fold(0.0, f64::max),
        }
    }

    /// How close its line is to a limit, in the worse direction.
    fn line(&self) -> f64 {
        self.lines.iter().flatten().map(|&line| use_of_link(self.run, line)).fold(0.0, f64::max)
    }

    /// How close it and its line are to a limit.
    fn strain(&self) -> f64 {
        self.line().max(self.busiest().1)
    }
}

/// Every site, each below the one through which it is reached.
fn sites(run: &RunResult) -> Vec<Site<'_>> {
    let all = run.names.sites.len() as u32;
    let facing = facing(run);
    let (homes, reached) = (homes(run), reached(run, &facing));
    let entered: BTreeSet<u32> = run.flows.iter().map(|flow| flow.key.cell.entry_site).collect();
    let site = |site: u32| {
        let Reached { above, depth, lines } = reached.get(&site).copied().unwrap_or_default();
        let sits = run.flows.iter().filter(|flow| flow.key.client_location == site);
        let people = sits.map(|flow| flow.counts.clients).sum();
        let is_here = |row: &crate::results::ServerRow| row.site == site && role(row.role).is_some();
        let servers: Vec<usize> =
            (0..run.servers.len()).filter(|&index| is_here(&run.servers[index])).collect();
        let is_own = |of: &Subject| match of {
            Subject::Link(link) => lines.iter().flatten().any(|line| *line == *link as usize),
            Subject::Servers(group) => servers.contains(&(*group as usize)),
            Subject::Users(_, population) => homes.get(population) == Some(&site),
        };
        let goals = || run.objectives.iter().filter(|goal| is_own(&goal.subject));
        let worst = goals().filter(|goal| goal.is_missed());
        let worst = worst.reduce(|worst, goal| if goal.excess() > worst.excess() { goal } else { worst });
        let missed = worst.map(|goal| {
            let value = goal.seen.map_or_else(|| "never".to_owned(), |seen| value_words(goal.measure, seen));
            (goal.excess(), value)
        });
        let at_home = homes.iter().filter(|(_, home)| **home == site);
        let mailboxes = at_home.filter_map(|(population, _)| run.names.mailboxes.get(*population as usize));
        Site {
            run,
            site,
            above,
            depth,
            faces_internet: facing.contains(&site),
            entered: entered.contains(&site),
            mailboxes: mailboxes.map(|many| u64::from(*many)).sum(),
            people,
            objectives: goals().count(),
            missed,
            lines,
            servers,
        }
    };
    (0..all).map(site).collect()
}

/// What people call the servers of a role; nothing of what is no server of a site.
fn role(role: ServerRole) -> Option<&'static str> {
    match role {
        ServerRole::Cas => Some("CAS"),
        ServerRole::Mailbox => Some("Mailbox"),
        ServerRole::Service
        | ServerRole::Custom
        | ServerRole::Translation
        | ServerRole::Publisher
        | ServerRole::Host => None,
    }
}

/// Where most clients of each population have their mailbox.
fn homes(run: &RunResult) -> BTreeMap<u32, u32> {
    let mut clients: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for cell in run.cells.iter().filter(|cell| cell.key.mailbox_site != NONE) {
        *clients.entry((cell.key.population, cell.key.mailbox_site)).or_default() += cell.counts.users;
    }
    let mut homes: BTreeMap<u32, (u32, u64)> = BTreeMap::new();
    for ((population, site), many) in clients {
        let home = homes.entry(population).or_insert((site, many));
        if many > home.1 {
            *home = (site, many);
        }
    }
    homes.into_iter().map(|(population, (site, _))| (population, site)).collect()
}

/// Rows from the sites that face the Internet downwards, the worst of a site's branches first.
fn tree(run: &RunResult, sites: &[Site<'_>]) -> Tree {
    let mut below: BTreeMap<Option<u32>, Vec<&Site<'_>>> = BTreeMap::new();
    for site in sites {
        below.entry(site.above).or_default().push(site);
    }
    for branches in below.values_mut() {
        let rank = |site: &Site<'_>| (site.missed.is_some(), site.strain());
        branches.sort_by(|a, b| rank(b).partial_cmp(&rank(a)).expect("no NaN"));
    }
    let roots = below.get(&None).map_or(0, Vec::len);
    // Of each site as many branches as all together leave room for.
    let parents = below.len().saturating_sub(1).max(1);
    let room = if sites.len() <= ROWS { usize::MAX } else { (ROWS.saturating_sub(roots) / parents).max(1) };
    let (mut rows, mut shown_sites) = (Vec::new(), Vec::new());
    // Sites, and rows for what is left of the branches of one, which come behind those that are shown.
    let mut waiting: Vec<Result<&Site<'_>, Box<Branch>>> =
        below.get(&None).into_iter().flatten().rev().map(|site| Ok(*site)).collect();
    while let Some(next) = waiting.pop() {
        let site = match next {
            Ok(site) => site,
            Err(rest) => {
                rows.push(*rest);
                shown_sites.push(NONE);
                continue;
            }
        };
        rows.push(branch(run, site));
        shown_sites.push(site.site);
        let all = below.get(&Some(site.site)).map_or(&[][..], Vec::as_slice);
        let shown = all.len().min(room);
        if shown < all.len() {
            waiting.push(Err(Box::new(rest(site, &all[shown..]))));
        }
        waiting.extend(all[..shown].iter().rev().map(|site| Ok(*site)));
    }
    let how = match sites.len() > ROWS {
        true => "; the worst branches of each site, the others in a row",
        false => "",
    };
    let worst = sites.iter().reduce(|worst, site| if site.strain() > worst.strain() { site } else { worst });
    let finding = worst.map_or(String::new(), |site| {
        let missing = sites.iter().filter(|site| site.missed.is_some()).count();
        titles::topology(named(&run.names.sites, site.site), site.strain(), (missing, sites.len()))
    });
    let (mut arcs, mut unseen) = arcs(run, sites, &shown_sites);
    let mut swarm = None;
    if !map::has_room(&rows) {
        unseen += arcs.len();
        arcs.clear();
        if sites.len() > map::SITES {
            let (of, others) = hubs_of(run, sites);
            (swarm, unseen) = (Some(of), others);
        }
    }
    let more = match unseen {
        0 => String::new(),
        n => format!(". {} between other sites: links.csv", count(n, "more line")),
    };
    let head = Head {
        topic: "Topology".to_owned(),
        finding,
        how: if map::has_room(&rows) {
            format!(
                "Lines: Mbit/s carried, and the busiest hour as a share of the limit; the colour says the same: up to 25, 50, \
                 80, 100 %, beyond. Bars: the busiest hour of cores. A cross: a goal is missed there{more}"
            )
        } else if swarm.is_some() {
            format!(
                "Cards: sites that face the Internet or that others are reached through, with the busiest hour of cores. A dot is a \
                 site behind one: to the right as much of its line as is used, in the worse direction, as a share of the \
                 limit, on a square-root axis; area by mailboxes. With a cross: a goal is missed, the worst by name{more}"
            )
        } else {
            format!(
                "Sites below those through which they are reached. Lines: Mbit/s carried, and the busiest hour as a share of \
                 the limit, from above and to above; bars: the busiest hour of cores{how}. A cross: a goal is missed there{more}"
            )
        },
    };
    Tree { head, rows, arcs, swarm, empty: "No site".to_owned() }
}

/// Hubs with what is behind them, and how many lines between sites are not drawn.
fn hubs_of(run: &RunResult, sites: &[Site<'_>]) -> (Swarm, usize) {
    let placed = |site: &Site<'_>| Placed {
        above: site.above.map(|above| above as usize),
        mailboxes: site.mailboxes,
        share: site.own_line(),
    };
    let rows = hubs::rows(&sites.iter().map(placed).collect::<Vec<_>>());
    let shown: Vec<u32> = rows
        .iter()
        .map(|row| match row.hubs.as_slice() {
            [one] => *one as u32,
            _ => NONE,
        })
        .collect();
    let (mut arcs, mut unseen) = arcs(run, sites, &shown);
    let between = |(at, row): (usize, &hubs::Row)| {
        let lines = sites[*row.hubs.first()?].lines?;
        let ends = [row.above?, at];
        Some(Arc { ends, flows: lines.map(|line| flow(run, line)), cut: cut(run, lines[0]) })
    };
    arcs.extend(rows.iter().enumerate().filter_map(between));
    // What is cut is shown, whatever it carries.
    arcs.sort_by(|a, b| {
        (a.cut.is_empty().cmp(&b.cut.is_empty()))
            .then(b.mbps().total_cmp(&a.mbps()))
            .then(a.ends.cmp(&b.ends))
    });
    unseen += arcs.len().saturating_sub(swarm::ARCS);
    arcs.truncate(swarm::ARCS);
    let hub = |row: &hubs::Row| Hub {
        row: match row.hubs.as_slice() {
            [one] => branch(run, &sites[*one]),
            others => together(&others.iter().map(|at| &sites[*at]).collect::<Vec<_>>()),
        },
        leaves: row
            .behind
            .iter()
            .map(|&(at, share)| Leaf {
                name: named(&run.names.sites, sites[at].site).to_owned(),
                share,
                mailboxes: sites[at].mailboxes,
                missed: sites[at].missed.clone(),
            })
            .collect(),
    };
    (Swarm { hubs: rows.iter().map(hub).collect(), arcs }, unseen)
}

/// Hubs that have one row.
fn together(others: &[&Site<'_>]) -> Branch {
    let mailboxes: u64 = others.iter().map(|site| site.mailboxes).sum();
    Branch {
        name: count(others.len(), "other hub"),
        words: format!("{} mailboxes", thousands(mailboxes)),
        depth: 0,
        flows: None,
        cut: String::new(),
        bars: Vec::new(),
        missed: others.iter().any(|site| site.missed.is_some()),
    }
}

/// Lines by which no site is reached from above: those between two rows that face the Internet, and how many others.
fn arcs(run: &RunResult, sites: &[Site<'_>], rows: &[u32]) -> (Vec<Arc>, usize) {
    let of_tree: BTreeSet<usize> = sites.iter().flat_map(|site| site.lines.into_iter().flatten()).collect();
    let (mut found, mut others) = (Vec::new(), 0);
    for (index, link) in run.links.iter().enumerate().filter(|(_, link)| link.ends.kind == LinkKind::Wan) {
        let back = link.reverse.map_or(index, |back| back as usize);
        if back < index || of_tree.contains(&index) || of_tree.contains(&back) {
            continue;
        }
        let row = |site: u32| {
            let faces = sites.get(site as usize).is_some_and(|site| site.depth == 0);
            rows.iter().position(|shown| *shown == site).filter(|_| faces)
        };
        match row(link.ends.from).zip(row(link.ends.to)) {
            Some((from, to)) => found.push(Arc {
                ends: [from, to],
                flows: [flow(run, index), flow(run, back)],
                cut: cut(run, index),
            }),
            None => others += 1,
        }
    }
    (found, others)
}

/// What a direction carries.
fn flow(run: &RunResult, index: usize) -> Flow {
    let seconds = run.window.0 as f64 / NANOS_PER_SEC as f64 * f64::from(run.replications.max(1));
    let mbps = run.links[index].carried_bits / seconds / 1e6;
    let share = use_of_link(run, index);
    Flow { mbps, share, words: format!("{} Mbit/s, {}", three_figures(mbps), percent(share)) }
}

fn branch(run: &RunResult, site: &Site<'_>) -> Branch {
    let mut words = vec![format!("{} mailboxes", thousands(site.mailboxes))];
    if site.faces_internet {
        words.push(if site.entered { map::FACES } else { "its Internet is unused" }.to_owned());
    }
    if site.people > 0 {
        words.push(format!("{} clients sit there", per_run(site.people, run.replications)));
    }
    let mut lines = site.lines;
    if site.faces_internet && lines.is_none() {
        let find = |from: u32, to: u32| {
            run.links.iter().position(|link| {
                link.ends.kind == LinkKind::Internet && (link.ends.from, link.ends.to) == (from, to)
            })
        };
        lines = find(NONE, site.site).zip(find(site.site, NONE)).map(|(down, up)| [down, up]);
    }
    let bar = |&index: &usize| {
        let row = &run.servers[index];
        let name = format!("{} {}\u{d7}{}", role(row.role).unwrap_or(""), row.servers, row.cores);
        Bar { name, share: use_of_servers(run, index) }
    };
    let mut bars: Vec<(usize, Bar)> = site.servers.iter().map(|index| (*index, bar(index))).collect();
    bars.sort_by(|a, b| b.1.share.total_cmp(&a.1.share));
    bars.truncate(2);
    bars.sort_by_key(|(index, _)| *index);
    Branch {
        name: named(&run.names.sites, site.site).to_owned(),
        words: words.join(", "),
        depth: site.depth,
        flows: lines.map(|lines| lines.map(|index| flow(run, index))),
        cut: site.lines.map_or_else(String::new, |lines| cut(run, lines[0])),
        bars: bars.into_iter().map(|(_, bar)| bar).collect(),
        missed: site.missed.is_some(),
    }
}

/// When a line is out, by the outages that name it.
fn cut(run: &RunResult, line: usize) -> String {
    let ends = run.links[line].ends;
    let [from, to] = [ends.from, ends.to].map(|site| named(&run.names.sites, site));
    let struck = |target: &str| {
        let target = target.replace('"', "");
        [format!("link.{from}-{to}"), format!("link.{to}-{from}")].contains(&target)
    };
    let spans = run.storms.incidents.iter().filter(|incident| struck(&incident.target));
    let spans = spans.flat_map(|incident| &incident.spans).filter(|span| span.1 > 0);
    let at = |ns: i64| local_time(run, SimSpan(u64::try_from(ns).unwrap_or(0).min(run.window.0)));
    spans
        .map(|&(begin, end)| format!("{}\u{2013}{}", at(begin), at(end)))
        .take(2)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Branches that are not shown one by one.
fn rest(above: &Site<'_>, others: &[&Site<'_>]) -> Branch {
    let mailboxes: u64 = others.iter().map(|site| site.mailboxes).sum();
    let most = others.iter().map(|site| site.strain()).fold(0.0, f64::max);
    let missing = others.iter().filter(|site| site.missed.is_some()).count();
    let missing = if missing > 0 { format!(", {missing} miss a goal") } else { String::new() };
    Branch {
        name: format!(
            "{} below {}",
            count(others.len(), "other site"),
            named(&above.run.names.sites, above.site)
        ),
        words: format!("{} mailboxes, none used beyond {}{missing}", thousands(mailboxes), percent(most)),
        depth: above.depth + 1,
        flows: None,
        cut: String::new(),
        bars: Vec::new(),
        missed: others.iter().any(|site| site.missed.is_some()),
    }
}
