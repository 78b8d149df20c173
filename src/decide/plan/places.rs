//! What is chosen: at each place machines of some number and kind, of each line a speed.
//!
//! Quantities rise in ability, each by itself: the number of servers, the cores of each, their speed.
//! Where two server models differ in cores and in speed there are two quantities, and only such pairs
//! as are for sale. Must not know what is judged. Next: [`super::grid`].

use super::cases::Cases;
use super::machines::Pool;
use crate::model::purchase::{CountBound, Line, Price, Prices, ServerModel, Speed};
use crate::model::topology::Topology;
use crate::model::topology::dag::MOST_MEMBERS;
use crate::quantity::{self, Dimension};
use crate::scenario::{Override, Scenario, key};

/// Clocks that differ by less, as a share, are the same.
const SAME: f64 = 1e-9;
/// Servers of a group at most, as in a scenario.
const MOST: u32 = 1000;
/// From so many pools on, what fits all of them at once is not tried at each.
const MANY: usize = 24;

/// A number that is varied, as a column of a table.
#[derive(Clone, PartialEq, Debug)]
pub struct Quantity {
    /// The path that it sets: `site.Boston.cas.servers`.
    pub path: String,
    /// Its values as they are shown, in order of rising ability.
    pub values: Vec<String>,
}

/// What a place may have.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    /// Its place in each quantity of its place.
    pub at: Vec<u16>,
    /// What sets it; nothing where it is what there is.
    pub sets: Vec<Override>,
    /// What it costs beyond what is owned.
    pub price: Price,
    /// Machines, passive nodes among them.
    pub servers: u32,
    /// Those that serve while all is sound, as the scenario counts them.
    pub serving: u32,
    /// Cores of each.
    pub cores: u32,
    /// The server model that is bought, if one is.
    pub model: Option<String>,
    /// Cores x MHz of a machine, or bit/s of a line: work grows by it.
    pub ability: f64,
    /// As an administrator calls it: `Boston: 3 Client Access servers (R650, 16 cores)`.
    pub label: String,
}

/// Where something is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Of {
    /// Machines, by the place of their pool.
    Pool(usize),
    /// A line.
    Line(Line),
}

/// A place, with all that it may have.
#[derive(Clone, PartialEq, Debug)]
pub struct Place {
    /// What it is.
    pub of: Of,
    /// The site that pays; `None`: a link between two.
    pub site: Option<String>,
    /// Its quantities, as far as there is something to choose.
    pub quantities: Vec<Quantity>,
    /// What it may have: numbers of servers first, then kinds.
    pub choices: Vec<Choice>,
    /// What it may not have because the scenario refuses it there, and why.
    pub unfit: Vec<(String, String)>,
}

/// Machines of one kind.
struct Kind {
    cores: u32,
    mhz: f64,
    sets: Vec<Override>,
    /// `None`: none is for sale.
    price: Option<Price>,
    model: Option<String>,
    owned: bool,
}

/// Every place of a scenario; `needs` has the servers that the law asks for by pool, at the
/// hardware that is there. Without prices cores are searched too where `more_cores` says so, or where
/// they are stated.
pub(super) fn places(cases: &Cases<'_>, needs: &[f64], more_cores: bool) -> Vec<Place> {
    let scenario = cases.base;
    let together = Together::of(scenario, &cases.pools);
    let mut sized: Vec<Range> = cases
        .pools
        .iter()
        .enumerate()
        .map(|(at, pool)| sized((scenario, &together), pool, needs[at], more_cores))
        .collect();
    share_members(&scenario.model.topology, &cases.pools, &mut sized);
    let fit = together.many && {
        let at = |end: &dyn Fn(&Range) -> Option<u32>| -> Vec<Override> {
            let each = cases.pools.iter().zip(&sized);
            each.flat_map(|(pool, sized)| end(sized).map_or_else(Vec::new, |of| pool.number(of))).collect()
        };
        let fits = |sets: &[Override]| scenario.with(sets).is_ok();
        fits(&at(&|of| of.counts.last().copied())) && fits(&at(&|of| of.counts.first().copied()))
    };
    let pools = cases.pools.iter().zip(sized).enumerate();
    let mut places: Vec<Place> =
        pools.map(|(at, (pool, sized))| of_pool(scenario, (at, pool), sized, fit)).collect();
    if let Some(prices) = &scenario.purchase.prices {
        let lines: std::collections::BTreeSet<Line> =
            prices.lines.iter().flat_map(|offer| offer.of.iter().copied()).collect();
        places.extend(lines.into_iter().map(|line| of_line(scenario, prices, line)));
    }
    places
}

