//! The hop from the entry to a Client Access server of the mailbox's site, over
//! HTTPS with Kerberos (2007 and 2010): which candidates are fit, and how far a hop
//! to each of the others gets.
//!
//! A candidate is a directory of the mailbox's site; who receives the request is whoever
//! its URL's host leads to ([`super::leads`]). A [`Fault`] is a stage: a candidate's fault
//! is the first stage that it fails. Must not decide whether to hop at all
//! ([`super::rules`]).

use std::cell::OnceCell;
use std::ops::Deref;

use super::answer::Ends;
use super::failure::Failure;
use super::leads::{Leads, NameKind};
use super::query::{AccessQuery, Index, Query, certificate_words, on_off, url_words};
use crate::kernel::Id;
use crate::model::directory::{Authentication, Service, Url};
use crate::model::protocol::Protocol;
use crate::model::release::{Build, Generation};
use crate::model::topology::CasGroup;

/// Where a hop ends, in the order in which it would be found out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Fault {
    /// The directory names no URL to go to.
    NoInternalUrl,
    /// Integrated Windows Authentication is off, as the directory tells beforehand.
    NoIntegrated,
    /// The EWS InternalURL is a shared name and there is no bypass URL.
    NoBypass,
    /// The URL is http, and the entry insists on SSL.
    NotSecure,
    /// The host of the URL does not resolve inside.
    Unresolved,
    /// No Kerberos ticket can be had for the name.
    NoPrincipal,
    /// The certificate is not trusted.
    Untrusted,
    /// A firewall closes the port.
    PortClosed,
    /// The server is down.
    Down,
    /// The host leads to a server that neither serves the mailbox nor may proxy again.
    Astray,
    /// The service is down on a server that is up.
    ServiceDown,
    /// The target demands SSL on an http hop: 403.
    SslDemanded,
    /// Integrated Windows Authentication is off and nobody looked beforehand: 401.
    Unauthorized,
    /// The entry's build is older.
    EntryOlder,
    /// The user context cookie is not understood.
    Cookie,
    /// The OWA resource folder of the target's build is missing.
    NoFolder,
}

impl Fault {
    /// Whether the target itself answered so, having been reached: the entry could not
    /// know it beforehand.
    pub(super) fn answered_by_target(self) -> bool {
        self >= Self::Astray
    }

    /// The reason that a client is told of.
    pub(super) fn failure(self) -> Failure {
        match self {
            Self::NoInternalUrl => Failure::NoInternalUrl,
            Self::NoIntegrated | Self::Unauthorized => Failure::NoIntegratedAuth,
            Self::NoBypass => Failure::NoBypassUrl,
            Self::NotSecure | Self::SslDemanded => Failure::UrlNotSecure,
            Self::Unresolved => Failure::NameNotResolved,
            Self::NoPrincipal => Failure::NoServicePrincipal,
            Self::Untrusted => Failure::UntrustedCertificate,
            Self::PortClosed => Failure::PortClosed,
            Self::Down | Self::ServiceDown => Failure::ServerDown,
            Self::Astray => Failure::ProxiedTwice,
            Self::EntryOlder => Failure::EntryBuildTooOld,
            Self::Cookie => Failure::InvalidUserContext,
            Self::NoFolder => Failure::NoResourceFolder,
        }
    }
}

/// A directory that the entry could forward to, and who receives what is sent there.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Whose directory it is.
    pub(super) id: Id<CasGroup>,
    /// The stage at which a hop there ends, `None` where somebody behind its name serves.
    pub(super) fault: Option<Fault>,
    /// The server at which it ends, or the first that serves; the directory's own where
    /// nobody receives it.
    pub(super) at: Id<CasGroup>,
    /// Who receives it, each with the stage at which the hop ends there. Servers that are
    /// down are passed over where another is up.
    pub(super) arrivals: Vec<(Id<CasGroup>, Option<Fault>)>,
    /// The name stands for several servers.
    pub(super) shared: bool,
}

