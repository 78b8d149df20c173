//! How much a leg asks of a request: fixed, brought along, or drawn by name.
//!
//! Must not know what is done with it ([`super::walk`]).

use rand_distr::Distribution as _;

use super::state::SystemState;
use crate::itinerary::Amount;
use crate::kernel::distribution::{Sampler, lognormal};
use crate::kernel::nanos;
use crate::kernel::random::Role;
use crate::kernel::variates::UnitExponential;

/// Whether a drawn volume of less than half a bit is a transfer all the same, of one
/// bit: left out, a law with many small values would lose them, and its mean time
/// would be too long.
#[cold]
pub(super) fn is_some_bits(amount: &Amount) -> bool {
    match amount {
        Amount::Drawn { sampler, scale, .. } => *scale > 0.0 && !matches!(sampler, Sampler::Constant(_)),
        _ => false,
    }
}

/// How much leg `leg` asks for, in ns or bits.
#[inline(always)]
pub(super) fn how_much(state: &mut SystemState<'_>, amount: &Amount, leg: u32, index: u32) -> u64 {
    match amount {
        Amount::Fixed(value) => *value,
        Amount::Drawn { sampler, role, scale } => nanos(draw(state, sampler, *role, leg, index) * scale),
        Amount::Param { index: param, factor } => nanos(state.requests.param(index, *param) as f64 * factor),
    }
}

/// One variate of a leg, under the request's key.
#[inline(always)]
fn draw(state: &mut SystemState<'_>, sampler: &Sampler, role: Role, leg: u32, index: u32) -> f64 {
    if let Sampler::Exponential(mean) = sampler {
        // Inline, so that the generator's state stays in registers.
        let hot = &state.requests.hot[index as usize];
        let unit: f64 = UnitExponential.sample(&mut hot.key.stream(role, hot.visit));
        return mean * unit;
    }
    let (number, cold) = (state.draw_of[leg as usize], &state.requests.cold[index as usize]);
    if cold.draw == number {
        return cold.drawn;
    }
    let drawn = match sampler {
        Sampler::LogNormal { mu, sigma } => draw_lognormal(state, (*mu, *sigma), role, index),
        _ => draw_other(state, sampler, role, index),
    };
    // 0 is of laws of other kinds.
    if number != 0 {
        let cold = &mut state.requests.cold[index as usize];
        (cold.drawn, cold.draw) = (drawn, number);
    }
    drawn
}

/// Most draws: apart from those of all other laws, which need more room.
#[inline(never)]
fn draw_lognormal(state: &SystemState<'_>, (mu, sigma): (f64, f64), role: Role, index: u32) -> f64 {
    let hot = &state.requests.hot[index as usize];
    lognormal(mu, sigma, &mut hot.key.stream(role, hot.visit))
}

#[inline(never)]
fn draw_other(state: &SystemState<'_>, sampler: &Sampler, role: Role, index: u32) -> f64 {
    let hot = &state.requests.hot[index as usize];
    sampler.draw(&mut hot.key.stream(role, hot.visit))
}
