//! Colours of pictures as variables of the page, which sets them anew for a dark screen.

use crate::output::charts::bars::Fill;
use crate::output::charts::scene::Colour;

/// The variable of a colour, with the colour itself where the page does not set it.
pub(super) fn paint(colour: Colour) -> String {
    let [red, green, blue] = colour;
    let plain = format!("{red:02x}{green:02x}{blue:02x}");
    format!("var(--c-{plain},#{plain})")
}

/// A fill as a background: neighbours of one colour are told apart by lines across them.
pub(super) fn filled(fill: Fill) -> String {
    let colour = paint(fill.colour);
    let angle = match fill.hatch {
        1 => "135deg",
        2 => "45deg",
        3 => "0deg",
        _ => return colour,
    };
    format!("repeating-linear-gradient({angle},#fff 0 1px,transparent 1px 5px),{colour}")
}
