//! What one organisation has beyond another, at the prices that are given.
//!
//! Machines are told apart by cores and clock: what has those of a model for sale is bought as that model, the
//! cheapest of them. Must not know what is judged.

use super::design::{balancer, names};
use super::machines::Pool;
use super::places::one_more;
use crate::kernel::Id;
use crate::model::purchase::{Line, LineOffer, Price, Prices};
use crate::model::topology::{Site, SiteLink, Topology};
use crate::quantity::{self, Dimension};
use crate::results::purchase::{Bought, Cost, Purchase};
use crate::scenario::Scenario;

/// Speeds of lines that differ by less, as a share, are the same.
const SAME: f64 = 1e-9;

/// What `other` has beyond `base`, which is owned. Prices are those of `other`, else those of `base`; `None` where
/// neither has any. `was`: what its sites are called in the base, where that is another name.
#[must_use]
pub fn bought<'s>(
    base: &Scenario,
    other: &'s Scenario,
    was: impl Fn(&'s str) -> Option<&'s str>,
) -> Option<Purchase> {
    let own = other.purchase.prices.is_some();
    let priced = if own { other } else { base };
    let prices = priced.purchase.prices.as_ref()?;
    let years = priced.purchase.plan.years;
    // Where a model fits is asked of the organisation that is to have it.
    let mut buyer = other.clone();
    buyer.purchase = priced.purchase.clone();
    let was = |site: &'s str| was(site).unwrap_or(site);
    let mut found = Purchase { currency: prices.currency.clone(), years, ..Purchase::default() };
    machines(base, &buyer, other, &was, &mut found);
    lines((base, other), (prices, own), &was, &mut found);
    for site in &other.model.topology.sites {
        let servers = |topology: &Topology, site: &Site| -> u32 {
            site.cas.iter().map(|id| topology.cas[id.index()].servers).sum()
        };
        let before = site_of(&base.model.topology, was(&site.name));
        let before = before.map_or(0, |site| servers(&base.model.topology, site));
        if before <= 1 && servers(&other.model.topology, site) > 1 {
            let what = "balancer before the Client Access servers".to_owned();
            add(&mut found, what, &site.name, balancer(prices, site));
        }
    }
    let (before, now) = (names(base).0, names(other).0);
    let more = now.saturating_sub(before);
    if more > 0 {
        let what = format!("{more} more name{} in certificates", if more == 1 { "" } else { "s" });
        add(&mut found, what, "", prices.certificate_name.times(u64::from(more)));
    }
    Some(found)
}

/// Something that costs nothing is not told.
fn add(found: &mut Purchase, what: String, site: &str, price: Price) {
    let cost = Cost::money(price.once.0, price.a_year.0, found.years);
    if price != Price::default() {
        found.items.push(Bought { what, site: site.to_owned(), cost });
    }
}

fn site_of<'t>(topology: &'t Topology, name: &str) -> Option<&'t Site> {
    topology.sites.iter().find(|site| site.name == name)
}

/// Pools are the same where site and role, or site and name of the server, are.
fn machines<'s>(
    base: &Scenario,
    buyer: &Scenario,
    other: &'s Scenario,
    was: &impl Fn(&'s str) -> &'s str,
    found: &mut Purchase,
) {
    let (ours, theirs) = (Pool::all(base), Pool::all(other));
    let site = |pool: &Pool| site_of(&other.model.topology, &pool.site).map_or("", |site| was(&site.name));
    let is_one = |before: &Pool, now: &Pool| {
        let named = before.own.is_none() || before.name == now.name;
        before.own.is_some() == now.own.is_some()
            && before.has == now.has
            && before.site == site(now)
            && named
    };
    for now in &theirs {
        let before = ours.iter().find(|before| is_one(before, now));
        let kind = |pool: &&Pool| pool.cores == now.cores && same(pool.mhz, now.mhz);
        let kept = before.filter(kind).map_or(0, |pool| nodes(base, pool));
        let (bought, lost) = (nodes(other, now), before.map_or(0, |pool| nodes(base, pool)));
        if lost > kept {
            found.left.push(before.map_or_else(String::new, |pool| pool.label(lost)));
        } else if kept > bought {
            found.left.push(now.label(kept - bought));
        }
        let Some(more) = bought.checked_sub(kept).filter(|more| *more > 0) else { continue };
        let word = if kept > 0 { " more" } else { "" };
        match one_more(buyer, now) {
            Some((price, model)) => {
                let what = format!("{more}{word} {}, {model}", role(now, more));
                add(found, what, &now.site, price.times(u64::from(more)));
            }
            None => found.unpriced.push(format!(
                "{}: {more}{word} {} with {} cores of {}",
                now.site,
                role(now, more),
                now.cores,
                quantity::print(now.mhz, Dimension::Frequency),
            )),
        }
    }
    let gone = |before: &&Pool| !theirs.iter().any(|now| is_one(before, now));
    found.left.extend(ours.iter().filter(gone).map(|before| before.label(nodes(base, before))));
}

