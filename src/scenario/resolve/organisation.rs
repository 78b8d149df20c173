//! What holds for the whole organisation: `[organisation]`, `[contested]`, `[[firewall]]`
//! and `[[resolution]]`.

use super::super::amounts::{Count, Time};
use super::super::context::Cx;
use super::super::fields::Fields;
use super::super::keys::Key;
use super::super::kinds::{Host, Kind, List, Switch, Text, Token};
use super::super::shape::{AnyOf, Definitions, Items, Shape};
use super::super::tree::{self, Node};
use super::elements::Names;
use super::switches::{CONTESTED, REDIRECT_TYPE, SETUP};
use crate::kernel::Id;
use crate::model::topology::{Contested, FirewallRule, NameFact, OrganisationSwitches, RtmDevice};

/// `[organisation]`, `[contested]`, `[[firewall]]` and `[[resolution]]`.
pub(super) fn organisation(cx: &mut Cx, root: &mut Fields<'_>, sites: &Names) -> OrganisationSwitches {
    let mut switches = OrganisationSwitches::default();
    cx.section("[organisation]");
    let mut fields =
        root.table_or_empty(cx, ("organisation", "settings of the whole organisation")).into_section();
    switches.allow_cross_site_rpc_client_access = fields.or(
        cx,
        ("allow_cross_site_rpc_client_access", "Outlook may go on using an array in another site"),
        &Switch,
        false,
        SETUP,
    );
    switches.mapi_http = fields.read(
        cx,
        (
            "mapi_http",
            "MAPI over HTTP is on (`MapiHttpEnabled`); left out, on from 2016 on unless there are servers of 2013",
        ),
        &Switch,
    );
    switches.balancer_names = fields
        .read(cx, ("balancer_names", "shared host names of network load balancers"), &List(Host))
        .unwrap_or_default();
    fields.finish(cx);
    switches.contested = contested(cx, root);
    firewall(cx, root, sites, &mut switches);
    resolution(cx, root, &mut switches);
    switches
}

/// What is answered where sources disagree.
fn contested(cx: &mut Cx, root: &mut Fields<'_>) -> Contested {
    const DEVICE: Token<RtmDevice> =
        Token { words: &[(RtmDevice::Proxy, "proxy"), (RtmDevice::Refuse, "refuse")] };
    cx.section("[contested]");
    let mut fields = root
        .table_or_empty(
            cx,
            (
                "contested",
                "answers to questions on which sources disagree or are silent; `casim explain` states \
                 default and reason of each",
            ),
        )
        .into_section();
    let default = Contested::default();
    let eas_rtm = fields.or(
        cx,
        ("eas_rtm", "2007 RTM meets a mailbox of another site: ActiveSync is proxied or refused"),
        &DEVICE,
        default.eas_rtm,
        CONTESTED,
    );
    let owa_2007_redirect = fields.or(
        cx,
        ("owa_2007_redirect", "how 2007 redirects OWA"),
        &REDIRECT_TYPE,
        default.owa_2007_redirect,
        CONTESTED,
    );
    let contested = Contested { eas_rtm, owa_2007_redirect, ..contested_switches(cx, &mut fields) };
    fields.finish(cx);
    contested
}

/// The questions that are answered by yes or no.
fn contested_switches(cx: &mut Cx, fields: &mut Fields<'_>) -> Contested {
    let default = Contested::default();
    let mut flag = |key: Key, default: bool| fields.or(cx, key, &Switch, default, CONTESTED);
    Contested {
        eas_sp1_proxies_rtm: flag(
            ("eas_sp1_proxies_rtm", "2007 SP1 proxies ActiveSync to 2007 RTM"),
            default.eas_sp1_proxies_rtm,
        ),
        oab_from_mailbox_site: flag(
            ("oab_from_mailbox_site", "the OAB comes from the site of the mailbox"),
            default.oab_from_mailbox_site,
        ),
        outlook_anywhere_2010_direct: flag(
            (
                "outlook_anywhere_2010_direct",
                "2010 connects Outlook Anywhere straight to another site's mailbox",
            ),
            default.outlook_anywhere_2010_direct,
        ),
        owa_2010_proxies_2007: flag(
            ("owa_2010_proxies_2007", "2010 proxies OWA to 2007"),
            default.owa_2010_proxies_2007,
        ),
        owa_2013_proxies_2007: flag(
            ("owa_2013_proxies_2007", "2013 proxies OWA to 2007"),
            default.owa_2013_proxies_2007,
        ),
        ews_2013_proxies_2007: flag(
            ("ews_2013_proxies_2007", "2013 proxies EWS to 2007"),
            default.ews_2013_proxies_2007,
        ),
        owa_2013_redirects: flag(
            ("owa_2013_redirects", "2013 redirects OWA to another site's URL"),
            default.owa_2013_redirects,
        ),
        eas_2013_redirects: flag(
            ("eas_2013_redirects", "2013 redirects ActiveSync to another site's URL"),
            default.eas_2013_redirects,
        ),
        owa_2013_needs_integrated: flag(
            (
                "owa_2013_needs_integrated",
                "OWA of 2013 and later needs Integrated Windows Authentication at a 2010 target",
            ),
            default.owa_2013_needs_integrated,
        ),
        owa_2013_by_legacy_here: flag(
            (
                "owa_2013_by_legacy_here",
                "2013 sends OWA of a far 2007 site without ExternalURL to a 2007 server of its own site, which proxies",
            ),
            default.owa_2013_by_legacy_here,
        ),
        owa_2010_proxies_2003: flag(
            ("owa_2010_proxies_2003", "2010 proxies OWA to 2003"),
            default.owa_2010_proxies_2003,
        ),
        rpc_next_address: flag(
            (
                "rpc_next_address",
                "where a name has several `addresses`, Outlook over MAPI/RPC goes on from a dead one to the \
                 next after 15 to 30 s (one test of a 2010 array, 2011); else it stays disconnected until \
                 that one answers or its record goes (another, 2012)",
            ),
            default.rpc_next_address,
        ),
        ..default
    }
}

