//! The hop from the entry to a Client Access server of the mailbox's site, over
//! HTTPS with Kerberos (2007 and 2010): which candidates are fit, and how far a hop
//! to each of the others gets.
//!
//! A [`Fault`] is a stage: a candidate's fault is the first stage that it fails.
//! Must not decide whether to hop at all ([`super::rules`]).

use std::cell::OnceCell;
use std::ops::Deref;

use super::answer::Ends;
use super::query::{AccessQuery, Index, Query, on_off, url_words};
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
    /// Whether the target itself answered so, having been reached.
    pub(super) fn answered_by_target(self) -> bool {
        self >= Self::SslDemanded
    }
}

/// The faults of every candidate, by name.
#[derive(Clone, Debug)]
pub(super) struct Hops {
    /// Each candidate with the stage at which a hop to it ends, `None` where it works.
    pub(super) each: Vec<(Id<CasGroup>, Option<Fault>)>,
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
            .map(|id| (id, fault_of(q, id, by_external)))
            .collect();
        Self { each, by_external, chosen: OnceCell::new() }
    }

    /// The candidate that the entry goes to, fit or not; `None` without candidates.
    pub(super) fn chosen(&self, q: &Query<'_>) -> Option<(Id<CasGroup>, Option<Fault>)> {
        let position = *self.chosen.get_or_init(|| self.choose(q));
        position.map(|at| self.each[at])
    }

    fn choose(&self, q: &Query<'_>) -> Option<usize> {
        // ActiveSync has one target, the first suitable by name, whatever becomes
        // of the hop; behind a shared name the balancer picks a live server.
        if q.protocol() == Protocol::Eas {
            let suitable = |fault: &Option<Fault>| fault.is_none_or(|f| f > Fault::NoIntegrated);
            if let Some(first) = self.each.iter().position(|(_, fault)| suitable(fault)) {
                let (id, fault) = self.each[first];
                if fault != Some(Fault::Down) {
                    return Some(first);
                }
                let name = hop_url(q, id, self.by_external).map(|url| &url.host);
                let live = self.each.iter().position(|&(other, fault)| {
                    fault.is_none() && hop_url(q, other, self.by_external).map(|url| &url.host) == name
                });
                return live.or(Some(first));
            }
        }
        if let Some(fit) = self.each.iter().position(|(_, fault)| fault.is_none()) {
            return Some(fit);
        }
        // Nobody is fit: report the one that got furthest, the first by name of those.
        let furthest = self.each.iter().map(|(_, fault)| *fault).max()?;
        self.each.iter().position(|(_, fault)| *fault == furthest)
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

fn fault_of(q: &Query<'_>, id: Id<CasGroup>, by_external: bool) -> Option<Fault> {
    let Some(url) = hop_url(q, id, by_external) else {
        return Some(Fault::NoInternalUrl);
    };
    let (entry, target) = (q.entry(), q.cas(id));
    let integrated = integrated(q, id);
    if !integrated && !by_external {
        return Some(Fault::NoIntegrated);
    }
    if q.protocol() == Protocol::Ews
        && target.switches.internal_nlb_bypass_url.is_none()
        && name_kind(q, id, url) == NameKind::Shared
    {
        return Some(Fault::NoBypass);
    }
    if !url.secure && !entry.switches.allow_proxying_without_ssl {
        return Some(Fault::NotSecure);
    }
    if !q.resolves_inside(&url.host) {
        return Some(Fault::Unresolved);
    }
    if !by_external && !kerberos(q, id, url) {
        return Some(Fault::NoPrincipal);
    }
    if url.secure && target.switches.self_signed && !entry.switches.allow_internal_untrusted_certs {
        return Some(Fault::Untrusted);
    }
    if q.closed_port(target.site, &[if url.secure { 443 } else { 80 }]).is_some() {
        return Some(Fault::PortClosed);
    }
    if q.ask.caller.down.contains(&id) {
        return Some(Fault::Down);
    }
    if !url.secure && target.switches.require_ssl {
        return Some(Fault::SslDemanded);
    }
    if !integrated {
        return Some(Fault::Unauthorized);
    }
    if q.protocol() == Protocol::Owa { build_fault(entry, target) } else { None }
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
    let holds = ours == theirs
        || entry
            .switches
            .owa_resource_folders
            .iter()
            .any(|folder| *folder == theirs || (folder.0[3] == 0 && folder.0[..3] == theirs.0[..3]));
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

/// Whose name a host is, as far as a directory can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum NameKind {
    /// The server's own.
    Own,
    /// A balancer's, or that of another server.
    Shared,
    /// A published one.
    Public,
    /// An IP address.
    Address,
}

/// A name counts as a server's own unless something tells otherwise: administrators
/// alone know their servers' host names, and a model may call a server anything.
fn name_kind(q: &Query<'_>, id: Id<CasGroup>, url: &Url) -> NameKind {
    let (topology, server, host) = (q.topology(), q.cas(id), url.host.as_str());
    if host.split('.').count() == 4 && host.split('.').all(|part| part.parse::<u8>().is_ok()) {
        return NameKind::Address;
    }
    let label = host.split('.').next().unwrap_or("");
    if let Some(fqdn) = &server.switches.fqdn {
        let same = host == fqdn || label == fqdn.split('.').next().unwrap_or("");
        return if same { NameKind::Own } else { NameKind::Shared };
    }
    if label == label_of(&server.name) {
        return NameKind::Own;
    }
    // Within one service: a setting of one directory must not decide for another's clients.
    let published = (0..topology.cas.len())
        .filter_map(|at| q.external(Id::new(at)))
        .any(|external| external.host == host);
    if published {
        return NameKind::Public;
    }
    let of_another = topology.cas.iter().enumerate().any(|(other, group)| {
        Id::new(other) != id
            && (label == label_of(&group.name)
                || group.directories.iter().filter_map(|d| d.internal_url.as_ref()).any(|u| u.host == host))
    });
    let of_array = topology.cas.iter().any(|group| {
        group.switches.client_access_array.as_deref().is_some_and(|array| array.eq_ignore_ascii_case(host))
    });
    let of_balancer = topology.switches.balancer_names.iter().any(|name| name == host);
    // One host for several servers cannot be each one's own.
    if of_another || of_array || of_balancer || server.servers > 1 { NameKind::Shared } else { NameKind::Own }
}

/// The candidates, fit for a hop, behind the shared name by which `id` is reached; empty
/// where the name is its own.
pub(super) fn behind_one_name(q: &View<'_>, id: Id<CasGroup>) -> Vec<Id<CasGroup>> {
    let hops = q.hops();
    let host = |id: Id<CasGroup>| hop_url(q, id, hops.by_external).map(|url| url.host.as_str());
    let shared =
        hop_url(q, id, hops.by_external).is_some_and(|url| name_kind(q, id, url) == NameKind::Shared);
    let fit = hops.each.iter().filter(|(other, fault)| fault.is_none() && host(*other) == host(id));
    if shared { fit.map(|(other, _)| *other).collect() } else { Vec::new() }
}

fn label_of(name: &str) -> String {
    name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// Whether Kerberos finds the target by the name in the URL.
fn kerberos(q: &Query<'_>, id: Id<CasGroup>, url: &Url) -> bool {
    let target = q.cas(id);
    if !target.switches.negotiate_provider {
        return false;
    }
    if target.switches.service_principal_names.contains(&url.host) {
        return true;
    }
    let kind = name_kind(q, id, url);
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

/// What was looked at for one stage, in words: question and answer.
pub(super) fn describe(q: &Query<'_>, fault: Fault, id: Id<CasGroup>, by_external: bool) -> (String, String) {
    let (entry, target) = (q.entry(), q.cas(id));
    let directory = q.directory_name(id);
    let url = hop_url(q, id, by_external);
    let host = url.map_or("", |u| u.host.as_str());
    let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    match fault {
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
            yes_no(by_external || url.is_some_and(|u| kerberos(q, id, u))),
        ),
        Fault::Untrusted => (
            format!("certificate of {}", target.name),
            format!(
                "{} (AllowInternalUntrustedCerts on {}: {})",
                if target.switches.self_signed { "self-signed" } else { "trusted" },
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
        Fault::Down => (format!("{} is up", target.name), yes_no(!q.ask.caller.down.contains(&id))),
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
