//! Twenty networks whose finish times SimGrid 3.32 and progressive filling over fractions agree on
//! (`tests/flows/networks.txt`: links in bit/s; flows with path, bits, cap in bit/s, start and
//! kill in ns, and both finish times in s).

use super::network::{Ending, Network, Spec, play};

const NETWORKS: &str = include_str!("../../../../tests/flows/networks.txt");

/// A network, and of each flow that is not killed its exact end in 10^-18 s.
fn read(lines: &str) -> (Network, Vec<Option<i128>>) {
    let (mut network, mut names, mut ends) = (Network::default(), Vec::new(), Vec::new());
    let number = |text: &str| (text != "-").then(|| text.parse::<u64>().expect("a number"));
    for line in lines.lines().skip(1) {
        let words: Vec<&str> = line.split(' ').collect();
        if words[0] == "link" {
            names.push(words[1]);
            network.links.extend(number(words[2]));
            continue;
        }
        let link = |name: &str| names.iter().position(|other| *other == name).expect("a link") as u32;
        network.flows.push(Spec {
            path: words[2].split('+').map(link).collect(),
            bits: number(words[3]).expect("bits"),
            cap: number(words[4]),
            start: number(words[5]).expect("a start"),
            kill: number(words[6]),
        });
        let exact = (words[8] != "-").then(|| words[8].replace('.', "").parse().expect("18 decimals"));
        ends.push(exact);
    }
    (network, ends)
}

#[test]
fn published_networks_end_within_a_nanosecond() {
    let mut compared = 0;
    for lines in NETWORKS.split("network ").skip(1) {
        let (network, exact) = read(lines);
        for (flow, (end, exact)) in play(&network).into_iter().zip(exact).enumerate() {
            let end = end.expect("every flow ends");
            let Some(exact) = exact else {
                assert_eq!(Some(end.at), network.flows[flow].kill);
                assert_eq!(end.ending, Ending::Killed);
                continue;
            };
            let off = i128::from(end.at) * 1_000_000_000 - exact;
            assert!(off.abs() <= 1_000_000_000, "flow {flow} of {lines} is {off} attoseconds off");
            compared += 1;
        }
    }
    assert!(compared > 90, "{compared} compared");
}