/// What firewalls keep apart.
fn firewall(cx: &mut Cx, root: &mut Fields<'_>, sites: &Names, switches: &mut OrganisationSwitches) {
    for (number, (table, span)) in
        root.elements(cx, ("firewall", "what a firewall keeps apart")).into_iter().enumerate()
    {
        cx.section("[[firewall]]");
        let path = format!("firewall.{}", number + 1);
        let mut fields = Fields::new(table, span, path, "firewall.*".to_owned());
        let from = end(cx, &mut fields, ("from", "a site; left out, any, and the Internet"), sites);
        let to = end(cx, &mut fields, ("to", "a site; left out, any"), sites);
        let idle_timeout = fields.read(
            cx,
            (
                "idle_timeout",
                "after so long the firewall silently forgets an idle connection; left out, never; \
                 what clients do then: [idle time-outs](#idle-time-outs)",
            ),
            &Time::ANY,
        );
        // A firewall that closes nothing may still forget what is idle.
        let ports = if idle_timeout.is_some() && !fields.has("closed") {
            Vec::new()
        } else {
            fields
                .require(cx, ("closed", "TCP ports that it closes; needed without `idle_timeout`"), &Ports)
                .unwrap_or_default()
        };
        fields.finish(cx);
        switches.firewall.push(FirewallRule { from, to, ports, idle_timeout });
    }
}

/// Names that do not behave as they are declared.
fn resolution(cx: &mut Cx, root: &mut Fields<'_>, switches: &mut OrganisationSwitches) {
    for (number, (table, span)) in root
        .elements(cx, ("resolution", "a name that does not behave as it is declared"))
        .into_iter()
        .enumerate()
    {
        cx.section("[[resolution]]");
        let path = format!("resolution.{}", number + 1);
        let mut fields = Fields::new(table, span, path, "resolution.*".to_owned());
        let host = fields.require(cx, ("host", "the name"), &Host).unwrap_or_default();
        let inside =
            fields.or(cx, ("inside", "it resolves inside"), &Switch, true, "as names do that are declared");
        let internet = fields.or(
            cx,
            ("internet", "it resolves on the Internet"),
            &Switch,
            true,
            "as names do that are declared",
        );
        fields.finish(cx);
        switches.names.push(NameFact { host, inside, internet });
    }
}

fn end(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    key: Key,
    sites: &Names,
) -> Option<Id<crate::model::topology::Site>> {
    let name = fields.read(cx, key, &Text)?;
    let span = fields.entry(key.0).map_or(fields.span, |entry| entry.node.span);
    let found = sites.get(&name);
    if found.is_none() {
        cx.unknown("[[site]]", &name, span, sites.keys().map(String::as_str));
    }
    found.map(|site| Id::new(*site))
}

/// TCP ports; a single number stands for a list of one.
struct Ports;

impl Shape for Ports {
    fn words(&self) -> String {
        "TCP ports".to_owned()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        AnyOf(&[&PORT, &Items(&PORT, None)]).schema(definitions)
    }
}

const PORT: Count = Count { min: 1, max: 65_535 };

impl Kind for Ports {
    type Out = Vec<u16>;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Vec<u16>> {
        let one = |cx: &mut Cx, node: &Node| PORT.read(cx, node, path).and_then(|n| u16::try_from(n).ok());
        match &node.value {
            tree::Value::List(items) => {
                let read: Vec<Option<u16>> = items.iter().map(|item| one(cx, item)).collect();
                read.into_iter().collect()
            }
            _ => Some(vec![one(cx, node)?]),
        }
    }
    fn show(&self, value: &Vec<u16>) -> String {
        format!("{value:?}")
    }
    fn expected(&self) -> String {
        "a list of TCP ports such as [6001, 6002, 6004]".to_owned()
    }
}