/// What so many of a pool are called, without their site.
fn role(pool: &Pool, servers: u32) -> String {
    let label = pool.label(servers);
    label.split_once(&format!(": {servers} ")).map_or_else(|| label.clone(), |(_, role)| role.to_owned())
}

/// Machines of a pool, passive nodes among them.
fn nodes(scenario: &Scenario, pool: &Pool) -> u32 {
    let topology = &scenario.model.topology;
    let (_, mailbox) = pool.groups(topology);
    let passive = mailbox.is_some_and(|id| topology.passive_nodes(id).is_some());
    pool.servers * if passive { 2 } else { 1 }
}

/// A line of the other organisation.
struct Laid {
    name: String,
    /// The site that pays; empty: a link between two.
    site: String,
    /// Bit/s, of the faster direction.
    speed: f64,
    /// In the base; `None` where it has no such line.
    before: Option<f64>,
    /// As prices call it.
    line: Option<Line>,
}

fn lines<'s>(
    (base, other): (&Scenario, &'s Scenario),
    (prices, own): (&Prices, bool),
    was: &impl Fn(&'s str) -> &'s str,
    found: &mut Purchase,
) {
    let (ours, theirs) = (&base.model.topology, &other.model.topology);
    let most = |both: [f64; 2]| both[0].max(both[1]);
    let mut all: Vec<Laid> = Vec::new();
    for (at, link) in theirs.links.iter().enumerate() {
        let ends = link.between.map(|id| was(&theirs.sites[id.index()].name));
        let joins = |before: &SiteLink| {
            let [a, b] = before.between.map(|id| ours.sites[id.index()].name.as_str());
            ends == [a, b] || ends == [b, a]
        };
        // Where two join the same sites the name tells them apart.
        let before = ours.links.iter().position(|before| joins(before) && before.name == link.name);
        let before = before.or_else(|| ours.links.iter().position(joins));
        let id = if own { Some(at) } else { before };
        all.push(Laid {
            name: link.name.clone(),
            site: String::new(),
            speed: most(link.bandwidth),
            before: before.map(|at| most(ours.links[at].bandwidth)),
            line: id.map(|at| Line::Link(Id::new(at))),
        });
    }
    for (at, site) in theirs.sites.iter().enumerate() {
        let Some(pipe) = &site.internet else { continue };
        let before = ours.sites.iter().position(|before| before.name == was(&site.name));
        let had = before.and_then(|at| ours.sites[at].internet.as_ref());
        let id = if own { Some(at) } else { before };
        all.push(Laid {
            name: "Internet".to_owned(),
            site: site.name.clone(),
            speed: most(pipe.bandwidth),
            before: had.map(|pipe| most(pipe.bandwidth)),
            line: id.map(|at| Line::Internet(Id::new(at))),
        });
    }
    for line in &all {
        line.buy(prices, found);
    }
}

impl Laid {
    fn buy(&self, prices: &Prices, found: &mut Purchase) {
        let kept = self.before.is_some_and(|before| same(before, self.speed));
        let shown = quantity::print(self.speed, Dimension::Bandwidth);
        if kept {
            return;
        }
        if self.before.is_some_and(|before| before > self.speed) {
            let of =
                if self.site.is_empty() { self.name.clone() } else { format!("{}: Internet", self.site) };
            return found.left.push(format!("{of}: what is beyond {shown}"));
        }
        let what = format!("{} with {shown}", self.name);
        let of = |offer: &&LineOffer| {
            self.line.is_some_and(|line| offer.of.contains(&line)) && same(offer.bandwidth, self.speed)
        };
        let offers = prices.lines.iter().filter(of).map(|offer| offer.price);
        match offers.min_by_key(|price| price.total(found.years)) {
            Some(price) => add(found, what, &self.site, price),
            None if self.site.is_empty() => found.unpriced.push(what),
            None => found.unpriced.push(format!("{}: {what}", self.site)),
        }
    }
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME * a.abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::plan::tests::small;

    const PRICES: &str = "[prices]\ncurrency = \"EUR\"\nbalancer = { once = 4000 }\n\
        certificate_name = { a_year = 50 }\n\
        [[prices.server]]\nname = \"S\"\ncores = 4\nonce = 5000\na_year = 400\n\
        [[prices.server]]\nname = \"S used\"\ncores = 4\nonce = 4500\na_year = 400\n\
        [[prices.server]]\nname = \"L\"\ncores = 8\nmhz = \"3 GHz\"\nonce = 9000\n\
        [[prices.line]]\nof = \"link.HQ-Branch\"\nbandwidth = \"20 Mbps\"\na_year = 1200\n\
        [plan]\nyears = 3\n";

    /// Two more of what is there at the cheaper of two prices, one of another kind in place of what there was, a line on offer and
    /// one that is not, a second server of a site that had one and so a balancer; what goes is told.
    #[test]
    fn what_comes_has_a_price_and_what_goes_has_none() {
        let base = small(PRICES);
        let set =
            |path: &str, value: &str| crate::scenario::Override { path: path.into(), value: value.into() };
        let other = base
            .with(&[
                set("site.HQ.cas.servers", "4"),
                set("site.HQ.mailbox.servers", "1"),
                set("site.Branch.cas.servers", "2"),
                set("site.Branch.mailbox.cores", "8"),
                set("site.Branch.mailbox.mhz", "\"3 GHz\""),
                set("link.HQ-Branch.bandwidth", "\"20 Mbps\""),
                set("site.HQ.internet.bandwidth", "\"200 Mbps\""),
            ])
            .unwrap();
        let found = bought(&base, &other, |_| None).unwrap();
        let told: Vec<(&str, &str, Cost)> =
            found.items.iter().map(|item| (item.site.as_str(), item.what.as_str(), item.cost)).collect();
        let money = |once: u64, a_year: u64| Cost::money(once * 100, a_year * 100, 3);
        assert_eq!(
            told,
            [
                ("HQ", "2 more Client Access servers, S used", money(9000, 800)),
                ("Branch", "1 more Client Access server, S used", money(4500, 400)),
                ("Branch", "1 Mailbox server, L", money(9000, 0)),
                ("", "HQ-Branch with 20 Mbps", money(0, 1200)),
                ("Branch", "balancer before the Client Access servers", money(4000, 0)),
            ]
        );
        assert_eq!(found.unpriced, ["HQ: Internet with 200 Mbps"]);
        assert_eq!(found.left, ["HQ: 1 Mailbox server", "Branch: 1 Mailbox server"]);
        assert_eq!(found.cost(), money(26_500, 2_400));

        // The other way round nothing is bought but what was given up, and servers of no model have no price.
        let back = bought(&other, &base, |_| None).unwrap();
        assert_eq!(back.cost(), money(9_000, 800));
        assert_eq!(back.left.len(), 5, "{:?}", back.left);
        assert_eq!(
            bought(&base, &base, |_| None).unwrap(),
            Purchase { currency: "EUR".into(), years: 3, ..Purchase::default() }
        );
        assert!(bought(&small(""), &small(""), |_| None).is_none());
        let slow = small("").with(&[set("site.HQ.cas.cores", "6")]).unwrap();
        let found = bought(&base, &slow, |_| None).unwrap();
        assert_eq!(found.unpriced, ["HQ: 2 Client Access servers with 6 cores of 2 GHz"]);
    }
}
