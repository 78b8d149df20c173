//! The access rules on an organisation of 200 sites: one explanation with its
//! counterfactuals, and the whole table of 440,000 decisions.
//!
//! Goals: an explanation under 100 ms, the table under 1 s.

#[path = "../tests/integration/access/fixture.rs"]
#[expect(dead_code, reason = "shared with the tests")]
mod fixture;

use casim::kernel::Id;
use casim::model::access::{AccessQuery, RouteTable, explain};
use casim::model::protocol::Protocol;
use casim::model::release::Generation;
use casim::model::topology::Topology;
use divan::Bencher;

fn main() {
    divan::main();
}

/// A star of `sites` sites around the first; every tenth publishes a name of its own.
fn organisation(sites: usize) -> Topology {
    let generation = Generation::E2007Sp1;
    let mut topology = fixture::two_sites(generation);
    for number in 2..sites {
        let mut site = topology.sites[1].clone();
        site.name = format!("S{number}");
        topology.sites.push(site);
        let mut link = topology.links[0].clone();
        link.between = [Id::new(0), Id::new(number)];
        link.name = format!("A-S{number}");
        topology.links.push(link);
    }
    for site in 0..sites {
        let mut server = fixture::cas(&format!("CAS-{site:03}"), site, generation);
        if site % 10 == 0 {
            fixture::publish(&mut server, &format!("mail-{site}.contoso.com"));
            topology.sites[site].internet = topology.sites[0].internet.clone();
        }
        fixture::add_cas(&mut topology, server);
        fixture::add_mailbox(&mut topology, fixture::mailbox(&format!("MBX-{site:03}"), site, generation));
    }
    topology
}

#[divan::bench]
fn explain_one_of_200_sites(bencher: Bencher<'_, '_>) {
    let topology = organisation(200);
    let ask = AccessQuery::new(&topology, Protocol::Owa, Id::new(0), Id::new(155));
    bencher.bench_local(|| explain(&ask));
}

#[divan::bench(sample_count = 5)]
fn table_of_200_sites(bencher: Bencher<'_, '_>) {
    let topology = organisation(200);
    bencher.bench_local(|| RouteTable::build(&topology));
}
