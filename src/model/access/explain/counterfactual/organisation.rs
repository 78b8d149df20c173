//! Settings of the organisation and of the servers that hold the mailbox.

use super::change::{Change, by_hand};
use crate::kernel::Id;
use crate::model::access::query::AccessQuery;
use crate::model::access::rules::contested;
use crate::model::protocol::Protocol;
use crate::model::shell;
use crate::model::topology::Site;

pub(super) fn of_organisation(all: &mut Vec<Change>, ask: &AccessQuery<'_>) {
    let s = &ask.topology.switches;
    if ask.protocol.facts().rpc_endpoint {
        let now = s.allow_cross_site_rpc_client_access;
        all.push(
            Change::flag("AllowCrossSiteRpcClientAccess".to_owned(), now, shell::cross_site_rpc, |t, on| {
                t.switches.allow_cross_site_rpc_client_access = on;
            })
            .whole(format!("organisation.allow_cross_site_rpc_client_access={}", !now)),
        );
    }
    if ask.protocol == Protocol::MapiHttp {
        let now = ask.topology.mapi_http();
        all.push(
            Change::flag("MapiHttpEnabled of the organisation".to_owned(), now, shell::mapi_http, |t, on| {
                t.switches.mapi_http = Some(on);
            })
            .whole(format!("organisation.mapi_http={}", !now)),
        );
    }
    for (index, rule) in s.firewall.iter().enumerate().filter(|(_, rule)| !rule.ports.is_empty()) {
        let name =
            |id: Option<Id<Site>>| id.map_or("any site", |id| ask.topology.sites[id.index()].name.as_str());
        let ports: Vec<String> = rule.ports.iter().map(u16::to_string).collect();
        let setting = format!("ports {} from {} to {}", ports.join(", "), name(rule.from), name(rule.to));
        all.push(
            Change::new(setting, "closed", "open", move |t| {
                t.switches.firewall.remove(index);
            })
            .whole(format!("firewall.{}.closed=[]", index + 1)),
        );
    }
    for (index, fact) in s.names.iter().enumerate() {
        let word = |on: bool| if on { "can be reached" } else { "cannot be reached" };
        for internet in [false, true] {
            let now = if internet { fact.internet } else { fact.inside };
            let place = if internet { "on the Internet" } else { "inside" };
            let setting = format!("{} {place}", fact.host);
            let key = if internet { "internet" } else { "inside" };
            all.push(
                Change::new(setting, word(now), word(!now), move |t| {
                    let fact = &mut t.switches.names[index];
                    if internet { fact.internet = !now } else { fact.inside = !now }
                })
                .whole(format!("resolution.{}.{key}={}", index + 1, !now)),
            );
        }
    }
    for choice in contested::CHOICES {
        let now = (choice.now)(&s.contested);
        let set = choice.turn;
        let to = {
            let mut other = s.contested.clone();
            set(&mut other);
            (choice.now)(&other)
        };
        let setting = format!("contested.{}", choice.key);
        let switch = matches!(to.as_str(), "true" | "false");
        let value = if switch { to.clone() } else { format!("\"{to}\"") };
        let line = format!("contested.{}={value}", choice.key);
        all.push(Change::new(setting, now, to, move |t| set(&mut t.switches.contested)).whole(line));
    }
}

/// Settings of the servers that hold the mailbox.
pub(super) fn of_mailbox(all: &mut Vec<Change>, ask: &AccessQuery<'_>) {
    let id = ask.mailbox;
    let group = &ask.topology.mailbox[id.index()];
    let name = &group.name;
    let local = ask
        .topology
        .cas
        .iter()
        .find(|cas| cas.site == group.site && cas.generation.major() == group.generation.major());
    if let (Some(endpoint), Some(local)) = (group.switches.rpc_client_access_server.clone(), local) {
        let setting = format!("RpcClientAccessServer of the databases on {name}");
        let to = local.switches.client_access_array.clone().unwrap_or_else(|| local.name.clone());
        let line = format!("mailbox.rpc_client_access_server=\"{to}\"");
        let command = shell::database_endpoint(name, &to);
        all.push(
            Change::new(setting, endpoint, to.clone(), move |t| {
                t.mailbox[id.index()].switches.rpc_client_access_server = Some(to.clone());
            })
            .by(command)
            .at_store(id, line),
        );
    }
    if group.generation.major() != 2003 || ask.protocol != Protocol::Eas {
        return;
    }
    let now = group.switches.back_end_eas_integrated;
    let setting = format!("Integrated Windows Authentication on {name} /Microsoft-Server-ActiveSync");
    let line = |key: &str, on: bool| format!("mailbox.{key}={on}");
    all.push(
        Change::flag(setting, now, by_hand, move |t, on| {
            t.mailbox[id.index()].switches.back_end_eas_integrated = on;
        })
        .at_store(id, line("back_end_eas_integrated", !now)),
    );
    let now = group.switches.back_end_ssl_or_forms;
    let setting = format!("SSL or forms demanded on {name} /Exchange");
    all.push(
        Change::flag(setting, now, by_hand, move |t, on| {
            t.mailbox[id.index()].switches.back_end_ssl_or_forms = on;
        })
        .at_store(id, line("back_end_ssl_or_forms", !now)),
    );
}
