//! Where databases with copies are in the course of a run: rows of `databases.csv`.

use serde::{Deserialize, Serialize};

/// How a database stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Mounting {
    /// Mounted on its own server.
    Home,
    /// Mounted on a copy, by itself.
    Copy,
    /// Mounted on a copy by a person.
    ByHand,
    /// Mounted nowhere: its server is down.
    Down,
    /// Mounted nowhere: its server is up without a majority.
    Minority,
}

impl Mounting {
    /// Each with its token in the `state` column and what it means.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Home, "home", "on its own server"),
        (Self::Copy, "copy", "on a copy that was activated by itself"),
        (Self::ByHand, "switched_over", "on a copy that a person has activated"),
        (Self::Down, "server_down", "nowhere, its server is down"),
        (Self::Minority, "no_majority", "nowhere, its server is up without a majority"),
    ];

    /// Its token.
    #[must_use]
    pub fn token(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Whether anybody can use it.
    #[must_use]
    pub fn is_mounted(self) -> bool {
        matches!(self, Self::Home | Self::Copy | Self::ByHand)
    }
}

/// An instant at which a database came to stand otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Mount {
    /// Which, in the order of servers and their databases.
    pub database: u32,
    /// When, ns since the run began; before it negative.
    pub at: i64,
    /// Index into [`Names::servers`](super::Names::servers) of whoever holds it;
    /// [`NONE`](super::NONE) for nobody.
    pub on: u32,
    /// How.
    pub how: Mounting,
}

impl Mount {
    /// A database stands so from an instant on.
    #[must_use]
    pub fn new(database: u32, at: i64, (on, how): (u32, Mounting)) -> Self {
        Self { database, at, on, how }
    }
}

/// Databases of one server that stand alike for a while.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stretch {
    /// The replication, from 0; `None` where it is the same in all.
    pub replication: Option<u32>,
    /// Index into [`Names::servers`](super::Names::servers) of the server at home.
    pub home: u32,
    /// Which of its databases, numbered from 1, ascending.
    pub databases: Vec<u32>,
    /// The server that holds them; [`NONE`](super::NONE) for nobody.
    pub on: u32,
    /// How they stand.
    pub how: Mounting,
    /// Begin, ns since the window began; in the warm-up negative.
    pub begin: i64,
    /// End; that of the run where they stand so to the end.
    pub end: i64,
}

impl Stretch {
    /// A stretch that is the same in all replications.
    #[must_use]
    pub fn new(
        (home, databases): (u32, Vec<u32>),
        (on, how): (u32, Mounting),
        (begin, end): (i64, i64),
    ) -> Self {
        Self { replication: None, home, databases, on, how, begin, end }
    }
}