/// Server models at all pools at once, where there are many: what each becomes there.
struct Together {
    many: bool,
    /// By model; `None` where it does not fit all.
    models: Vec<Option<Scenario>>,
}

impl Together {
    fn of(scenario: &Scenario, pools: &[Pool]) -> Self {
        let many = pools.len() >= MANY;
        let offers = scenario.purchase.prices.as_ref().map_or(&[][..], |prices| &prices.servers);
        let models = offers.iter().map(|model| {
            let sets: Vec<Override> = pools.iter().flat_map(|pool| sets_of(pool, model)).collect();
            many.then(|| scenario.with(&sets).ok()).flatten()
        });
        Self { many, models: models.collect() }
    }
}

/// Of a pool the kinds and numbers that are looked at.
struct Range {
    kinds: Vec<Kind>,
    counts: Vec<u32>,
    /// Somebody stated the most.
    stated: bool,
}

/// A database availability group has so many members and no more: where nobody stated the most, the pools of one
/// share them, the largest giving way first.
fn share_members(topology: &Topology, pools: &[Pool], sized: &mut [Range]) {
    for dag in &topology.dags {
        let is_member = |pool: &Pool| {
            let (_, mailbox) = pool.groups(topology);
            mailbox.is_some_and(|id| dag.members.iter().any(|server| server.group == id))
        };
        let own: Vec<usize> = (0..pools.len()).filter(|&at| is_member(&pools[at])).collect();
        let most = |of: &Range| of.counts.last().copied().unwrap_or(0);
        while own.iter().map(|&at| most(&sized[at]) as usize).sum::<usize>() > MOST_MEMBERS {
            let gives = |&&at: &&usize| {
                let Range { counts, stated, .. } = &sized[at];
                !stated && counts.len() > 1 && counts[counts.len() - 1] > pools[at].servers
            };
            let Some(&largest) = own.iter().filter(gives).max_by_key(|&&at| most(&sized[at])) else { break };
            sized[largest].counts.pop();
        }
    }
}

fn sized((scenario, together): (&Scenario, &Together), pool: &Pool, needs: f64, more_cores: bool) -> Range {
    let topology = &scenario.model.topology;
    let plan = &scenario.purchase.plan;
    let bound = plan.bounds.iter().rfind(|bound| pool.is_struck(&bound.of, topology));
    let kinds = kinds((scenario, together), pool, bound, more_cores);
    let own = f64::from(pool.cores) * pool.mhz;
    let least_able = kinds.iter().map(|kind| f64::from(kind.cores) * kind.mhz).fold(own, f64::min);
    let least = bound.and_then(|bound| bound.least).unwrap_or(1);
    let enough = (2.0 * libm::ceil(needs * own / least_able)).clamp(1.0, f64::from(MOST)) as u32;
    let most = bound.and_then(|bound| bound.most).unwrap_or_else(|| enough.max(pool.servers)).max(least);
    let step = bound.map_or(1, |bound| bound.step) as usize;
    let stated = bound.is_some_and(|bound| bound.most.is_some());
    Range { kinds, counts: (least..=most).step_by(step).collect(), stated }
}

/// `fit`: the fewest and the most of every pool at once are no fault.
fn of_pool(scenario: &Scenario, (at, pool): (usize, &Pool), sized: Range, fit: bool) -> Place {
    let Range { kinds, mut counts, .. } = sized;
    let mut unfit = Vec::new();
    // Hosts with too few cores, an outage of the third server, a copy that needs a second one.
    let mut fits = |servers: u32| {
        fit || match scenario.with(&pool.number(servers)) {
            Ok(_) => true,
            Err(faults) => {
                let why = faults.items.first().map_or("", |fault| fault.title.as_str());
                unfit.push((pool.label(servers), why.to_owned()));
                false
            }
        }
    };
    let more = counts.last().is_none_or(|&most| most == pool.servers || fits(most));
    counts.retain(|&servers| servers == pool.servers || (more && servers > pool.servers) || fits(servers));
    unfit.dedup();
    let mut cores: Vec<u32> = kinds.iter().map(|kind| kind.cores).collect();
    cores.sort_unstable();
    cores.dedup();
    let mut speeds: Vec<f64> = kinds.iter().map(|kind| kind.mhz).collect();
    speeds.sort_by(f64::total_cmp);
    speeds.dedup_by(|a, b| same(*a, *b));
    let role = pool.roles.first().cloned().unwrap_or_default();
    let quantity = |name: &str, values: Vec<String>| Quantity { path: format!("{role}.{name}"), values };
    let columns = [
        quantity("servers", counts.iter().map(u32::to_string).collect()),
        quantity("cores", cores.iter().map(u32::to_string).collect()),
        quantity("mhz", speeds.iter().map(|mhz| format!("{} MHz", libm::round(*mhz))).collect()),
    ];
    let mut choices = Vec::new();
    for (number, &servers) in counts.iter().enumerate() {
        for kind in &kinds {
            let Some(choice) = machines(scenario, pool, servers, kind) else { continue };
            let speed = speeds.iter().position(|mhz| same(*mhz, kind.mhz)).unwrap_or_default();
            let places = [number, cores.binary_search(&kind.cores).unwrap_or_default(), speed];
            let shown = columns.iter().zip(places).filter(|(column, _)| column.values.len() > 1);
            choices.push(Choice { at: shown.map(|(_, at)| at as u16).collect(), ..choice });
        }
    }
    let quantities = columns.into_iter().filter(|column| column.values.len() > 1).collect();
    Place { of: Of::Pool(at), site: Some(pool.site.clone()), quantities, choices, unfit }
}

