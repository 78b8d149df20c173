//! What lies between the sites of a drawn organisation, who uses it, and what is down.

use super::draft::Draft;
use super::draw::{Dice, Plan, SITES, Server};

const PROTOCOLS: [&str; 11] = [
    "owa",
    "eas",
    "outlook-anywhere",
    "outlook-cached",
    "outlook-online",
    "mapi-http",
    "ews",
    "autodiscover",
    "oab",
    "pop",
    "imap",
];

pub(super) fn links(d: &mut Dice, draft: &mut Draft, plan: &Plan) {
    let mut link = |a: usize, b: usize, latency: usize| {
        let table = draft.table("[[link]]");
        table.push(format!("between = [\"{}\", \"{}\"]", SITES[a], SITES[b]));
        table.push("bandwidth = \"1 Gbps\"".to_owned());
        table.push(format!("latency = \"{latency} ms\""));
    };
    let mut joined = Vec::new();
    for site in 1..plan.sites {
        if d.chance(97) {
            joined.push((d.below(site), site));
        }
    }
    if plan.sites > 2 && d.chance(30) {
        joined.push((0, plan.sites - 1));
    }
    joined.sort_unstable();
    joined.dedup();
    for (a, b) in joined {
        link(a, b, 1 + d.below(40));
    }
}

pub(super) fn namespaces(d: &mut Dice, draft: &mut Draft, plan: &Plan) {
    let quoted = |sites: &[usize]| {
        let words: Vec<String> = sites.iter().map(|site| format!("\"{}\"", SITES[*site])).collect();
        words.join(", ")
    };
    let serving = |site: usize| plan.servers.iter().any(|server| server.site == site && server.cas);
    for (name, site) in &plan.names {
        let mut sites = vec![*site];
        if d.chance(25) {
            sites.push(d.below(plan.sites));
        }
        sites.retain(|site| serving(*site));
        sites.dedup();
        if sites.is_empty() {
            continue;
        }
        let table = draft.table("[[namespace]]");
        table.push(format!("name = \"{name}\""));
        if d.chance(93) {
            table.push(format!("internet = [{}]", quoted(&sites)));
        }
        let inside = d.below(plan.sites);
        if (d.chance(25) || table.len() < 2) && serving(inside) {
            table.push(format!("inside = [{}]", quoted(&[inside])));
        }
        let own: Vec<&Server> = plan.servers.iter().filter(|s| s.cas && sites.contains(&s.site)).collect();
        if d.chance(20) && !own.is_empty() {
            let one = d.pick(&own);
            let server =
                if one.name.is_empty() { format!("{}-CAS", SITES[one.site]) } else { one.name.clone() };
            table.push(format!("servers = [\"{server}\"]"));
        }
    }
}

pub(super) fn workload(d: &mut Dice, draft: &mut Draft, plan: &Plan) {
    let lines = [
        // What happens once a day happens within the window.
        "day_begins = \"09:00 - 09:04\"",
        "day_ends = \"09:30 - 09:34\"",
        "owa_think = \"5 s\"",
        "pop_poll = \"4 min\"",
        "eas_heartbeat = \"4 min\"",
        "ews_requests_per_day = 400",
        "message_size = \"10 KB\"",
        "logon_typing = \"2 s\"",
        "outlook_restart = \"20 s\"",
    ];
    draft.table("[clients]").extend(lines.map(str::to_owned));
    let homes: Vec<&Server> = plan.servers.iter().filter(|server| server.mailbox).collect();
    for number in 0..2 + d.below(2) {
        let home = d.pick(&homes);
        let mut lines = vec![
            format!("name = \"staff {number}\""),
            format!("home = \"{}\"", SITES[home.site]),
            "mailboxes = 6".to_owned(),
            "concurrent = \"100 %\"".to_owned(),
            "day = \"flat8h\"".to_owned(),
            "profile = { sent = 60, received = 60, read = 100, deleted = 20, owa_logons = 40 }".to_owned(),
        ];
        if d.chance(50) {
            let server =
                if home.name.is_empty() { format!("{}-MBX", SITES[home.site]) } else { home.name.clone() };
            lines.push(format!("server = \"{server}\""));
        }
        if d.chance(40) {
            lines.push(format!("from = \"{}\"", d.pick(&SITES[..plan.sites])));
        }
        if d.chance(15) {
            lines.push(format!(
                "roaming = {{ share = \"50 %\", from = \"{}\" }}",
                d.pick(&SITES[..plan.sites])
            ));
        }
        lines.push(format!("namespace.default = \"{}\"", d.pick(&plan.names).0));
        for protocol in PROTOCOLS {
            if d.chance(65) {
                lines.push(format!("clients.{protocol} = 1.0"));
                if d.chance(15) {
                    lines.push(format!("namespace.{protocol} = \"{}\"", d.pick(&plan.names).0));
                }
            }
        }
        for (key, percent) in [
            ("owa_exchange = \"100 %\"", 15),
            ("eas_without_451 = \"100 %\"", 15),
            ("eas_version = 12.0", 10),
        ] {
            if d.chance(percent) {
                lines.push(format!("settings.{key}"));
            }
        }
        draft.table("[[population]]").append(&mut lines);
    }
}

/// What is down from before the run until after it.
pub(super) fn outages(d: &mut Dice, draft: &mut Draft, plan: &Plan) {
    if !d.chance(35) {
        return;
    }
    let server = &plan.servers[d.below(plan.servers.len())];
    let site = SITES[server.site];
    let service = d.pick(&["pop", "imap", "owa", "eas", "ews"]);
    let what = match d.below(6) {
        0 if server.cas => format!("site.{site}.cas"),
        1 if server.mailbox => format!("site.{site}.mailbox"),
        2 if server.cas => format!("site.{site}.{service}"),
        3 if server.cas && !server.name.is_empty() => format!("server.{}.{service}", server.name),
        _ if !server.name.is_empty() => format!("server.{}", server.name),
        _ => format!("server.{site}-CAS"),
    };
    let table = draft.table("[[outage]]");
    table.push(format!("what = \"{what}\""));
    table.push("at = \"00:00\"".to_owned());
    table.push("for = \"24 h\"".to_owned());
}
