//! The cases in which a candidate is judged: nothing or one thing lost, now and in each year.
//!
//! Must not know what is bought. Next: `loss`, which makes the scenario of a case.

pub use super::case::{Case, Damage, InCase, Lost};
use super::error::PlanError;
use super::growth::of_year;
use super::loss;
use super::machines::Pool;
use crate::model::purchase::Survive;
use crate::model::workload::Target;
use crate::scenario::{Override, Scenario};

/// The cases of a scenario, the normal one of today first.
#[derive(Clone, Debug)]
pub struct Cases<'s> {
    /// The scenario.
    pub base: &'s Scenario,
    /// Its machines.
    pub pools: Vec<Pool>,
    /// Year by year; in each nothing is lost first.
    pub all: Vec<Case>,
    /// By year: what its growth sets.
    growth: Vec<Vec<Override>>,
}

impl<'s> Cases<'s> {
    /// Those that `[plan]` of a scenario asks for.
    ///
    /// # Errors
    /// [`PlanError::Growth`].
    pub fn of(base: &'s Scenario) -> Result<Self, PlanError> {
        let plan = &base.purchase.plan;
        let pools = Pool::all(base);
        let last = if plan.growth.is_empty() { 0 } else { plan.years };
        let growth = (0..=last).map(|year| of_year(base, &plan.growth, year).map_err(PlanError::Growth));
        let growth = growth.collect::<Result<Vec<_>, _>>()?;
        let mut lost: Vec<Lost> = Vec::new();
        for asked in &plan.survive {
            for one in losses(base, &pools, asked) {
                if !lost.contains(&one) {
                    lost.push(one);
                }
            }
        }
        let losses = || std::iter::once(None).chain(lost.iter().cloned().map(Some));
        let all = (0..=last).flat_map(|year| losses().map(move |lost| Case { year, lost })).collect();
        Ok(Self { base, pools, all, growth })
    }

    /// A case as an administrator calls it: `now`, `year 2 without one server Boston-CAS`.
    #[must_use]
    pub fn label(&self, case: usize) -> String {
        let Case { year, lost } = &self.all[case];
        let when = if *year == 0 { "now".to_owned() } else { format!("year {year}") };
        let without = match lost {
            None => return when,
            Some(Lost::Server(pool)) => format!("one server of {}", self.pools[*pool].name),
            Some(Lost::Host(name)) => format!("host {name}"),
            Some(Lost::Link(name)) => format!("link {name}"),
            Some(Lost::Site(name)) => format!("site {name}"),
            Some(Lost::Other(what, _)) => what.clone(),
        };
        format!("{when} without {without}")
    }

    /// Years that are looked at beyond the present one.
    #[must_use]
    pub fn years(&self) -> u32 {
        self.all.last().map_or(0, |case| case.year)
    }

    /// The scenario in a case, with what a candidate sets.
    ///
    /// # Errors
    /// [`PlanError::Scenario`].
    pub fn scenario(&self, sets: &[Override], case: usize) -> Result<InCase, PlanError> {
        let Case { year, lost } = &self.all[case];
        let sets: Vec<Override> = sets.iter().chain(&self.growth[*year as usize]).cloned().collect();
        loss::scenario((self.base, &self.pools), &sets, lost.as_ref()).map_err(|faults| {
            let one = |set: &Override| format!("{}={}", set.path, set.value);
            let told: Vec<String> = sets.iter().take(6).map(one).collect();
            let more = if sets.len() > told.len() { ", ..." } else { "" };
            PlanError::Scenario { what: format!("{} ({}{more})", self.label(case), told.join(", ")), faults }
        })
    }
}

/// What is lost by one line of `plan.survive`.
fn losses(scenario: &Scenario, pools: &[Pool], asked: &Survive) -> Vec<Lost> {
    let topology = &scenario.model.topology;
    let host = |name: &String| Lost::Host(name.clone());
    match asked {
        Survive::AnyServer => (0..pools.len()).map(Lost::Server).collect(),
        Survive::AnyHost => {
            let stands = |name: &&String| pools.iter().any(|pool| !pool.on_host(topology, name).is_empty());
            topology.hosts.iter().map(|host| &host.name).filter(stands).map(host).collect()
        }
        Survive::AnyLink => topology.links.iter().map(|link| Lost::Link(link.name.clone())).collect(),
        Survive::AnySite => {
            let served = |site: &&String| pools.iter().any(|pool| pool.site == **site);
            let names = topology.sites.iter().map(|site| &site.name).filter(served);
            names.map(|name| Lost::Site(name.clone())).collect()
        }
        Survive::One { what, target } => vec![one(scenario, pools, what, target)],
    }
}

fn one(scenario: &Scenario, pools: &[Pool], what: &str, target: &Target) -> Lost {
    let topology = &scenario.model.topology;
    let other = || Lost::Other(what.to_owned(), target.clone());
    let lone = |pool: &Pool| pool.servers == 1 && matches!(target, Target::Server { .. });
    match target {
        Target::Host(id) => Lost::Host(topology.hosts[id.index()].name.clone()),
        Target::Link(id) => Lost::Link(topology.links[id.index()].name.clone()),
        Target::Site(id) => Lost::Site(topology.sites[id.index()].name.clone()),
        Target::Server { .. } | Target::Cas(..) | Target::Mailbox(..) => {
            let struck: Vec<usize> =
                (0..pools.len()).filter(|at| pools[*at].is_struck(target, topology)).collect();
            match struck.as_slice() {
                // Of servers alike that are bought beside it any one.
                [at] if one_of(target) || lone(&pools[*at]) => Lost::Server(*at),
                _ => other(),
            }
        }
        _ => other(),
    }
}

/// Whether a target is one server of several.
fn one_of(target: &Target) -> bool {
    matches!(
        target,
        Target::Server { number: Some(_), .. } | Target::Cas(_, Some(_)) | Target::Mailbox(_, Some(_))
    )
}
