//! `[[change]]`: a what-if in time. The keys are set in the tree and the organisation
//! is read again, so that a change means exactly what the same key means at the start.

use serde_json::json;

use super::super::context::{Cx, wrong_type};
use super::super::fields::Fields;
use super::super::keys::Key;
use super::super::kinds::Name;
use super::super::official;
use super::super::path::{set, split_path};
use super::super::shape::{Definitions, Shape, any_case};
use super::super::tree::{Node, Table, Value, key};
use super::instants::{INSTANT, instant, never, split, written};
use super::population::moved_after;
use super::release::Release;
use super::timing::Run;
use super::topology;
use crate::diagnostics::{Diagnostic, Span};
use crate::model::topology::Topology;
use crate::model::workload::{Change, Moved};

/// A `[[change]]` as written.
pub(super) struct Written {
    name: String,
    /// Ns since the run began.
    at: i64,
    span: Span,
    set: Vec<(Vec<(String, Span)>, Node)>,
}

/// What may change in time: what routing reads. Servers and links are fixed once a
/// run has begun; an outage takes them away.
const CHANGEABLE: [&str; 13] = [
    "owa",
    "eas",
    "ews",
    "autodiscover",
    "oab",
    "mapi",
    "outlook_anywhere",
    "pop_imap",
    "pop",
    "imap",
    "internet",
    "inside",
    "addresses",
];

/// Keys of `cas` and `mailbox` that may change: what routing reads.
const SWITCHES: [&str; 16] = [
    "service_principal_names",
    "negotiate_provider",
    "self_signed",
    "require_ssl",
    "owa_resource_folders",
    "allow_proxying_without_ssl",
    "allow_internal_untrusted_certs",
    "block_legacy_mailboxes",
    "allow_cross_site_sessions",
    "internal_connection_settings",
    "enable_preferred_site_enforcement",
    "rpc_client_access_server",
    "back_end_eas_integrated",
    "back_end_ssl_or_forms",
    "build",
    "client_access_array",
];

const AT: Key = ("at", "a time of day, or a length from the beginning of the run (warm-up included)");
const SET: Key = ("set", "paths and the values that they have from then on");

/// Paths of what may change, quoted as a whole or dotted, each with its value.
struct Paths;

impl Shape for Paths {
    fn words(&self) -> String {
        "`{ PATH = VALUE }`".to_owned()
    }
    fn schema(&self, _: &mut Definitions) -> serde_json::Value {
        let heads = "site|namespace|organisation|population";
        let official: Vec<String> = official::of_whole().map(any_case).collect();
        let pattern = format!("^\\s*(({heads})(\\s*\\..*)?|{})$", official.join("|"));
        json!({ "type": "object", "propertyNames": { "pattern": pattern } })
    }
}

/// Reads every `[[change]]`, in order of time.
pub(super) fn changes(cx: &mut Cx, root: &mut Fields<'_>, run: &Run) -> Vec<Written> {
    let mut changes = Vec::new();
    for (number, (table, span)) in root.elements(cx, ("change", "a what-if in time")).into_iter().enumerate()
    {
        cx.section("[[change]]");
        let path = format!("change.{}", number + 1);
        cx.spans.note(path.clone(), span);
        let mut fields = Fields::new(table, span, path, "change.*".to_owned());
        let Some(at_node) = fields.needed(cx, AT, &INSTANT) else {
            fields.missing(
                cx,
                "at",
                "a time of day such as \"13:00\", or a length from the beginning of the run",
            );
            continue;
        };
        let at_path = fields.at("at");
        let at = instant(cx, at_node, &at_path, run);
        if let Some(at) = at {
            let comment = format!("{}, from the beginning of the run", cx.given(at_node.span));
            fields.write(cx, "at", &written(at_node, at), comment);
            if at >= run.experiment.ends_at().0 as i64 {
                never(cx, "the change comes", at_node);
            }
        }
        let own =
            fields.read(cx, ("name", "its name in results; left out, the first key that it sets"), &Name);
        let mut settings = Vec::new();
        match fields.needed(cx, SET, &Paths) {
            None => fields.missing(
                cx,
                "set",
                "a table such as { \"site.Boston.owa.external_url\" = \"https://...\" }",
            ),
            Some(node) => {
                if let Value::Table(table) = &node.value {
                    flatten(table, &mut Vec::new(), &mut settings);
                    if settings.is_empty() {
                        cx.warnings.push(
                            Diagnostic::warning("no-effect", "the change sets nothing")
                                .at(node.span, "no key here"),
                        );
                    }
                    fields.write(cx, "set", &node.to_toml(), cx.given(node.span));
                } else {
                    wrong_type(cx, node, &fields.at("set"), "a table of paths and values");
                }
            }
        }
        for (path, value) in &settings {
            allowed(cx, path);
            leads_nowhere(cx, path, value);
        }
        fields.finish(cx);
        if let Some(at) = at {
            let first =
                settings.first().map_or_else(String::new, |(path, _): &(Vec<(String, Span)>, Node)| {
                    let parts: Vec<&str> = path.iter().map(|(part, _)| part.as_str()).collect();
                    parts.join(".")
                });
            changes.push(Written { name: own.unwrap_or(first), at, span, set: settings });
        }
    }
    changes.sort_by_key(|change| change.at);
    for (number, change) in changes.iter().enumerate() {
        cx.spans.note_changed(number, None, change.span);
        for (path, value) in &change.set {
            let parts: Vec<_> = path.iter().map(|(part, _)| key(part)).collect();
            cx.spans.note_changed(number, Some(&parts.join(".")), value.span);
        }
    }
    changes
}

