//! `casim explain`: why a client ends up where it does, and what would change that.
//!
//! Asks [`crate::model::access`] and renders; decides nothing itself. The figures
//! beside the hops are those of an idle network and idle servers
//! ([`crate::clients::unloaded`]); what load makes of them is told by `casim run`.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Error, load_organisation};
use crate::clients::unloaded::{HopTime, typical, unloaded};
use crate::kernel::Id;
use crate::model::access::explain::Move;
use crate::model::access::{
    AccessQuery, Caller, Confidence, Counterfactual, Decision, Device, Explanation, Fact, Failure, Mechanism,
    OwaPath, Place, RouteTable, decide, explain, rules,
};
use crate::model::topology::{CasGroup, MailboxGroup, Protocol, Site, Topology};
use crate::model::workload::Workload;
use crate::scenario::Override;

/// Arguments of `casim explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scenario file.
    #[arg(required_unless_present_any = ["list_failures", "list_rules"])]
    scenario: Option<PathBuf>,
    /// Protocol: owa, eas, outlook-anywhere, outlook-cached, outlook-online, mapi-http,
    /// ews, autodiscover, oab, pop or imap.
    #[arg(long)]
    protocol: Option<String>,
    /// Site that holds the mailbox, or its Mailbox server.
    #[arg(long)]
    mailbox: Option<String>,
    /// Site or Client Access server that the client reached.
    #[arg(long)]
    entry: Option<String>,
    /// What the user typed, instead of --entry and, for web services, --protocol.
    #[arg(long, conflicts_with = "entry")]
    url: Option<String>,
    /// Where the client sits: Internet or a site.
    #[arg(long)]
    from: Option<String>,
    /// Protocol version of an ActiveSync device, 1.0 to 16.1.
    #[arg(long, default_value = "12.1")]
    device: String,
    /// The device does not follow HTTP 451.
    #[arg(long)]
    no_451: bool,
    /// A Client Access server forwarded the request already.
    #[arg(long)]
    proxied: bool,
    /// A Client Access server that is down, or all those of a site; may be repeated.
    #[arg(long, value_name = "SERVER")]
    down: Vec<String>,
    /// Lay a value on the scenario, as in `run`.
    #[arg(long, value_name = "PATH=VALUE", value_parser = Override::parse)]
    set: Vec<Override>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Two sentences for the help desk.
    #[arg(long, conflicts_with = "json")]
    plain: bool,
    /// Every decision: protocol, entry, mailbox.
    #[arg(long, conflicts_with_all = ["entry", "url", "plain"])]
    matrix: bool,
    /// Every reason of failure, with a sentence.
    #[arg(long)]
    list_failures: bool,
    /// Every rule, as docs/rules.md.
    #[arg(long)]
    list_rules: bool,
}

pub(super) fn exec(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    if args.list_failures {
        return list_failures(args.json, out);
    }
    if args.list_rules {
        return Ok(out.write_all(rules::document().as_bytes())?);
    }
    let path: &Path = args.scenario.as_deref().unwrap_or(Path::new(""));
    let scenario = load_organisation(path, &args.set, err)?;
    let (topology, workload) = (&scenario.model.topology, &scenario.model.workload);
    if args.matrix {
        // Standard output goes out line by line; the table has hundreds of thousands.
        let mut out = BufWriter::with_capacity(1 << 16, out);
        matrix(args, topology, &mut out)?;
        return Ok(out.flush()?);
    }
    let question = Question::read(args, topology)?;
    let ask = AccessQuery {
        caller: Caller {
            place: question.place,
            host: question.host.as_deref(),
            path: question.path,
            device: question.device,
            proxied: args.proxied,
            down: &question.down,
        },
        ..AccessQuery::new(topology, question.protocol, question.entry, question.mailbox)
    };
    let found = explain(&ask);
    if args.json {
        let mut answer = as_json(&ask, &found, workload);
        answer["moved"] = json!(question.moved);
        let text = serde_json::to_string_pretty(&answer)
            .map_err(|e| Error::System(format!("cannot write JSON: {e}")))?;
        writeln!(out, "{text}")?;
    } else if args.plain {
        let moved = question.moved.iter().map(|text| format!("{text}. "));
        writeln!(out, "{}{}", moved.collect::<String>(), plain(&ask, &found))?;
    } else {
        for line in question.moved.iter().chain(&others(&ask, &found, &question.others)) {
            writeln!(out, "{line}.")?;
        }
        tree(&ask, &found, workload, out)?;
    }
    Ok(())
}

