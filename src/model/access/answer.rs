//! The vocabulary of answers: decisions, mechanisms, what the client sees, the route.
//!
//! Tokens here are what CSV columns and JSON carry. Must not know how an answer is
//! found ([`super::rules`], [`super::decision`]).

use super::failure::Failure;
use crate::kernel::Id;
use crate::model::directory::Url;
use crate::model::protocol::Protocol;
use crate::model::topology::{CasGroup, MailboxGroup};

/// The class of a decision, as in the `decision` column.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, serde::Serialize, serde::Deserialize)]
#[repr(u8)]
pub enum Decision {
    /// The entry server serves the request itself.
    Local,
    /// The client is sent to another URL.
    Redirect,
    /// The entry server forwards to a Client Access server of the mailbox's site.
    Proxy,
    /// The entry server talks to the remote Mailbox server.
    Direct,
    /// Nothing serves it.
    Refused,
}

impl Decision {
    /// Every class, in the order of tables.
    pub const ALL: [Self; 5] = [Self::Local, Self::Redirect, Self::Proxy, Self::Direct, Self::Refused];

    /// The token of CSV columns.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Redirect => "redirect",
            Self::Proxy => "proxy",
            Self::Direct => "direct",
            Self::Refused => "refused",
        }
    }
}

/// The finer kind of a decision.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, serde::Serialize, serde::Deserialize)]
#[repr(u8)]
pub enum Mechanism {
    /// Served by the entry server.
    ServeLocal,
    /// A page with a link that the user clicks, then a second logon.
    RedirectManual,
    /// An HTTP redirect that the browser follows.
    RedirectSilent,
    /// EAS HTTP 451 with the new URL.
    Redirect451,
    /// Client Access server to Client Access server.
    Proxy,
    /// RPC from the entry server to a Mailbox server of another site.
    RpcDirect,
    /// Forwarded to an Exchange 2003 back end.
    LegacyProxy,
    /// The browser is sent to a legacy URL.
    LegacyRedirect,
    /// Outlook is told that it has the wrong endpoint.
    Refer,
    /// Refused.
    Refuse,
}

impl Mechanism {
    /// Every mechanism.
    pub const ALL: [Self; 10] = [
        Self::ServeLocal,
        Self::RedirectManual,
        Self::RedirectSilent,
        Self::Redirect451,
        Self::Proxy,
        Self::RpcDirect,
        Self::LegacyProxy,
        Self::LegacyRedirect,
        Self::Refer,
        Self::Refuse,
    ];

    /// The token of CSV columns.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::ServeLocal => "serve_local",
            Self::RedirectManual => "redirect_manual",
            Self::RedirectSilent => "redirect_silent",
            Self::Redirect451 => "redirect_451",
            Self::Proxy => "proxy",
            Self::RpcDirect => "rpc_direct",
            Self::LegacyProxy => "legacy_proxy",
            Self::LegacyRedirect => "legacy_redirect",
            Self::Refer => "refer",
            Self::Refuse => "refuse",
        }
    }

    /// The class that the mechanism belongs to.
    #[must_use]
    pub fn decision(self) -> Decision {
        match self {
            Self::ServeLocal => Decision::Local,
            Self::RedirectManual
            | Self::RedirectSilent
            | Self::Redirect451
            | Self::LegacyRedirect
            | Self::Refer => Decision::Redirect,
            Self::Proxy | Self::LegacyProxy => Decision::Proxy,
            Self::RpcDirect => Decision::Direct,
            Self::Refuse => Decision::Refused,
        }
    }
}

/// What the client is shown first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
#[repr(u8)]
pub enum ClientSees {
    /// What was asked for: a page, mail, a reply.
    Page,
    /// A page that names a better URL as a link.
    LinkPage,
    /// HTTP 302.
    Found,
    /// HTTP 451 with `X-MS-Location`.
    Status451,
    /// HTTP 403.
    Forbidden,
    /// HTTP 404.
    NotFound,
    /// HTTP 503.
    Unavailable,
    /// A page that explains an error.
    ErrorPage,
    /// The logon is refused.
    LoginRefused,
    /// A SOAP fault.
    SoapFault,
    /// Outlook asks to be restarted.
    RestartPrompt,
    /// No connection, or none that lasts.
    ConnectError,
}

