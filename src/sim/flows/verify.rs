//! Whether the division in force is the fair one, and whether what was counted adds up.
//!
//! Max-min fairness has a certificate that needs no solving: nobody gets more than the links
//! have, and whoever does not run at its cap crosses a full link on which nobody runs faster.

use super::state::State;
use super::units::{reaches, rounding, tick};
use crate::kernel::SimTime;

/// What a link carries at present.
#[derive(Clone, Copy, Default)]
struct Carried {
    load: u128,
    fastest: u64,
    present: u32,
    stays: u128,
    moved: u128,
}

/// What is wrong, in words; nothing in a sound state. Looks at every flow.
pub(super) fn verify(state: &State, now: SimTime) -> Vec<String> {
    let at = state.now.max(tick(now));
    let mut links = vec![Carried::default(); state.links.len()];
    let live = || (0..).zip(&state.flows).filter(|(_, flow)| flow.live);
    for (index, flow) in live() {
        let rate = state.rate(index);
        for &link in &state.paths[flow.path as usize].links {
            let carried = &mut links[link as usize];
            carried.load += u128::from(rate);
            carried.fastest = carried.fastest.max(rate);
            carried.present += 1;
            carried.stays += u128::from(now.0 - flow.began);
            carried.moved += flow.whole - state.left(index, at);
        }
    }
    let mut wrong = Vec::new();
    let full = |link: u32| {
        let capacity = state.links[link as usize].capacity;
        links[link as usize].load + rounding(capacity) >= u128::from(capacity)
    };
    for (index, flow) in live() {
        let rate = state.rate(index);
        let bottleneck = |&link: &u32| full(link) && reaches(rate, links[link as usize].fastest);
        if rate > flow.cap || rate < flow.cap && !state.paths[flow.path as usize].links.iter().any(bottleneck)
        {
            wrong.push(format!("flow {index} runs at {rate} of {} and no link binds it", flow.cap));
        }
    }
    for (number, (link, carried)) in state.links.iter().zip(&links).enumerate() {
        if carried.load > u128::from(link.capacity) {
            wrong.push(format!("link {number} carries {} of {}", carried.load, link.capacity));
        }
        let counts = &link.counts;
        if counts.present != carried.present || counts.begun != counts.left + u64::from(carried.present) {
            wrong.push(format!("conservation on link {number}: {counts:?}, {} present", carried.present));
        }
        let area = counts.area + u128::from(now.0 - counts.touched) * u128::from(counts.present);
        if area != counts.stays + carried.stays {
            wrong.push(format!(
                "Little's law on link {number}: {area} ns and {} ns",
                counts.stays + carried.stays
            ));
        }
        // Of each flow that left, what half a tick carries may be missing.
        let rounded = u128::from(link.capacity / 2) * u128::from(counts.left);
        let could = link.could + u128::from(link.capacity) * u128::from(at - link.capable);
        if counts.moved + carried.moved > could + rounded {
            wrong.push(format!("link {number} moved {}, could {could}", counts.moved + carried.moved));
        }
    }
    wrong
}
