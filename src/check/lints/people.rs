//! Lints of where people sit and by which clock they live.

use std::collections::BTreeMap;

use crate::check::finding::{Finding, Lint};
use crate::check::fixes::assigned;
use crate::check::subject::{Subject, Users};
use crate::diagnostics::Severity;
use crate::kernel::{Id, SimSpan};
use crate::model::access::Confidence;
use crate::model::protocol::Protocol;
use crate::model::topology::Region;
use crate::model::topology::utc_offset;
use crate::model::workload::Location;
use crate::quantity::{self, Dimension};
use crate::scenario::key;

/// Lints of people.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L87",
        severity: Severity::Note,
        title: "heartbeat that no server grants",
        docs: "`eas_heartbeat` asks for less or more than servers hold a Ping: 60 s to 3,540 s from 2007 on, to 2,700 s in \
               2003 SP2. The server answers with its bound, and the device keeps to that; so does the run.",
        source: "events 1009 and 3016 of Exchange; TechNet ff360297",
        confidence: Confidence::Source,
        find: out_of_bounds,
    },
    Lint {
        id: "L85",
        severity: Severity::Note,
        title: "region without a time zone",
        docs: "People sit in a region of which no `time_zone` is stated. They are taken to live by the clock of the site that \
           has their mailboxes, which is right where the region is around it and shifts their whole day where it is not. \
           State the region's `time_zone`. The region `Internet`, which is always there, is everybody's own surroundings \
           and is not told.",
        source: "what a run needs to know",
        confidence: Confidence::Source,
        find: guessed,
    },
];

fn out_of_bounds(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for people in &s.scenario.model.workload.populations {
        let uses = people.clients.iter().any(|used| used.protocol == Protocol::Eas && used.share > 0.0);
        if people.mailboxes == 0 || !uses {
            continue;
        }
        let own = format!("population.{}.settings.eas_heartbeat", key(&people.name));
        let path = if s.scenario.spans.given(&own) { own } else { "clients.eas_heartbeat".to_owned() };
        let generation = s.topology.mailbox.iter().find(|group| group.site == people.home);
        let Some([least, most]) = generation.map(|group| group.generation.heartbeats()) else { continue };
        let shares = people.settings.eas_heartbeat.shares();
        let some = shares.iter().filter(|(share, _)| *share > 0.0).map(|(_, span)| *span);
        let Some(asked) = some.filter(|span| *span < least || *span > most).max() else { continue };
        let users = vec![Users { population: people.name.clone(), mailboxes: u64::from(people.mailboxes) }];
        let shown = |span: SimSpan| quantity::print(span.0 as f64, Dimension::Time);
        let bound = if asked > most { most } else { least };
        let message = format!(
            "devices of {} ask for {}, and their server holds a Ping for {}",
            people.name,
            shown(asked),
            shown(bound)
        );
        found
            .push(Finding::at(path.clone(), message).touching(users).fix(assigned(&path, &shown(bound)), ""));
    }
    found
}

fn guessed(s: &Subject<'_>) -> Vec<Finding> {
    let workload = &s.scenario.model.workload;
    let mut found = Vec::new();
    // The first is the Internet.
    for (at, region) in s.topology.regions.iter().enumerate().skip(1) {
        if region.utc_offset_minutes.is_some() {
            continue;
        }
        let here = Location::Internet(Id::<Region>::new(at));
        let sits = |from: Location, roaming: Option<(f64, Location)>| {
            from == here || roaming.is_some_and(|(share, place)| share > 0.0 && place == here)
        };
        let people = workload.populations.iter().filter(|of| of.mailboxes > 0 && sits(of.from, of.roaming));
        let mut clocks: BTreeMap<i32, u64> = BTreeMap::new();
        let mut users = Vec::new();
        for of in people {
            let home = &s.topology.sites[of.home.index()];
            *clocks.entry(home.utc_offset_minutes).or_default() += u64::from(of.mailboxes);
            users.push(Users { population: of.name.clone(), mailboxes: u64::from(of.mailboxes) });
        }
        let Some((&most, _)) = clocks.iter().max_by_key(|(_, many)| **many) else { continue };
        let told: Vec<String> = clocks.keys().map(|minutes| utc_offset(*minutes)).collect();
        let path = format!("region.{}.time_zone", key(&region.name));
        let message = format!(
            "who sits in {} is taken to live by the clock of the home site, UTC{}",
            region.name,
            told.join(" or UTC")
        );
        let place = format!("region.{}", key(&region.name));
        found.push(Finding::at(place, message).touching(users).fix(assigned(&path, &utc_offset(most)), ""));
    }
    found
}