impl ClientSees {
    /// The token of JSON and tables.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::LinkPage => "link page",
            Self::Found => "302",
            Self::Status451 => "451",
            Self::Forbidden => "403",
            Self::NotFound => "404",
            Self::Unavailable => "503",
            Self::ErrorPage => "error page",
            Self::LoginRefused => "login refused",
            Self::SoapFault => "SOAP fault",
            Self::RestartPrompt => "restart prompt",
            Self::ConnectError => "connect error",
        }
    }

    /// What a client of this protocol is shown when a server gives up on it.
    #[must_use]
    pub fn failure(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Owa | Protocol::Autodiscover => Self::ErrorPage,
            Protocol::Eas => Self::Forbidden,
            Protocol::Ews => Self::SoapFault,
            Protocol::Oab | Protocol::MapiHttp => Self::NotFound,
            Protocol::Pop | Protocol::Imap => Self::LoginRefused,
            Protocol::OutlookAnywhere | Protocol::OutlookCached | Protocol::OutlookOnline => {
                Self::ConnectError
            }
        }
    }
}

/// An entry in a server's event log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogEvent {
    /// Event source: `MSExchange OWA`.
    pub source: &'static str,
    /// Event id.
    pub id: u16,
}

/// A server group that a request reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// Client Access servers.
    Cas(Id<CasGroup>),
    /// Mailbox servers.
    Mailbox(Id<MailboxGroup>),
}

/// What becomes of a client that was sent elsewhere.
#[derive(Clone, PartialEq, Debug)]
pub enum After {
    /// It arrives, and this is decided there.
    Arrives(Box<Route>),
    /// The name does not lead to a server that it can reach.
    Dead,
    /// It is sent on again, by that group; the chain is cut here.
    Loop(Id<CasGroup>),
}

/// The rule that refuses whoever cannot get to the server.
pub(super) const OUT_OF_REACH: &str = "common/out-of-reach";

/// The answer for one (protocol, entry group, mailbox group).
#[derive(Clone, PartialEq, Debug)]
pub struct Route {
    /// How the request is dealt with.
    pub mechanism: Mechanism,
    /// `proxy`: the group forwarded to, `None` where it goes straight to the Mailbox
    /// server over HTTP, POP or IMAP (2013 on). `redirect`: the group whose URL the
    /// client is given. `serve_local` of an address book download: the group whose
    /// URL was handed out, where that is not the entry. Otherwise `None`.
    pub target: Option<Id<CasGroup>>,
    /// `proxy`: the groups over which the entry spreads sessions and fails over, the
    /// target among them; empty where it has one target for good.
    pub targets: Vec<Id<CasGroup>>,
    /// `proxy`: groups that sessions are spread over as well, since the entry cannot tell
    /// beforehand that they fail there, each with the reason.
    pub failing: Vec<(Id<CasGroup>, Failure)>,
    /// Host that the client is sent to by a redirect.
    pub redirect_host: Option<String>,
    /// Why it is refused.
    pub failure: Option<Failure>,
    /// Id of the rule that decided.
    pub rule: &'static str,
    /// False where the client talks to the Mailbox server itself, without any
    /// Client Access server: Outlook inside on 2007.
    pub through_cas: bool,
    /// What the client is shown first.
    pub sees: ClientSees,
    /// What the entry server writes into its event log.
    pub event: Option<LogEvent>,
    /// Groups that the request reaches, in order; a redirect ends at its first.
    pub stops: Vec<Stop>,
    /// Whether a silent redirect spares the second logon.
    pub single_sign_on: bool,
    /// After a redirect: how it goes on.
    pub after: Option<After>,
}

impl Route {
    /// The groups reached, one list for each time that the client connects.
    #[must_use]
    pub fn legs(&self) -> Vec<&[Stop]> {
        let mut legs = vec![self.stops.as_slice()];
        if let Some(After::Arrives(next)) = &self.after {
            legs.extend(next.legs());
        }
        legs
    }

    /// Why the client does not get what it asked for, redirects followed.
    #[must_use]
    pub fn final_failure(&self) -> Option<Failure> {
        match &self.after {
            _ if self.failure.is_some() => self.failure,
            Some(After::Arrives(next)) => next.final_failure(),
            Some(After::Dead) => Some(Failure::DeadRedirect),
            Some(After::Loop(_)) => Some(Failure::RedirectLoop),
            None => None,
        }
    }