/// The arguments, looked up in the scenario.
struct Question {
    protocol: Protocol,
    entry: Id<CasGroup>,
    mailbox: Id<MailboxGroup>,
    place: Option<Place>,
    host: Option<String>,
    path: OwaPath,
    device: Device,
    down: Vec<Id<CasGroup>>,
    /// Where the server that would have been the entry is down: that, and which one is.
    moved: Option<String>,
    /// Other servers of the site that was named as the entry.
    others: Vec<Id<CasGroup>>,
}

impl Question {
    fn read(args: &Args, topology: &Topology) -> Result<Self, Error> {
        let place = args.from.as_deref().map(|name| place(topology, name)).transpose()?;
        let typed = args.url.as_deref().map(Typed::parse);
        let protocol = match (&args.protocol, typed.as_ref().and_then(|t| t.protocol)) {
            (Some(token), _) => protocol(token)?,
            (None, Some(protocol)) => protocol,
            (None, None) => return Err(Error::Input("which --protocol? one of: ".to_owned() + &protocols())),
        };
        let Some(mailbox) = args.mailbox.as_deref() else {
            return Err(Error::Input(format!("which --mailbox? one of: {}", site_names(topology))));
        };
        let mut down = Vec::new();
        for name in &args.down {
            down.extend(entries(topology, name)?);
        }
        let all = match (&args.entry, &typed) {
            (Some(name), _) => entries(topology, name)?,
            (None, Some(typed)) => by_host(topology, &typed.host, place)?,
            (None, None) => {
                let names = cas_names(topology);
                return Err(Error::Input(format!("which --entry, or --url? a site or one of: {names}")));
            }
        };
        // A balancer or a name leads to the first that is up; where none is, nothing answers.
        let reached = all.iter().copied().find(|id| !down.contains(id)).unwrap_or(all[0]);
        let moved = (reached != all[0]).then(|| {
            let name = |id: Id<CasGroup>| topology.cas[id.index()].name.as_str();
            let before = all.iter().copied().take_while(|id| *id != reached);
            let gone: Vec<&str> = before.map(name).collect();
            let verb = if gone.len() > 1 { "are" } else { "is" };
            let from = typed.as_ref().map_or(args.entry.as_deref().unwrap_or(""), |t| t.host.as_str());
            format!("{} {verb} down, so {from} leads to {}", gone.join(", "), name(reached))
        });
        let others = all.into_iter().filter(|id| typed.is_none() && *id != reached && !down.contains(id));
        let others = others.collect();
        let version =
            args.device.parse::<f64>().ok().filter(|v| (1.0..=16.1).contains(v)).ok_or_else(|| {
                Error::Input(format!(
                    "--device is a version from 1.0 to 16.1, such as 12.1, not {}",
                    args.device
                ))
            })?;
        Ok(Self {
            protocol,
            entry: reached,
            mailbox: mailbox_group(topology, mailbox)?,
            place,
            host: typed.as_ref().map(|t| t.host.clone()),
            path: typed.as_ref().map_or(OwaPath::Owa, |t| t.path),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "10 to 161")]
            device: Device {
                version: (version * 10.0).round() as u16,
                follows_451: args.no_451.then_some(false),
            },
            down,
            moved,
            others,
        })
    }
}

/// What a user typed into a browser or a client's settings.
struct Typed {
    host: String,
    path: OwaPath,
    protocol: Option<Protocol>,
}

