//! A case, and a candidate in it.
//!
//! Must not know how one is made. Next: [`super::cases`].

use crate::check::flows;
use crate::model::protocol::Protocol;
use crate::model::workload::Target;
use crate::scenario::Scenario;

/// What is lost.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Lost {
    /// One of some servers alike, by the place of their pool.
    Server(usize),
    /// A host, by name.
    Host(String),
    /// A site link.
    Link(String),
    /// A site.
    Site(String),
    /// Something else that an `[[outage]]` can strike, as it is written there.
    Other(String, Target),
}

/// A case: year and loss.
#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// Years from now.
    pub year: u32,
    /// What is lost for the whole window, if anything is.
    pub lost: Option<Lost>,
}

/// Users who have no way in a case.
#[derive(Clone, PartialEq, Debug)]
pub struct Damage {
    /// Name of their population.
    pub population: String,
    /// What they use.
    pub protocol: Protocol,
    /// How many.
    pub users: f64,
    /// Users x hours of the window.
    pub user_hours: f64,
    /// They are told apart from nobody, so that the runs of this case have them ask in vain, and
    /// their failures count.
    pub asks: bool,
}

/// A candidate in a case.
#[derive(Clone, Debug)]
pub struct InCase {
    /// To be played; `None` where nobody has a way.
    pub scenario: Option<Scenario>,
    /// What is lost, as the law and the rules are asked.
    pub lost: flows::Lost,
    /// Who is cut off.
    pub damages: Vec<Damage>,
}