impl Candidate {
    fn inspect(q: &Query<'_>, id: Id<CasGroup>, by_external: bool) -> Self {
        let blank = |fault| Self { id, fault: Some(fault), at: id, arrivals: Vec::new(), shared: false };
        let Some(url) = hop_url(q, id, by_external) else { return blank(Fault::NoInternalUrl) };
        let leads = Leads::of(q, id, &url.host);
        if let Some(fault) = directory_fault(q, id, by_external, url, &leads) {
            return blank(fault);
        }
        let mut arrivals: Vec<_> =
            leads.groups.iter().map(|&at| (at, arrival_fault(q, at, url, by_external))).collect();
        if arrivals.iter().any(|(_, fault)| *fault != Some(Fault::Down)) {
            arrivals.retain(|(_, fault)| *fault != Some(Fault::Down));
        }
        let fit = arrivals.iter().find(|(_, fault)| fault.is_none());
        let furthest = arrivals.iter().map(|(_, fault)| *fault).max().flatten();
        let (at, fault) = fit
            .or_else(|| arrivals.iter().find(|(_, fault)| *fault == furthest))
            .copied()
            .unwrap_or((id, Some(Fault::Unresolved)));
        Self { id, fault, at, arrivals, shared: leads.kind == NameKind::Shared }
    }

    /// Whether the entry, which sees the directory and who is up, would take it.
    pub(super) fn seems_fit(&self) -> bool {
        self.fault.is_none_or(Fault::answered_by_target)
    }
}

/// The faults of every candidate, by name.
#[derive(Clone, Debug)]
pub(super) struct Hops {
    /// Every candidate.
    pub(super) each: Vec<Candidate>,
    /// The hop follows the target's ExternalURL (`RedirectToOptimalOWAServer` off).
    pub(super) by_external: bool,
    chosen: OnceCell<Option<usize>>,
}

impl Hops {
    /// Looks at every candidate.
    pub(super) fn inspect(q: &Query<'_>) -> Self {
        let by_external = follows_external(q);
        let each = q
            .candidates()
            .filter(|&id| !by_external || q.external(id).is_some())
            .map(|id| Candidate::inspect(q, id, by_external))
            .collect();
        Self { each, by_external, chosen: OnceCell::new() }
    }

    /// The candidate that the entry goes to, fit or not; `None` without candidates.
    pub(super) fn chosen(&self, q: &Query<'_>) -> Option<&Candidate> {
        let position = *self.chosen.get_or_init(|| self.choose(q));
        position.map(|at| &self.each[at])
    }

    fn choose(&self, q: &Query<'_>) -> Option<usize> {
        // ActiveSync has one target, the first suitable by name, whatever becomes
        // of the hop.
        if q.protocol() == Protocol::Eas {
            let suitable = |candidate: &Candidate| candidate.fault.is_none_or(|f| f > Fault::NoIntegrated);
            if let Some(first) = self.each.iter().position(suitable) {
                return Some(first);
            }
        }
        if let Some(fit) = self.each.iter().position(|candidate| candidate.fault.is_none()) {
            return Some(fit);
        }
        // Nobody is fit: report the one that got furthest, the first by name of those.
        let furthest = self.each.iter().map(|candidate| candidate.fault).max()?;
        self.each.iter().position(|candidate| candidate.fault == furthest)
    }

    /// The candidates over which the entry spreads sessions: ActiveSync has one; for OWA and
    /// EWS all that the entry cannot tell to be unfit.
    pub(super) fn taken(&self, q: &Query<'_>) -> Vec<&Candidate> {
        if q.protocol() == Protocol::Eas {
            return self.chosen(q).into_iter().collect();
        }
        self.each.iter().filter(|candidate| candidate.seems_fit()).collect()
    }
}

/// How a hop to one of the servers of the mailbox's site would go, for whoever looks at
/// all of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HopOutlook {
    /// Whose directory it is.
    pub directory: Id<CasGroup>,
    /// The server at which it ends, or that serves.
    pub at: Id<CasGroup>,
    /// Why it ends there; `None` where it is served.
    pub failure: Option<Failure>,
    /// The entry cannot tell beforehand, and takes it for fit.
    pub unforeseen: bool,
}