impl Typed {
    fn parse(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        let rest = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = authority.split(':').next().unwrap_or("").to_owned();
        let first = path.split('/').next().unwrap_or("");
        let protocol = match first {
            "owa" | "exchange" | "public" | "exchweb" => Some(Protocol::Owa),
            "microsoft-server-activesync" => Some(Protocol::Eas),
            "ews" => Some(Protocol::Ews),
            "autodiscover" => Some(Protocol::Autodiscover),
            "oab" => Some(Protocol::Oab),
            "rpc" => Some(Protocol::OutlookAnywhere),
            "mapi" => Some(Protocol::MapiHttp),
            _ => None,
        };
        let path = match first {
            "exchange" | "public" | "exchweb" => OwaPath::Exchange,
            _ => OwaPath::Owa,
        };
        Self { host, path, protocol }
    }
}

fn protocols() -> String {
    Protocol::ALL.map(Protocol::token).join(", ")
}

fn protocol(token: &str) -> Result<Protocol, Error> {
    Protocol::parse(token)
        .ok_or_else(|| Error::Input(format!("unknown protocol {token}; one of: {}", protocols())))
}

fn site_names(topology: &Topology) -> String {
    shortened(topology.sites.iter().map(|s| s.name.as_str()))
}

fn cas_names(topology: &Topology) -> String {
    shortened(topology.cas.iter().map(|g| g.name.as_str()))
}

fn shortened<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = names.collect();
    if all.len() > 12 { format!("{}, ...", all[..12].join(", ")) } else { all.join(", ") }
}

fn place(topology: &Topology, name: &str) -> Result<Place, Error> {
    if name.eq_ignore_ascii_case("internet") || topology.regions.iter().any(|r| r.name == name) {
        return Ok(Place::Internet);
    }
    let names = topology.regions.iter().map(|r| r.name.as_str());
    let regions = shortened(names.filter(|name| !name.eq_ignore_ascii_case("internet")));
    let known = || {
        let regions = if regions.is_empty() { String::new() } else { format!("; regions: {regions}") };
        format!("no site or region {name}; Internet or one of the sites: {}{regions}", site_names(topology))
    };
    topology.site(name).map(Place::Inside).ok_or_else(|| Error::Input(known()))
}

/// A server by name, else every server of a site, by name; never empty.
fn entries(topology: &Topology, name: &str) -> Result<Vec<Id<CasGroup>>, Error> {
    if let Some(at) = topology.cas.iter().position(|g| g.name.eq_ignore_ascii_case(name)) {
        return Ok(vec![Id::new(at)]);
    }
    let Some(site) = topology.sites.iter().position(|s| s.name.eq_ignore_ascii_case(name)) else {
        return Err(Error::Input(format!(
            "no site or Client Access server {name}; sites: {}; servers: {}",
            site_names(topology),
            cas_names(topology),
        )));
    };
    let mut all: Vec<Id<CasGroup>> = topology.sites[site].cas.clone();
    all.sort_by_key(|id| &topology.cas[id.index()].name);
    if all.is_empty() {
        let names = cas_names(topology);
        return Err(Error::Input(format!("{name} has no Client Access servers; others: {names}")));
    }
    Ok(all)
}

/// One line for the other servers of the site that was named as the entry: what they
/// decide, where that differs.
fn others(ask: &AccessQuery<'_>, found: &Explanation, others: &[Id<CasGroup>]) -> Option<String> {
    let topology = ask.topology;
    let words: Vec<String> = others
        .iter()
        .map(|&entry| {
            let name = &topology.cas[entry.index()].name;
            let (route, _) = decide(&AccessQuery { entry, ..*ask });
            let (mechanism, failure) = (route.mechanism, route.final_failure());
            if (mechanism, failure, &route.redirect_host)
                == (found.mechanism, found.failure, &found.redirect_host)
            {
                return format!("{name} (decides the same)");
            }
            let host = route.redirect_host.as_ref().map_or(String::new(), |host| format!(" to {host}"));
            let failure = failure.map_or(String::new(), |f| format!(", fails: {}", f.token()));
            format!("{name} (decides {}{host}{failure})", mechanism.token())
        })
        .collect();
    let reached = &topology.cas[ask.entry.index()];
    let site = &topology.sites[reached.site.index()].name;
    (!words.is_empty())
        .then(|| format!("{site} is taken as its server {}; it also has {}", reached.name, words.join(", ")))
}