/// Warns of a name that a change takes off the Internet.
fn leads_nowhere(cx: &mut Cx, path: &[(String, Span)], value: &Node) {
    let [(array, _), (name, _), (list, _)] = path else { return };
    if array == "namespace"
        && list == "internet"
        && matches!(&value.value, Value::List(sites) if sites.is_empty())
    {
        cx.warnings.push(
            Diagnostic::warning(
                "unresolved-name",
                format!("`{name}` will not resolve on the Internet after the change"),
            )
            .at(value.span, "leads to no site")
            .help("clients that use it fail from then on; to lead them elsewhere name a site"),
        );
    }
}

/// Every path with its value, whether quoted as a whole or dotted; no key that may
/// change holds a table.
fn flatten(table: &Table, prefix: &mut Vec<(String, Span)>, out: &mut Vec<(Vec<(String, Span)>, Node)>) {
    for entry in &table.entries {
        let depth = prefix.len();
        if prefix.is_empty() {
            prefix.extend(split_path(&entry.key).into_iter().map(|part| (part, entry.key_span)));
        } else {
            prefix.push((entry.key.clone(), entry.key_span));
        }
        match &entry.node.value {
            Value::Table(inner) => flatten(inner, prefix, out),
            _ => out.push((official::path(prefix.clone()), entry.node.clone())),
        }
        prefix.truncate(depth);
    }
}

fn allowed(cx: &mut Cx, path: &[(String, Span)]) {
    let parts: Vec<&str> = path.iter().map(|(part, _)| part.as_str()).collect();
    let span = path.first().map_or(Span::default(), |(_, span)| *span);
    // A host name without quotes falls apart at its dots.
    if let ["namespace", host @ .., last] = parts.as_slice()
        && host.len() > 1
        && CHANGEABLE[10..].contains(last)
    {
        cx.fault_help(
            "bad-path",
            format!("`{}` takes a host name apart at its dots", parts.join(".")),
            span,
            "a part that holds dots has to be quoted",
            format!("write 'namespace.\"{}\".{last}'", host.join(".")),
        );
        return;
    }
    let fits = match parts.as_slice() {
        ["site", _, "cas" | "mailbox", key] | ["site", _, "server", _, "cas" | "mailbox", key] => {
            SWITCHES.contains(key)
        }
        ["site", _, "server", _, key, ..] | ["site", _, key, ..] => CHANGEABLE[..10].contains(key),
        ["organisation", "allow_cross_site_rpc_client_access"] => true,
        ["population", _, "moved", "to" | "share"] => true,
        ["namespace", _, key] => CHANGEABLE[10..].contains(key),
        _ => false,
    };
    if !fits {
        cx.fault_help(
            "fixed-in-time",
            format!("`{}` cannot change while the simulation runs", parts.join(".")),
            span,
            "fixed from the beginning",
            "a change sets virtual directories, outlook_anywhere, pop, imap and switches of a site \
             or server, where a [[namespace]] leads, and which mailboxes of a population are `moved`; \
             for servers and links write a second scenario, or an [[outage]]",
        );
    }
}

/// What is true after a change: the organisation, and by population the mailboxes that have
/// been moved.
pub(super) type After = (Topology, Vec<Option<Moved>>);

/// The organisation, and where mailboxes are, after each change.
pub(super) fn topologies(
    cx: &mut Cx,
    (table, base): (&Table, &Topology),
    changes: &[Written],
    (release, clock): (Release, i32),
) -> Vec<After> {
    if changes.is_empty() || !cx.faults.is_empty() {
        return Vec::new();
    }
    let mut tree = table.clone();
    let mut topologies = Vec::with_capacity(changes.len());
    for change in changes {
        for (path, value) in &change.set {
            if let Err(fault) = set(&mut tree, path, value.clone()) {
                cx.faults.push(fault);
            }
        }
        // Written and assumed lines of this reading are the base's; only faults count.
        let mut again = cx.again();
        let mut root = Fields::new(&tree, change.span, String::new(), String::new());
        let topology = topology::topology(&mut again, &mut root, release, clock);
        if again.faults.is_empty() {
            invents_nothing(&mut again, change, base, &topology);
        }
        let moved = moved_after(&mut again, &tree, &topology);
        topologies.push((topology, moved));
        cx.faults.append(&mut again.faults);
    }
    topologies
}

/// A change of a switch where there is no server to have it would make one.
fn invents_nothing(cx: &mut Cx, change: &Written, base: &Topology, changed: &Topology) {
    let invented = |kind: &str| {
        let of_kind = |path: &[(String, Span)]| path.iter().any(|(part, _)| part == kind);
        change.set.iter().find(|(path, _)| of_kind(path)).map(|(path, value)| {
            let parts: Vec<_> = path.iter().map(|(part, _)| key(part)).collect();
            (parts[..parts.len() - 1].join("."), path.first().map_or(value.span, |(_, span)| *span))
        })
    };
    for (kind, servers, grown) in [
        ("cas", "Client Access", changed.cas.len() != base.cas.len()),
        ("mailbox", "Mailbox", changed.mailbox.len() != base.mailbox.len()),
    ] {
        if !grown {
            continue;
        }
        let (path, place) = invented(kind).unwrap_or_else(|| (change.name.clone(), change.span));
        cx.fault_help(
            "no-servers",
            format!("`{path}` cannot change: there are no {servers} servers"),
            place,
            "a change makes no server",
            format!("to have them from the beginning write `{kind}` at the site"),
        );
    }
}

/// Joins instants and organisations.
pub(super) fn finish(changes: Vec<Written>, changed: Vec<After>) -> Vec<Change> {
    changes
        .into_iter()
        .zip(changed)
        .map(|(change, (topology, moved))| {
            let (at, before_run) = split(change.at);
            Change { name: change.name, at, before_run, topology, moved }
        })
        .collect()
}