impl Hops {
    /// Every candidate, and every server behind a candidate's name that fails there.
    pub(super) fn outlooks(&self) -> Vec<HopOutlook> {
        let mut all = Vec::new();
        for candidate in &self.each {
            let mut add = |at: Id<CasGroup>, fault: Option<Fault>| {
                all.push(HopOutlook {
                    directory: candidate.id,
                    at,
                    failure: fault.map(Fault::failure),
                    unforeseen: fault.is_some_and(Fault::answered_by_target),
                });
            };
            if candidate.arrivals.is_empty() {
                add(candidate.at, candidate.fault);
            }
            for &(at, fault) in &candidate.arrivals {
                add(at, fault);
            }
        }
        all
    }
}

/// A question with the hops that it could take, looked at when first asked for.
#[derive(Debug)]
pub struct View<'q> {
    query: Query<'q>,
    hops: OnceCell<Hops>,
}

impl<'q> View<'q> {
    pub(super) fn new(ask: &'q AccessQuery<'q>, index: &'q Index) -> Self {
        Self { query: Query::new(ask, index), hops: OnceCell::new() }
    }

    /// How far a hop to each candidate gets.
    pub(super) fn hops(&self) -> &Hops {
        self.hops.get_or_init(|| Hops::inspect(&self.query))
    }
}

/// A rule asks a view whatever it may ask a question.
impl<'q> Deref for View<'q> {
    type Target = Query<'q>;

    fn deref(&self) -> &Query<'q> {
        &self.query
    }
}

impl From<&View<'_>> for Ends {
    fn from(view: &View<'_>) -> Self {
        Self::from(&view.query)
    }
}

/// Whether the entry ignores InternalURLs for this request: OWA with
/// `RedirectToOptimalOWAServer` off and an ExternalURL at some candidate.
pub(super) fn follows_external(q: &Query<'_>) -> bool {
    q.protocol() == Protocol::Owa
        && !q.entry().switches.redirect_to_optimal_owa_server
        && q.candidates().any(|id| q.external(id).is_some())
}

/// The URL that a hop to a candidate goes to.
pub(super) fn hop_url<'q>(q: &Query<'q>, id: Id<CasGroup>, by_external: bool) -> Option<&'q Url> {
    let directory = q.directory(id)?;
    if by_external {
        return directory.external_url.as_ref();
    }
    let bypass = q.cas(id).switches.internal_nlb_bypass_url.as_ref();
    bypass.filter(|_| q.protocol() == Protocol::Ews).or(directory.internal_url.as_ref())
}

/// What keeps the entry from going there, as the directory and the network tell beforehand.
fn directory_fault(
    q: &Query<'_>,
    id: Id<CasGroup>,
    by_external: bool,
    url: &Url,
    leads: &Leads,
) -> Option<Fault> {
    let (entry, target) = (q.entry(), q.cas(id));
    if !by_external && !integrated(q, id) {
        return Some(Fault::NoIntegrated);
    }
    if q.protocol() == Protocol::Ews
        && target.switches.internal_nlb_bypass_url.is_none()
        && leads.kind == NameKind::Shared
    {
        return Some(Fault::NoBypass);
    }
    if !url.secure && !entry.switches.allow_proxying_without_ssl {
        return Some(Fault::NotSecure);
    }
    if !q.resolves_inside(&url.host) || leads.groups.is_empty() {
        return Some(Fault::Unresolved);
    }
    (!by_external && !kerberos(q, id, url, leads)).then_some(Fault::NoPrincipal)
}

/// What becomes of the hop at the server that receives it.
fn arrival_fault(q: &Query<'_>, at: Id<CasGroup>, url: &Url, by_external: bool) -> Option<Fault> {
    let (entry, target) = (q.entry(), q.cas(at));
    let trusted = !target.switches.self_signed && target.switches.publishing.certified(&url.host);
    if url.secure && !trusted && !entry.switches.allow_internal_untrusted_certs {
        return Some(Fault::Untrusted);
    }
    if q.closed_port(target.site, &[if url.secure { 443 } else { 80 }]).is_some() {
        return Some(Fault::PortClosed);
    }
    if q.down(at) {
        return Some(Fault::Down);
    }
    let mailbox = q.mailbox();
    if target.site != mailbox.site || target.generation.major() != mailbox.generation.major() {
        return Some(Fault::Astray);
    }
    if q.stopped(at) {
        return Some(Fault::ServiceDown);
    }
    if !url.secure && target.switches.require_ssl {
        return Some(Fault::SslDemanded);
    }
    if !integrated(q, at) {
        return Some(Fault::Unauthorized);
    }
    debug_assert!(!by_external || q.protocol() == Protocol::Owa);
    if q.protocol() == Protocol::Owa { build_fault(entry, target) } else { None }
}