fn mailbox_group(topology: &Topology, name: &str) -> Result<Id<MailboxGroup>, Error> {
    if let Some(at) = topology.mailbox.iter().position(|g| g.name.eq_ignore_ascii_case(name)) {
        return Ok(Id::new(at));
    }
    let site = topology.sites.iter().position(|s| s.name.eq_ignore_ascii_case(name));
    let held = |site: usize| topology.mailbox.iter().position(|g| g.site.index() == site);
    site.and_then(held).map(Id::new).ok_or_else(|| {
        let names = shortened(topology.mailbox.iter().map(|g| g.name.as_str()));
        Error::Input(format!(
            "no mailboxes at {name}; sites: {}; Mailbox servers: {names}",
            site_names(topology)
        ))
    })
}

/// The servers that answer by a host name, the next where those before are down: those of a
/// namespace, site by site, else who has it in a URL. Never empty.
fn by_host(topology: &Topology, host: &str, place: Option<Place>) -> Result<Vec<Id<CasGroup>>, Error> {
    if let Some(name) = topology.namespaces.iter().find(|n| n.name == host) {
        let sites = match place {
            Some(Place::Inside(_)) if !name.inside.is_empty() => &name.inside,
            _ => &name.internet,
        };
        let of_site = |site: &Id<Site>| {
            let mut groups: Vec<_> = name.groups_in(&topology.sites[site.index()]).collect();
            groups.sort_by_key(|id| &topology.cas[id.index()].name);
            groups
        };
        let all: Vec<Id<CasGroup>> = sites.iter().flat_map(of_site).collect();
        if !all.is_empty() {
            return Ok(all);
        }
    }
    let owns = |id: &Id<CasGroup>| {
        let directories = &topology.cas[id.index()].directories;
        let urls = directories.iter().flat_map(|d| [&d.external_url, &d.internal_url]);
        urls.flatten().any(|url| url.host == host)
    };
    let owners: Vec<Id<CasGroup>> = (0..topology.cas.len()).map(Id::new).filter(owns).collect();
    if owners.is_empty() {
        let names = shortened(topology.namespaces.iter().map(|n| n.name.as_str()));
        return Err(Error::Input(format!("{host} leads to no Client Access server; namespaces: {names}")));
    }
    Ok(owners)
}

fn list_failures(as_json: bool, out: &mut dyn Write) -> Result<(), Error> {
    if as_json {
        let all: Vec<Value> = Failure::ALL
            .iter()
            .map(|(_, token, sentence)| json!({ "failure": token, "meaning": sentence }))
            .collect();
        writeln!(out, "{:#}", Value::from(all))?;
        return Ok(());
    }
    let width = Failure::ALL.iter().map(|(_, token, _)| token.len()).max().unwrap_or(0);
    for (_, token, sentence) in &Failure::ALL {
        writeln!(out, "{token:width$}  {sentence}")?;
    }
    Ok(())
}

