//! The access rules: who serves a request, and how.
//!
//! [`decide`] is a pure function of the topology, the protocol, the Client Access
//! group that the client reached and the mailbox group that holds its mailbox. A
//! rule is a value ([`Rule`]) with id, documentation and source; the first rule of
//! a release's list that answers wins.
//!
//! The decision looks at directory data, firewalls and names *inside*, never at
//! public name resolution; whether a redirect then leads anywhere is a fact about
//! the client ([`After`]), found by following it.
//!
//! Must not know the clock, the load or random numbers. Read upwards: `answer` for
//! the vocabulary of answers, `query` for what is asked, `leads` for where a name leads, `hop` for
//! the way from server to server, [`rules`] for the lists, `decision` for the first answer and what follows
//! a redirect, `cookie` for who can read the logon of a browser, `loss` for what is lost with servers, [`explain()`] for the answer with everything that led to it.

mod answer;
mod cookie;
mod decision;
pub mod explain;
mod failure;
mod hop;
mod leads;
mod loss;
mod query;
pub mod rules;
mod trace;

pub use answer::{After, Answer, ClientSees, Decision, Ends, LogEvent, Mechanism, Route, Stop};
pub use cookie::{UnreadableCookie, arrived, certificates_in_words, unreadable_cookie};
pub use decision::{Rules, decide, is_own_back_end};
pub use explain::{Counterfactual, Explanation, RouteTable, Turned, explain, leg_names};
pub use failure::Failure;
pub use hop::HopOutlook;
pub use loss::{dismounted, lost_with};
pub use query::{AccessQuery, Caller, ClientPlace, Device, OwaPath};
pub use rules::{Confidence, Rule, endpoint_host, outlook_endpoints, outlook_entries};
pub use trace::{Fact, Step, Trace};
