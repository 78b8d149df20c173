//! Flows against fractions, against published networks and against timelines by hand.

mod asked;
mod filling;
mod fraction;
mod hand;
mod network;
mod published;
mod random;