fn matrix(args: &Args, topology: &Topology, out: &mut dyn Write) -> Result<(), Error> {
    let only = args.protocol.as_deref().map(protocol).transpose()?;
    let wanted = Protocol::ALL.into_iter().filter(|p| only.is_none_or(|o| o == *p));
    let home = args.mailbox.as_deref().map(|name| mailbox_group(topology, name)).transpose()?;
    let table = RouteTable::build(topology);
    let mailboxes: Vec<Id<MailboxGroup>> =
        (0..topology.mailbox.len()).map(Id::new).filter(|id| home.is_none_or(|h| h == *id)).collect();
    // Few mailboxes make a grid; many are listed, one a line.
    let grid = mailboxes.len() <= 6 && !args.json;
    let site = |id: Id<crate::model::topology::Site>| topology.sites[id.index()].name.as_str();
    if args.json {
        writeln!(out, "[")?;
    } else if !grid {
        writeln!(out, "protocol,entry,entry_site,mailbox,mailbox_site,decision,mechanism,failure,rule")?;
    }
    let mut first = true;
    for protocol in wanted {
        if grid {
            let width = topology.cas.iter().map(|g| g.name.chars().count()).max().unwrap_or(0).max(8);
            writeln!(out, "{}", protocol.title())?;
            write!(out, "  {:width$}", "entry")?;
            for id in &mailboxes {
                write!(out, "  {:24}", topology.mailbox[id.index()].name)?;
            }
            writeln!(out)?;
            for (at, group) in topology.cas.iter().enumerate() {
                write!(out, "  {:width$}", group.name)?;
                for id in &mailboxes {
                    let route = table.get(protocol, Id::new(at), *id);
                    let cell = route.final_failure().map_or(route.mechanism.token(), Failure::token);
                    let mark = if route.final_failure().is_some() { "!" } else { "" };
                    write!(out, "  {:24}", format!("{mark}{cell}"))?;
                }
                writeln!(out)?;
            }
            writeln!(out)?;
            continue;
        }
        for (at, group) in topology.cas.iter().enumerate() {
            for id in &mailboxes {
                let store = &topology.mailbox[id.index()];
                let route = table.get(protocol, Id::new(at), *id);
                let decision = route.mechanism.decision().token();
                let failure = route.final_failure().map_or("", Failure::token);
                let (mechanism, rule) = (route.mechanism.token(), route.rule);
                if args.json {
                    let comma = if first { "" } else { ",\n" };
                    let row = json!({
                        "protocol": protocol.token(), "entry": group.name, "entry_site": site(group.site),
                        "mailbox": store.name, "mailbox_site": site(store.site), "decision": decision,
                        "mechanism": mechanism, "failure": failure, "rule": rule,
                    });
                    write!(out, "{comma}{row}")?;
                    first = false;
                } else {
                    let (here, there) = (quoted(site(group.site)), quoted(site(store.site)));
                    let (entry, held) = (quoted(&group.name), quoted(&store.name));
                    let p = protocol.token();
                    writeln!(
                        out,
                        "{p},{entry},{here},{held},{there},{decision},{mechanism},{failure},{rule}"
                    )?;
                }
            }
        }
    }
    if args.json {
        writeln!(out, "\n]")?;
    } else if grid {
        writeln!(out, "! the client does not get what it asks for; see casim explain --list-failures")?;
    }
    Ok(())
}

/// A field of CSV.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn as_json(ask: &AccessQuery<'_>, found: &Explanation, workload: &Workload) -> Value {
    let topology = ask.topology;
    let entry = &topology.cas[ask.entry.index()];
    let mailbox = &topology.mailbox[ask.mailbox.index()];
    let times = unloaded(ask, found, workload);
    let step = |(m, time): (&Move, &HopTime)| {
        json!({
            "from": m.from, "to": m.to, "by": m.by, "links": m.links,
            "round_trip_ms": m.round_trip.map(|span| span.as_millis_f64()),
            "network_ms": m.round_trip.map(|_| time.network.as_millis_f64()),
            "server_ms": time.server.as_millis_f64(),
        })
    };
    let moves: Vec<Vec<Value>> = found
        .moves
        .iter()
        .zip(&times)
        .map(|(leg, times)| leg.iter().zip(times).map(step).collect())
        .collect();
    let settings: Vec<Value> = questions(ask, found)
        .into_iter()
        .map(|q| json!({ "key": q.key, "value": q.value, "default": q.default, "reason": q.reason }))
        .collect();
    let trace: Vec<Value> = found
        .trace
        .steps
        .iter()
        .filter(|s| s.decided || !s.facts.is_empty())
        .map(|s| {
            let facts: Vec<Value> =
                s.facts.iter().map(|f| json!({ "question": f.question, "answer": f.answer })).collect();
            let source = rules::find(s.rule).map_or("", |rule| rule.source);
            json!({ "rule": s.rule, "decided": s.decided, "facts": facts, "source": source })
        })
        .collect();
    let others: Vec<Value> = found
        .counterfactuals
        .iter()
        .map(|c| {
            json!({
                "setting": c.setting, "from": c.from, "to": c.to,
                "decision": c.mechanism.decision().token(), "mechanism": c.mechanism.token(),
                "hops": c.legs.concat(), "client_sees": c.client_sees.token(),
                "failure": c.failure.map_or("", Failure::token),
                "redirect_host": c.redirect_host, "shell": c.shell,
            })
        })
        .collect();
    json!({
        "protocol": ask.protocol.token(),
        "entry": entry.name,
        "entry_site": topology.sites[entry.site.index()].name,
        "mailbox": mailbox.name,
        "mailbox_site": topology.sites[mailbox.site.index()].name,
        "decision": found.decision.token(),
        "mechanism": found.mechanism.token(),
        "hops": found.hops(),
        "legs": found.legs,
        "moves": moves,
        "typical_request": typical(ask.protocol),
        "redirect_host": found.redirect_host,
        "client_sees": found.client_sees.token(),
        "client_sees_at_last": found.then_sees.token(),
        "failure": found.failure.map_or("", Failure::token),
        "event_id": found.event.map(|e| e.id),
        "event_source": found.event.map(|e| e.source),
        "rule": found.rule.id,
        "title": found.rule.title,
        "source": found.rule.source,
        "confidence": found.rule.confidence.token(),
        "settings": settings,
        "trace": trace,
        "counterfactuals": others,
    })
}

