//! Progressive filling over fractions: what the kernel has to agree with, found in another way.
//!
//! All rates are raised together; whoever reaches its cap, or fills a link, stays there. Between
//! two changes everything is linear. Nothing is rounded.

use super::fraction::Fraction;
use super::network::{Change, Ending, Network};

fn rates(network: &Network, capacities: &[Fraction], present: &[usize]) -> Vec<Fraction> {
    let mut rates = vec![Fraction::zero(); network.flows.len()];
    let mut rising: Vec<usize> = present.to_vec();
    let mut left = capacities.to_vec();
    let over = |flow: usize, link: usize| network.flows[flow].path.contains(&(link as u32));
    while !rising.is_empty() {
        let mut level: Option<Fraction> = None;
        let lower = |level: &mut Option<Fraction>, to: Fraction| {
            if level.as_ref().is_none_or(|level| to < *level) {
                *level = Some(to);
            }
        };
        for (link, left) in left.iter().enumerate() {
            let flows = rising.iter().filter(|&&flow| over(flow, link)).count();
            if flows > 0 {
                lower(&mut level, left / &Fraction::new(flows as u128, 1));
            }
        }
        for &flow in &rising {
            if let Some(cap) = network.flows[flow].cap {
                lower(&mut level, Fraction::new(u128::from(cap), 1_000_000_000));
            }
        }
        let level = level.expect("whoever rises crosses a link");
        let full: Vec<bool> = left
            .iter()
            .enumerate()
            .map(|(link, left)| {
                let flows = rising.iter().filter(|&&flow| over(flow, link)).count();
                flows > 0 && left / &Fraction::new(flows as u128, 1) == level
            })
            .collect();
        let (stay, go): (Vec<usize>, Vec<usize>) = rising.into_iter().partition(|&flow| {
            let capped = network.flows[flow]
                .cap
                .is_some_and(|cap| Fraction::new(u128::from(cap), 1_000_000_000) == level);
            capped || network.flows[flow].path.iter().any(|&link| full[link as usize])
        });
        for &flow in &stay {
            rates[flow] = level.clone();
            for &link in &network.flows[flow].path {
                left[link as usize] = &left[link as usize] - &level;
            }
        }
        rising = go;
    }
    rates
}

/// When each flow ends, in ns: finished or killed; `None` where it never does.
pub(super) fn play(network: &Network) -> Vec<Option<(Fraction, Ending)>> {
    let mut ends = vec![None; network.flows.len()];
    let mut left: Vec<Fraction> =
        network.flows.iter().map(|f| Fraction::new(u128::from(f.bits), 1)).collect();
    let mut capacities: Vec<Fraction> =
        network.links.iter().map(|&c| Fraction::new(u128::from(c), 1_000_000_000)).collect();
    let mut present: Vec<usize> = Vec::new();
    let mut now = Fraction::zero();
    let changes = network.changes();
    let mut changes = changes.iter().peekable();
    loop {
        let rates = rates(network, &capacities, &present);
        let mut next: Option<Fraction> = None;
        for &flow in &present {
            if !rates[flow].is_zero() {
                let end = &now + &(&left[flow] / &rates[flow]);
                if next.as_ref().is_none_or(|next| end < *next) {
                    next = Some(end);
                }
            }
        }
        let change = changes.peek().map(|(at, _)| Fraction::new(u128::from(*at), 1));
        let (until, changes_first) = match (next, change) {
            (None, None) => return ends,
            (Some(end), Some(change)) if change <= end => (change, true),
            (Some(end), _) => (end, false),
            (None, Some(change)) => (change, true),
        };
        let span = &until - &now;
        now = until;
        for &flow in &present {
            left[flow] = &left[flow] - &(&rates[flow] * &span);
        }
        if !changes_first {
            present.retain(|&flow| {
                let over = left[flow].is_zero() && !rates[flow].is_zero();
                if over {
                    ends[flow] = Some((now.clone(), Ending::Finished));
                }
                !over
            });
            continue;
        }
        if let Some((_, change)) = changes.next() {
            match *change {
                Change::Begin(flow) => present.push(flow),
                Change::Kill(flow) => {
                    if let Some(place) = present.iter().position(|&other| other == flow) {
                        present.remove(place);
                        ends[flow] = Some((now.clone(), Ending::Killed));
                    }
                }
                Change::Capacity(link, bits_per_s) => {
                    capacities[link as usize] = Fraction::new(u128::from(bits_per_s), 1_000_000_000);
                }
            }
        }
    }
}