/// Name of the setting that holds the URL of the hop.
fn hop_url_name(q: &Query<'_>, id: Id<CasGroup>) -> &'static str {
    let bypass = q.protocol() == Protocol::Ews && q.cas(id).switches.internal_nlb_bypass_url.is_some();
    if bypass { "InternalNLBBypassUrl" } else { "InternalURL" }
}

/// Who receives a hop, with the site of whoever stands elsewhere.
fn arrivals_words(q: &Query<'_>, candidate: &Candidate) -> String {
    let word = |(id, _): &(Id<CasGroup>, Option<Fault>)| {
        let group = q.cas(*id);
        let here = group.site == q.mailbox().site;
        if here { group.name.clone() } else { format!("{} in {}", group.name, q.site_name(group.site)) }
    };
    candidate.arrivals.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// What two builds make of a proxied OWA request.
fn build_fault(entry: &CasGroup, target: &CasGroup) -> Option<Fault> {
    let (ours, theirs) = (entry.build(), target.build());
    if ours < theirs {
        return Some(Fault::EntryOlder);
    }
    let sp2_ru1 = ours >= Build::of(Generation::E2010Sp2, 1) && ours < Build::of(Generation::E2010Sp2, 2);
    let understands = if target.generation.major() == 2010 {
        theirs >= Build::of(Generation::E2010Sp2, 1)
    } else {
        theirs >= Build::of(Generation::E2007Sp3, 7)
    };
    if sp2_ru1 && !understands {
        return Some(Fault::Cookie);
    }
    // The folder's name is the build; a 2010 target serves its own resources.
    let holds =
        ours == theirs || entry.switches.owa_resource_folders.iter().any(|folder| folder.covers(theirs));
    (target.generation.major() == 2007 && !holds).then_some(Fault::NoFolder)
}

/// Whether the target's directory accepts the entry's Kerberos logon.
pub(super) fn integrated(q: &Query<'_>, id: Id<CasGroup>) -> bool {
    let Some(directory) = q.directory(id) else { return false };
    if q.protocol() == Protocol::Eas {
        // A device's request is forwarded to the subdirectory `Proxy`, which has
        // authentication of its own; the article knows the directory alone.
        return match q.cas(id).switches.eas_proxy_integrated {
            Some(on) => on,
            None => q.entry().generation != Generation::E2007 || directory.integrated(),
        };
    }
    // Forms-based authentication excludes every other method on an OWA directory.
    let forms = q.protocol() == Protocol::Owa && directory.auth.contains(&Authentication::Forms);
    directory.integrated() && !forms
}

/// Whether Kerberos finds the target by the name in the URL.
fn kerberos(q: &Query<'_>, id: Id<CasGroup>, url: &Url, leads: &Leads) -> bool {
    let target = q.cas(id);
    if !target.switches.negotiate_provider {
        return false;
    }
    let registered = |id: &Id<CasGroup>| q.cas(*id).switches.service_principal_names.contains(&url.host);
    if registered(&id) || leads.groups.iter().any(registered) {
        return true;
    }
    let kind = leads.kind;
    // Release to manufacturing knows computer names alone, on either end of the hop.
    let rtm = |group: &CasGroup| group.generation == Generation::E2007Rtm;
    let (devices, services) = (q.protocol() == Protocol::Eas, q.protocol() == Protocol::Ews);
    if devices && rtm(target) && !rtm(q.entry()) {
        return kind == NameKind::Own && q.topology().switches.contested.eas_sp1_proxies_rtm;
    }
    if (devices && !rtm(q.entry()) || services) && !rtm(target) {
        return kind != NameKind::Address;
    }
    kind == NameKind::Own
}

/// What was looked at for one stage, in words: question and answer. From the network on
/// it is about the server at which the hop ends.
pub(super) fn describe(
    q: &Query<'_>,
    fault: Fault,
    candidate: &Candidate,
    by_external: bool,
) -> (String, String) {
    let own = candidate.id;
    let id = if fault < Fault::Untrusted { own } else { candidate.at };
    let (entry, target) = (q.entry(), q.cas(id));
    let directory = q.directory_name(id);
    let url = hop_url(q, own, by_external);
    let host = url.map_or("", |u| u.host.as_str());
    let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    match fault {
        Fault::ServiceDown => (q.service_down(&target.name).0, yes_no(!q.stopped(id))),
        Fault::NoInternalUrl if q.protocol() == Protocol::Ews => {
            (format!("InternalNLBBypassUrl or InternalURL of {directory}"), url_words(url))
        }
        Fault::NoInternalUrl => (format!("InternalURL of {directory}"), url_words(url)),
        Fault::NoIntegrated | Fault::Unauthorized => {
            let by_directory =
                target.switches.eas_proxy_integrated.is_none() && entry.generation == Generation::E2007;
            let by_proxy = q.protocol() == Protocol::Eas && !by_directory;
            let what = if by_proxy { format!("{directory}/Proxy") } else { directory };
            let forms = q.protocol() == Protocol::Owa
                && target.directory(Service::Owa).auth.contains(&Authentication::Forms);
            let answer = on_off(integrated(q, id));
            let answer = if forms { format!("{answer} (forms authentication is on)") } else { answer };
            (format!("Integrated Windows Authentication on {what}"), answer)
        }
        Fault::NoBypass => (
            format!("InternalNLBBypassUrl of {directory}"),
            url_words(target.switches.internal_nlb_bypass_url.as_ref()),
        ),
        Fault::NotSecure => {
            let allowed = entry.switches.allow_proxying_without_ssl;
            let scheme = if url.is_some_and(|u| u.secure) { "https" } else { "http" };
            (
                format!("scheme of the hop to {directory}"),
                format!("{scheme} (AllowProxyingWithoutSSL on {}: {})", entry.name, on_off(allowed)),
            )
        }
        Fault::Unresolved => (format!("{host} resolves inside"), yes_no(q.resolves_inside(host))),
        Fault::NoPrincipal => (
            format!("Kerberos finds {} by the name {host}", target.name),
            yes_no(by_external || url.is_some_and(|u| kerberos(q, id, u, &Leads::of(q, id, &u.host)))),
        ),
        Fault::Untrusted => (
            format!("certificate of {}", target.name),
            format!(
                "{} (AllowInternalUntrustedCerts on {}: {})",
                certificate_words(target, host),
                entry.name,
                u8::from(entry.switches.allow_internal_untrusted_certs),
            ),
        ),
        Fault::PortClosed => {
            let port = if url.is_none_or(|u| u.secure) { 443 } else { 80 };
            let closed = q.closed_port(target.site, &[port]).is_some();
            (
                format!("port {port} from {} to {}", q.site_name(entry.site), q.site_name(target.site)),
                if closed { "closed" } else { "open" }.to_owned(),
            )
        }
        Fault::Down => (format!("{} is up", target.name), yes_no(!q.down(id))),
        Fault::Astray => {
            let which = if by_external { "ExternalURL" } else { hop_url_name(q, own) };
            (
                format!("server that {which} of {} leads to", q.directory_name(own)),
                arrivals_words(q, candidate),
            )
        }
        Fault::SslDemanded => (format!("{} demands SSL", target.name), yes_no(target.switches.require_ssl)),
        Fault::EntryOlder | Fault::Cookie => (
            format!("builds of {} and {}", entry.name, target.name),
            format!("{} and {}", entry.build(), target.build()),
        ),
        Fault::NoFolder => (
            format!("OWA resource folder {} on {}", target.build(), entry.name),
            if build_fault(entry, target) == Some(Fault::NoFolder) { "missing" } else { "present" }
                .to_owned(),
        ),
    }
}