/// So many of a kind; `None` where they cannot be bought.
fn machines(scenario: &Scenario, pool: &Pool, servers: u32, kind: &Kind) -> Option<Choice> {
    let topology = &scenario.model.topology;
    let (_, mailbox) = pool.groups(topology);
    let each = if mailbox.is_some_and(|id| topology.passive_nodes(id).is_some()) { 2 } else { 1 };
    let owned = if kind.owned { pool.servers } else { 0 };
    let bought = servers.saturating_sub(owned);
    let priced = scenario.purchase.prices.is_some();
    let price = match kind.price {
        Some(price) => price.times(u64::from(bought * each)),
        None if priced && bought > 0 => return None,
        None => Price::default(),
    };
    let mut sets = if servers == pool.servers { Vec::new() } else { pool.number(servers) };
    sets.extend(kind.sets.iter().cloned());
    let model = kind.model.clone().filter(|_| priced && bought > 0);
    let what = match &model {
        Some(model) if owned > 0 => format!(" ({bought} more, {model})"),
        Some(model) => format!(" ({model}, {} cores)", kind.cores),
        None if kind.cores != pool.cores => format!(" of {} cores", kind.cores),
        None => String::new(),
    };
    Some(Choice {
        at: Vec::new(),
        sets,
        price,
        servers: servers * each,
        serving: servers,
        cores: kind.cores,
        model,
        ability: f64::from(kind.cores) * kind.mhz,
        label: format!("{}{what}", pool.label(servers)),
    })
}

/// The kinds of machines that a pool may have, what is there first; of two of the same cores and
/// speed the cheaper one.
fn kinds(
    (scenario, together): (&Scenario, &Together),
    pool: &Pool,
    bound: Option<&CountBound>,
    more_cores: bool,
) -> Vec<Kind> {
    let own =
        Kind { cores: pool.cores, mhz: pool.mhz, sets: Vec::new(), price: None, model: None, owned: true };
    let years = scenario.purchase.plan.years;
    let mut kinds = vec![own];
    match &scenario.purchase.prices {
        Some(prices) => {
            for (model, changed) in prices.servers.iter().zip(&together.models) {
                let price = model.price.and(model.licences);
                let Some(kind) = of_model((scenario, changed.as_ref()), pool, model, price) else { continue };
                let known =
                    kinds.iter_mut().find(|known| known.cores == kind.cores && same(known.mhz, kind.mhz));
                match known {
                    None => kinds.push(kind),
                    Some(known) if known.price.is_none_or(|old| price.total(years) < old.total(years)) => {
                        (known.price, known.model) = (kind.price, kind.model);
                    }
                    Some(_) => {}
                }
            }
        }
        None => {
            let stated = bound.map(|bound| bound.cores.clone()).unwrap_or_default();
            let stated_any = !stated.is_empty();
            let twice = more_cores.then(|| pool.cores.saturating_mul(2));
            let cores = if stated_any { stated } else { twice.into_iter().collect() };
            for cores in cores.into_iter().filter(|cores| *cores != pool.cores) {
                let sets = pool.set("cores", &cores.to_string());
                if scenario.with(&sets).is_ok() {
                    kinds.push(Kind { cores, mhz: pool.mhz, sets, price: None, model: None, owned: false });
                }
            }
            let listed = bound.is_none_or(|bound| bound.cores.contains(&pool.cores));
            if stated_any && !listed && kinds.len() > 1 {
                kinds.remove(0);
            }
        }
    }
    kinds
}