/// A question on which sources disagree or are silent, and that this decision met.
struct Open {
    key: String,
    /// Its value, where it is one of the organisation.
    value: Option<String>,
    default: &'static str,
    reason: &'static str,
}

fn questions(ask: &AccessQuery<'_>, found: &Explanation) -> Vec<Open> {
    let decided = |rules: &[&str]| rules.contains(&found.rule.id);
    let firm = matches!(found.rule.confidence, Confidence::Article | Confidence::Source);
    let contested = &ask.topology.switches.contested;
    let whole = rules::contested::CHOICES.iter().filter_map(|choice| {
        let key = format!("contested.{}", choice.key);
        // Where the other answer would change something, or the rule itself is open.
        let matters = found.counterfactuals.iter().any(|c| c.setting == key);
        (matters || (!firm && decided(choice.rules))).then(|| Open {
            key,
            value: Some(choice.value(contested)),
            default: choice.default,
            reason: choice.reason,
        })
    });
    let met = |rules: &[&str]| {
        let steps = &found.trace.steps;
        steps.iter().any(|step| (step.decided || !step.facts.is_empty()) && rules.contains(&step.rule))
    };
    let eas = ask.protocol == Protocol::Eas;
    let single = rules::contested::OF_SERVERS
        .iter()
        .filter(|(_, rules, ..)| eas && met(rules))
        .map(|(key, _, default, reason)| Open { key: (*key).to_owned(), value: None, default, reason });
    whole.chain(single).collect()
}

/// The fact that the decision hung on: one whose setting, turned over, would change it,
/// those first that would still serve the client; else the last one of the rule that decided.
fn deciding(found: &Explanation) -> Option<&Fact> {
    let of_setting = |setting: &str| found.trace.facts().find(|fact| fact.question == setting);
    let by_turning = found.counterfactuals.iter().find_map(|other| of_setting(&other.setting));
    let own = found.trace.steps.last().and_then(|step| step.facts.last());
    if found.failure.is_some() { own.or(by_turning) } else { by_turning.or(own) }
}

