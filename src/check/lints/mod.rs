//! The lints, by what they look at: [`urls`], [`hops`] from server to server,
//! [`legacy`] servers, [`mail`] (POP3 and IMAP4), [`outlook`], Outlook [`anywhere`],
//! [`deployment`], [`slips`], [`reach`] of names, the [`edge`] of the network, a [`publisher`] there, [`load`],
//! [`limits`], [`capacity`] that lies idle, [`goals`], [`people`] and their clocks, [`clocks`] of cores, [`hosts`] of virtual machines, [`copies`] of databases, and
//! [`moves`] of mailboxes.
//!
//! `search` finds the servers and flows that a rule is about.
//! Must not know how a finding is shown.

pub mod anywhere;
pub mod capacity;
pub mod clocks;
pub mod copies;
pub mod deployment;
pub mod edge;
pub mod goals;
pub mod hops;
pub mod hosts;
pub mod legacy;
pub mod limits;
pub mod load;
pub mod mail;
pub mod moves;
pub mod outlook;
pub mod people;
mod ports;
pub mod publisher;
pub mod reach;
mod search;
pub mod slips;
pub mod urls;

use super::finding::Lint;

/// Every lint, by id.
pub fn all() -> impl Iterator<Item = &'static Lint> {
    let mut all: Vec<&'static Lint> = [
        urls::LINTS,
        hops::LINTS,
        legacy::LINTS,
        mail::LINTS,
        outlook::LINTS,
        reach::LINTS,
        deployment::LINTS,
        anywhere::LINTS,
        slips::LINTS,
        edge::LINTS,
        publisher::LINTS,
        load::LINTS,
        limits::LINTS,
        capacity::LINTS,
        goals::LINTS,
        people::LINTS,
        clocks::LINTS,
        hosts::LINTS,
        copies::LINTS,
        moves::LINTS,
    ]
    .into_iter()
    .flatten()
    .collect();
    all.sort_by_key(|lint| lint.id);
    all.into_iter()
}
