//! Nodes and ribbons of a small result, and of many sites.

use super::*;
use crate::output::charts::chart::drawn;
use crate::output::sample::{self, Day, flows_of};
use crate::results::{LinkEnds, LinkKind};

fn streams_of(run: &RunResult) -> Streams {
    match Flow::draw(run).layout {
        Layout::Streams(streams) => streams,
        other => panic!("{other:?}"),
    }
}

fn names(column: &Column) -> Vec<String> {
    column.nodes.iter().map(|node| format!("{} {}", node.name, node.amount)).collect()
}

/// Two replications: 15, 15 and so many refused clients in them are halves of that.
#[test]
fn what_leaves_a_column_enters_the_next() {
    let mut run = sample::small();
    run.flows = flows_of(&run.cells);
    let streams = streams_of(&run);
    let sums: Vec<f64> = streams.columns.iter().map(|of| of.nodes.iter().map(|n| n.amount).sum()).collect();
    assert!(sums.iter().all(|sum| *sum == sums[0] && *sum > 0.0), "{sums:?}");
    for (ribbons, sides) in streams.ribbons.iter().zip(streams.columns.windows(2)) {
        for (place, node) in sides[0].nodes.iter().enumerate() {
            let leaves: f64 = ribbons.iter().filter(|of| of.from == place).map(|of| of.amount).sum();
            assert!((leaves - node.amount).abs() < 1e-9, "{}", node.name);
        }
        for (place, node) in sides[1].nodes.iter().enumerate() {
            let enters: f64 = ribbons.iter().filter(|of| of.to == place).map(|of| of.amount).sum();
            assert!((enters - node.amount).abs() < 1e-9, "{}", node.name);
        }
    }
    assert_eq!(names(&streams.columns[2])[..2], ["local 7.5", "proxy 7.5"]);
    // Two of 202 failed of those who are served where they enter.
    let local = streams.ribbons[1].iter().find(|of| of.category == 0).unwrap();
    assert!((local.failed - 2.0 / 202.0).abs() < 1e-12, "{local:?}");
}

/// Sixty sites behind two that face the Internet: hubs, the branches most hit, and the rest by hub.
#[test]
fn of_many_sites_most_are_added_up() {
    let protocols = [Some(crate::model::protocol::Protocol::Owa)];
    let interval = crate::kernel::SimSpan::from_secs(900);
    let mut run = sample::day(Day {
        sites: 60,
        protocols: &protocols,
        intervals: 4,
        interval,
        failures: 0,
        long_names: false,
        load: 100,
    });
    let link = run.links[0].clone();
    let ends = |from, to, kind| LinkEnds { from, to, kind, ..link.ends };
    let line = |ends| crate::results::LinkRow { ends, reverse: None, ..link.clone() };
    run.links = (2..60).map(|site| line(ends(site % 2, site, LinkKind::Wan))).collect();
    run.links.extend([0, 1].map(|site| line(ends(NONE, site, LinkKind::Internet))));
    // The last ones are hit.
    for flow in &mut run.flows {
        flow.counts.clients_affected = u64::from(flow.key.cell.mailbox_site >= 50);
    }
    let streams = streams_of(&run);
    let mailboxes: Vec<&str> = streams.columns[3].nodes.iter().map(|node| node.name.as_str()).collect();
    let site = |index: usize| run.names.sites[index].as_str();
    assert_eq!(mailboxes.len(), 2 + 8 + 2, "{mailboxes:?}");
    for index in [0, 1, 50, 57] {
        assert!(mailboxes.contains(&site(index)), "{mailboxes:?}");
    }
    assert!(mailboxes.contains(&&*format!("25 more behind {}", site(0))), "{mailboxes:?}");
    assert_eq!(streams.columns[0].nodes.len(), 7);
    assert_eq!(streams.columns[0].nodes[6].name, "54 other places");
    let chart = drawn::<Flow>(&run);
    let text = String::from_utf8(chart.data).unwrap();
    assert_eq!(text.lines().count(), 61);
    assert!(text.lines().nth(30).unwrap().ends_with("behind Boston"), "{text}");
}

/// A custom workload has no sites to go through.
#[test]
fn no_way_no_frame() {
    let run = sample::day(Day {
        sites: 0,
        protocols: &[],
        intervals: 1,
        interval: crate::kernel::SimSpan::from_secs(60),
        failures: 0,
        long_names: false,
        load: 1,
    });
    assert!(matches!(Flow::draw(&run).layout, Layout::Nothing(..)));
}