fn tree(
    ask: &AccessQuery<'_>,
    found: &Explanation,
    workload: &Workload,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let topology = ask.topology;
    let entry = &topology.cas[ask.entry.index()];
    let mailbox = &topology.mailbox[ask.mailbox.index()];
    let site = |id: Id<crate::model::topology::Site>| topology.sites[id.index()].name.as_str();
    writeln!(
        out,
        "{} at {} ({}, Exchange {}), mailbox on {} ({}, Exchange {})\n",
        ask.protocol.title(),
        entry.name,
        site(entry.site),
        entry.generation,
        mailbox.name,
        site(mailbox.site),
        mailbox.generation,
    )?;
    // Rules that looked at nothing were about something else.
    let steps: Vec<_> = found.trace.steps.iter().filter(|s| s.decided || !s.facts.is_empty()).collect();
    for step in &steps {
        let Some(rule) = rules::find(step.rule) else { continue };
        let (branch, stem) = if step.decided { ("└─", "  ") } else { ("├─", "│ ") };
        let verdict = if step.decided { "DECIDES" } else { "no     " };
        writeln!(out, "{branch} {verdict}  {}  [{}]", rule.title, rule.id)?;
        for fact in &step.facts {
            writeln!(out, "{stem}            {}: {}", fact.question, fact.answer)?;
        }
        if !step.decided {
            writeln!(out, "{stem}            ({}: {})", rule.confidence.token(), rule.source)?;
        }
    }
    writeln!(out)?;
    let sees = found.client_sees.token();
    let last = found.then_sees.token();
    let then = if last == sees { String::new() } else { format!(", then {last}") };
    let to = found.redirect_host.as_ref().map_or(String::new(), |host| format!(" to {host}"));
    writeln!(out, "Decision  {} ({}){to}", found.decision.token(), found.mechanism.token())?;
    if let Some(fact) = deciding(found) {
        writeln!(out, "Because   {}: {}", fact.question, fact.answer)?;
    }
    let rule = found.rule;
    for (n, line) in wrap(rule.docs, 88).into_iter().enumerate() {
        writeln!(out, "{}{line}", if n == 0 { "Rule      " } else { "          " })?;
    }
    writeln!(out, "Source    {} ({})", rule.source, rule.confidence.token())?;
    for question in questions(ask, found) {
        let now = question.value.map_or(String::new(), |value| format!(" = {value}"));
        let text = format!("{}{now}, default {}: {}", question.key, question.default, question.reason);
        for (n, line) in wrap(&text, 88).into_iter().enumerate() {
            writeln!(out, "{}{line}", if n == 0 { "Open      " } else { "          " })?;
        }
    }
    writeln!(out, "Client    sees: {sees}{then}")?;
    if let Some(failure) = found.failure {
        writeln!(out, "Failure   {}: {}", failure.token(), failure.sentence())?;
    }
    if let Some(event) = found.event {
        writeln!(out, "Event     {} {} in the log of {}", event.source, event.id, entry.name)?;
    }
    hops(ask, found, workload, out)?;
    if found.counterfactuals.is_empty() {
        writeln!(out, "\nNo single setting would change this.")?;
        return Ok(());
    }
    writeln!(out, "\nWhat would change it, one setting at a time")?;
    for other in &found.counterfactuals {
        writeln!(out, "  {}: {} -> {}", other.setting, other.from, other.to)?;
        writeln!(out, "      {}", outcome(other))?;
        if !other.shell.is_empty() {
            writeln!(out, "      > {}", other.shell)?;
        }
    }
    Ok(())
}

/// Every hop with what it takes on an idle network and idle servers.
fn hops(
    ask: &AccessQuery<'_>,
    found: &Explanation,
    workload: &Workload,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let times = unloaded(ask, found, workload);
    let ways: Vec<Vec<String>> = found
        .moves
        .iter()
        .map(|leg| leg.iter().map(|m| format!("{} > {}", m.from, m.to)).collect())
        .collect();
    let width = ways.iter().flatten().map(|way| way.chars().count()).max().unwrap_or(0);
    writeln!(out, "\nHops, with the latency expected when nobody else is there ({})", typical(ask.protocol))?;
    let mut whole = 0.0;
    for (number, ((leg, times), ways)) in found.moves.iter().zip(&times).zip(&ways).enumerate() {
        if number > 0 {
            writeln!(out, "  then, by itself or by hand:")?;
        }
        for ((m, time), way) in leg.iter().zip(times).zip(ways) {
            whole += time.whole().as_millis_f64();
            let network = match m.round_trip {
                Some(span) => format!(
                    "{:8.1} ms on the way ({:.1} ms round trip{})",
                    time.network.as_millis_f64(),
                    span.as_millis_f64(),
                    if m.links.is_empty() { String::new() } else { format!(" over {}", m.links.join(", ")) }
                ),
                None => "   no path known".to_owned(),
            };
            let server = time.server.as_millis_f64();
            writeln!(out, "  {way:width$}  {:16}  {network}, {server:.1} ms at {}", m.by, m.to)?;
        }
    }
    writeln!(out, "  {:width$}  {:16}  {whole:8.1} ms in all", "", "")?;
    Ok(())
}