    /// Whether the client finds no way to the server that it was led to.
    #[must_use]
    pub fn out_of_reach(&self) -> bool {
        self.rule == OUT_OF_REACH
    }

    /// What the client is shown last, redirects followed.
    #[must_use]
    pub fn sees_at_last(&self) -> ClientSees {
        match &self.after {
            Some(After::Arrives(next)) => next.sees_at_last(),
            Some(After::Dead | After::Loop(_)) => ClientSees::ConnectError,
            None => self.sees,
        }
    }
}

/// The ends of a request: what an answer is made from.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// Protocol of the client.
    pub protocol: Protocol,
    /// Group that the client's connection landed on.
    pub entry: Id<CasGroup>,
    /// Group that holds the mailbox.
    pub mailbox: Id<MailboxGroup>,
}

/// What a rule answers.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    pub(super) mechanism: Mechanism,
    pub(super) target: Option<Id<CasGroup>>,
    pub(super) targets: Vec<Id<CasGroup>>,
    pub(super) failing: Vec<(Id<CasGroup>, Failure)>,
    pub(super) redirect: Option<Url>,
    pub(super) failure: Option<Failure>,
    pub(super) through_cas: bool,
    pub(super) sees: ClientSees,
    pub(super) event: Option<LogEvent>,
    pub(super) stops: Vec<Stop>,
    pub(super) single_sign_on: bool,
}

impl Answer {
    pub(super) fn new(ends: impl Into<Ends>, mechanism: Mechanism, sees: ClientSees) -> Self {
        Self {
            mechanism,
            target: None,
            targets: Vec::new(),
            failing: Vec::new(),
            redirect: None,
            failure: None,
            through_cas: true,
            sees,
            event: None,
            stops: vec![Stop::Cas(ends.into().entry)],
            single_sign_on: false,
        }
    }

    /// The request goes on to the Mailbox server.
    pub(super) fn on_to_mailbox(mut self, ends: impl Into<Ends>) -> Self {
        self.stops.push(Stop::Mailbox(ends.into().mailbox));
        self
    }

    /// The request goes on to another Client Access server.
    pub(super) fn by_way_of(mut self, target: Id<CasGroup>) -> Self {
        self.stops.push(Stop::Cas(target));
        self
    }

    /// The entry serves from the Mailbox server of its site.
    pub(super) fn local(ends: impl Into<Ends>) -> Self {
        let ends = ends.into();
        Self::new(ends, Mechanism::ServeLocal, ClientSees::Page).on_to_mailbox(ends)
    }

    /// The entry answers out of the directory or its disk.
    pub(super) fn by_itself(ends: impl Into<Ends>) -> Self {
        Self::new(ends, Mechanism::ServeLocal, ClientSees::Page)
    }

    /// The same of a group of 2013 and later, which has it from the server of the mailbox.
    pub(super) fn handed_out_by_proxy(ends: impl Into<Ends>, target: Id<CasGroup>) -> Self {
        let ends = ends.into();
        let stops = vec![Stop::Cas(target), Stop::Mailbox(ends.mailbox)];
        Self { stops, ..Self::new(ends, Mechanism::Proxy, ClientSees::Page) }
    }

    /// Fetched from the URL of another group that was handed out; the entry is not asked.
    pub(super) fn handed_out(ends: impl Into<Ends>, target: Id<CasGroup>) -> Self {
        Self { target: Some(target), stops: vec![Stop::Cas(target)], ..Self::by_itself(ends) }
    }

    /// Outlook inside connects to a group that its profile names; the entry is not asked.
    pub(super) fn endpoint(ends: impl Into<Ends>, target: Id<CasGroup>) -> Self {
        let ends = ends.into();
        Self::handed_out(ends, target).on_to_mailbox(ends)
    }

    /// The entry forwards to a Client Access server.
    pub(super) fn proxy(ends: impl Into<Ends>, target: Id<CasGroup>) -> Self {
        let ends = ends.into();
        Self::proxy_alone(ends, target).on_to_mailbox(ends)
    }