/// What one more machine of the kind that a pool has costs, and its model; `None` where none is for sale.
pub(super) fn one_more(scenario: &Scenario, pool: &Pool) -> Option<(Price, String)> {
    let together = Together::of(scenario, std::slice::from_ref(pool));
    let own = kinds((scenario, &together), pool, None, false).into_iter().find(|kind| kind.owned)?;
    Some((own.price?, own.model?))
}

/// What makes a pool one of a model.
fn sets_of(pool: &Pool, model: &ServerModel) -> Vec<Override> {
    let mut sets = pool.set("cores", &model.cores.to_string());
    match model.speed {
        Speed::Same => {}
        Speed::Mhz(mhz) => sets.extend(pool.set("mhz", &format!("\"{mhz} MHz\""))),
        Speed::SpecintRate(rate) => sets.extend(pool.set("specint_rate", &format!("{rate:?}"))),
    }
    sets
}

/// A model at a pool; `None` where the scenario refuses it there. `changed`: the scenario with it at every pool.
fn of_model(
    (scenario, changed): (&Scenario, Option<&Scenario>),
    pool: &Pool,
    model: &ServerModel,
    price: Price,
) -> Option<Kind> {
    let sets = sets_of(pool, model);
    let (cores, mhz) = match changed {
        Some(changed) => hardware(pool, &changed.model.topology)?,
        None => hardware(pool, &scenario.with(&sets).ok()?.model.topology)?,
    };
    Some(Kind { cores, mhz, sets, price: Some(price), model: Some(model.name.clone()), owned: false })
}

fn hardware(pool: &Pool, topology: &Topology) -> Option<(u32, f64)> {
    let (cas, mailbox) = pool.groups(topology);
    let front = cas.map(|id| &topology.cas[id.index()]).map(|group| (group.cores, group.mhz));
    front.or(mailbox.map(|id| &topology.mailbox[id.index()]).map(|group| (group.cores, group.mhz)))
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME * a.abs()
}

/// A line with the speeds on offer that are above what it has.
fn of_line(scenario: &Scenario, prices: &Prices, line: Line) -> Place {
    let topology = &scenario.model.topology;
    let (name, path, site, has) = match line {
        Line::Link(id) => {
            let link = &topology.links[id.index()];
            (link.name.clone(), format!("link.{}", key(&link.name)), None, link.bandwidth)
        }
        Line::Internet(id) => {
            let site = &topology.sites[id.index()];
            let has = site.internet.as_ref().map_or([0.0; 2], |pipe| pipe.bandwidth);
            let path = format!("site.{}.internet", key(&site.name));
            (format!("{}: Internet", site.name), path, Some(site.name.clone()), has)
        }
    };
    let path = format!("{path}.bandwidth");
    let owned = has[0].max(has[1]);
    let years = scenario.purchase.plan.years;
    let mut speeds: Vec<(f64, Price)> = vec![(owned, Price::default())];
    for offer in prices.lines.iter().filter(|offer| offer.of.contains(&line) && offer.bandwidth > owned) {
        match speeds.iter_mut().find(|(known, _)| same(*known, offer.bandwidth)) {
            Some((_, price)) if offer.price.total(years) < price.total(years) => *price = offer.price,
            Some(_) => {}
            None => speeds.push((offer.bandwidth, offer.price)),
        }
    }
    speeds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let shown = |speed: f64| quantity::print(speed, Dimension::Bandwidth);
    let several = speeds.len() > 1;
    let choice = |(at, &(speed, price)): (usize, &(f64, Price))| {
        let set = Override { path: path.clone(), value: format!("\"{}\"", shown(speed)) };
        Choice {
            at: several.then_some(at as u16).into_iter().collect(),
            sets: if at == 0 { Vec::new() } else { vec![set] },
            price,
            servers: 0,
            serving: 0,
            cores: 0,
            model: None,
            ability: speed,
            label: format!("{name}: {}", shown(speed)),
        }
    };
    let choices = speeds.iter().enumerate().map(choice).collect();
    let values = speeds.iter().map(|(speed, _)| shown(*speed)).collect();
    let quantities = if several { vec![Quantity { path: path.clone(), values }] } else { Vec::new() };
    Place { of: Of::Line(line), site, quantities, choices, unfit: Vec::new() }
}