fn outcome(other: &Counterfactual) -> String {
    let legs: Vec<String> = other.legs.iter().map(|leg| leg.join(" > ")).collect();
    let failure = other.failure.map_or_else(String::new, |f| format!(", fails: {}", f.token()));
    let host = other.redirect_host.as_ref().map_or_else(String::new, |host| format!(" to {host}"));
    format!("{}{host} by {}{failure}", other.mechanism.token(), legs.join("; then "))
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Two sentences: what happens, and what that means for the user.
fn plain(ask: &AccessQuery<'_>, found: &Explanation) -> String {
    let topology = ask.topology;
    let entry = &topology.cas[ask.entry.index()];
    let mailbox = &topology.mailbox[ask.mailbox.index()];
    let home = &topology.sites[mailbox.site.index()].name;
    let service = ask.protocol.title();
    let hops = found.hops();
    let last = hops.last().copied().unwrap_or("");
    let host = found.redirect_host.as_deref().unwrap_or("another server");
    if let Some(failure) = found.failure {
        let fix = found.counterfactuals.iter().find(|c| c.failure.is_none());
        let advice = fix.map_or_else(
            || "No single setting would mend this.".to_owned(),
            |c| format!("It would work with this setting: {}: {}.", c.setting, c.to),
        );
        return format!(
            "{service} for a mailbox in {home} does not work through {}: {} {advice}",
            entry.name,
            lower_first(failure.sentence()),
        );
    }
    match found.mechanism {
        Mechanism::ServeLocal if hops.first().is_some_and(|first| *first != entry.name) => format!(
            "{service} for a mailbox in {home} does not use {}: the client goes to {} by itself. \
             There is nothing for the user to do.",
            entry.name, hops[0]
        ),
        Mechanism::ServeLocal => format!(
            "{service} for a mailbox in {home} is served by {} itself. The user notices nothing.",
            entry.name
        ),
        Mechanism::Proxy | Mechanism::LegacyProxy => format!(
            "{} passes {service} for a mailbox in {home} on to {}. The user notices nothing{}.",
            entry.name,
            hops.get(1).copied().unwrap_or(last),
            if entry.site == mailbox.site {
                ""
            } else {
                ", except that every request travels between the sites"
            },
        ),
        Mechanism::RpcDirect if found.legs[0].len() == 1 => format!(
            "{service} for a mailbox in {home} goes straight to {last}, without a Client Access server. The \
             user notices nothing but the distance."
        ),
        Mechanism::RpcDirect if entry.site == mailbox.site => format!(
            "{} serves {service} for a mailbox in {home} by reading from {last} in the same site. The user \
             notices nothing.",
            entry.name
        ),
        Mechanism::RpcDirect => format!(
            "{} serves {service} for a mailbox in {home} by reading from {last} over the network between \
             the sites. It works, but many small requests travel that way, so it may be slow.",
            entry.name
        ),
        Mechanism::RedirectManual => format!(
            "{} cannot serve {service} for a mailbox in {home} and shows a page with a link to {host}. The \
             user clicks the link and logs on once more; {host} is the better bookmark.",
            entry.name
        ),
        Mechanism::RedirectSilent | Mechanism::LegacyRedirect => format!(
            "{} sends the browser on to {host}, which serves {service} for a mailbox in {home}. The address \
             changes by itself, and the user may be asked to log on again.",
            entry.name
        ),
        Mechanism::Redirect451 => format!(
            "{} tells the device to use {host} for a mailbox in {home}. The device remembers that address, \
             and the user has nothing to do.",
            entry.name
        ),
        Mechanism::Refer => format!(
            "{} tells Outlook that the mailbox in {home} is reached through another server. Outlook \
             changes its profile and asks for a restart, once.",
            entry.name
        ),
        Mechanism::Refuse => {
            debug_assert_eq!(found.decision, Decision::Refused);
            format!("{service} for a mailbox in {home} is refused. {}", found.rule.docs)
        }
    }
}

fn lower_first(text: &str) -> String {
    // Names such as POP3 or InternalURL keep their capitals.
    let mut chars = text.chars();
    match (chars.next(), text.chars().nth(1)) {
        (Some(first), Some(second)) if first.is_uppercase() && (second.is_lowercase() || second == ' ') => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}