    /// The same of what that one answers out of the directory or its disk.
    pub(super) fn proxy_alone(ends: impl Into<Ends>, target: Id<CasGroup>) -> Self {
        let answer = Self::new(ends, Mechanism::Proxy, ClientSees::Page).by_way_of(target);
        Self { target: Some(target), ..answer }
    }

    /// Sessions are spread over all of these, the target among them.
    pub(super) fn spread_over(self, targets: Vec<Id<CasGroup>>) -> Self {
        Self { targets, ..self }
    }

    /// Sessions land on these too, and fail there.
    pub(super) fn some_failing(self, failing: Vec<(Id<CasGroup>, Failure)>) -> Self {
        Self { failing, ..self }
    }

    /// The entry forwards to the server that holds the mailbox, without RPC.
    pub(super) fn proxy_to_mailbox(ends: impl Into<Ends>) -> Self {
        let ends = ends.into();
        Self::new(ends, Mechanism::Proxy, ClientSees::Page).on_to_mailbox(ends)
    }

    /// The entry forwards to an Exchange 2003 back end.
    pub(super) fn legacy_proxy(ends: impl Into<Ends>) -> Self {
        let ends = ends.into();
        Self::new(ends, Mechanism::LegacyProxy, ClientSees::Page).on_to_mailbox(ends)
    }

    /// The entry opens RPC to the Mailbox server.
    pub(super) fn rpc_direct(ends: impl Into<Ends>) -> Self {
        let ends = ends.into();
        Self::new(ends, Mechanism::RpcDirect, ClientSees::Page).on_to_mailbox(ends)
    }

    /// The client itself opens RPC to the Mailbox server.
    pub(super) fn rpc_from_client(ends: impl Into<Ends>) -> Self {
        let ends = ends.into();
        Self { through_cas: false, stops: vec![Stop::Mailbox(ends.mailbox)], ..Self::rpc_direct(ends) }
    }

    /// A back end answers a browser that came by a legacy URL.
    pub(super) fn back_end(ends: impl Into<Ends>) -> Self {
        let answer = Self::rpc_from_client(ends);
        Self { mechanism: Mechanism::ServeLocal, ..answer }
    }

    /// The client is given a group's URL.
    pub(super) fn redirect(
        ends: impl Into<Ends>,
        mechanism: Mechanism,
        target: Option<Id<CasGroup>>,
        url: Option<&Url>,
    ) -> Self {
        let sees = match mechanism {
            Mechanism::RedirectManual => ClientSees::LinkPage,
            Mechanism::Redirect451 => ClientSees::Status451,
            Mechanism::Refer => ClientSees::RestartPrompt,
            Mechanism::ServeLocal
            | Mechanism::RedirectSilent
            | Mechanism::Proxy
            | Mechanism::RpcDirect
            | Mechanism::LegacyProxy
            | Mechanism::LegacyRedirect
            | Mechanism::Refuse => ClientSees::Found,
        };
        Self { target, redirect: url.cloned(), ..Self::new(ends, mechanism, sees) }
    }

    /// Refused for a reason.
    pub(super) fn refuse(ends: impl Into<Ends>, failure: Failure) -> Self {
        let ends = ends.into();
        let answer = Self::new(ends, Mechanism::Refuse, ClientSees::failure(ends.protocol));
        Self { failure: Some(failure), ..answer }
    }

    /// Whether the request reaches a group of servers.
    pub(super) fn reaches(&self, stop: Stop) -> bool {
        self.stops.contains(&stop)
    }

    /// The client is shown something else than usual.
    pub(super) fn seen_as(self, sees: ClientSees) -> Self {
        Self { sees, ..self }
    }

    /// The entry logs an event.
    pub(super) fn logged(self, source: &'static str, id: u16) -> Self {
        Self { event: Some(LogEvent { source, id }), ..self }
    }

    pub(super) fn into_route(self, rule: &'static str) -> Route {
        Route {
            mechanism: self.mechanism,
            target: self.target,
            targets: self.targets,
            failing: self.failing,
            redirect_host: self.redirect.map(|url| url.host),
            failure: self.failure,
            rule,
            through_cas: self.through_cas,
            sees: self.sees,
            event: self.event,
            stops: self.stops,
            single_sign_on: self.single_sign_on,
            after: None,
        }
    }
}
