//! `outlook_anywhere`: on or off, or a table of its settings.

use serde_json::json;

use super::super::super::context::{Cx, wrong_type};
use super::super::super::kinds::{Flag, Host, Kind, List, Token};
use super::super::super::shape::{Definitions, Shape};
use super::super::super::tree::{self, Node, Value};
use crate::model::directory::Authentication;
use crate::model::switches::OutlookAnywhere;

/// What is stated of Outlook Anywhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stated {
    /// Whether it is enabled.
    pub(super) enabled: bool,
    /// The rest.
    pub(super) settings: OutlookAnywhere,
}

const AUTH: List<Token<Authentication>> = List(Token {
    words: &[
        (Authentication::Integrated, "ntlm"),
        (Authentication::Integrated, "negotiate"),
        (Authentication::Integrated, "integrated"),
        (Authentication::Basic, "basic"),
    ],
});

/// `true`, `false` or `{ enabled, auth, external_host, internal_host, ssl_offloading }`.
pub(super) struct StatedKind;

impl Shape for StatedKind {
    fn words(&self) -> String {
        "`true` or `false`, or `{ enabled, auth, external_host, internal_host, ssl_offloading }`".to_owned()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        let (flag, host) = (Flag.schema(definitions), Host.schema(definitions));
        json!({ "anyOf": [flag.clone(), {
            "type": "object",
            "properties": {
                "enabled": flag.clone(),
                "auth": AUTH.schema(definitions),
                "external_host": host.clone(),
                "internal_host": host,
                "ssl_offloading": flag,
            },
            "additionalProperties": false,
        }] })
    }
}

impl Kind for StatedKind {
    type Out = Stated;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Stated> {
        let Value::Table(table) = &node.value else {
            if !matches!(node.value, Value::Flag(_) | Value::Cell(_)) {
                wrong_type(cx, node, path, "true, false or a table of settings");
                return None;
            }
            return Flag.read(cx, node, path).map(|enabled| Stated { enabled, ..Stated::default() });
        };
        let mut stated = Stated { enabled: true, ..Stated::default() };
        let settings = &mut stated.settings;
        for entry in &table.entries {
            let (node, at) = (&entry.node, format!("{path}.{}", tree::key(&entry.key)));
            cx.spans.note(at.clone(), node.span);
            match entry.key.as_str() {
                "enabled" => stated.enabled = Flag.read(cx, node, &at)?,
                "auth" => settings.auth = Some(AUTH.read(cx, node, &at)?),
                "external_host" => settings.external_host = Some(Host.read(cx, node, &at)?),
                "internal_host" => settings.internal_host = Some(Host.read(cx, node, &at)?),
                "ssl_offloading" => settings.ssl_offloading = Flag.read(cx, node, &at)?,
                other => {
                    cx.fault_help(
                        "unknown-key",
                        format!("`{path}` has no key `{other}`"),
                        entry.key_span,
                        "not known",
                        "keys: enabled, auth, external_host, internal_host, ssl_offloading",
                    );
                    return None;
                }
            }
        }
        Some(stated)
    }
    fn show(&self, value: &Stated) -> String {
        let Stated { enabled, settings } = value;
        if *settings == OutlookAnywhere::default() {
            return enabled.to_string();
        }
        let mut parts = vec![format!("enabled = {enabled}")];
        parts.extend(settings.auth.as_ref().map(|auth| format!("auth = {}", AUTH.show(auth))));
        let host = |key: &str, host: &String| format!("{key} = {}", tree::quote(host));
        parts.extend(settings.external_host.as_ref().map(|name| host("external_host", name)));
        parts.extend(settings.internal_host.as_ref().map(|name| host("internal_host", name)));
        if settings.ssl_offloading {
            parts.push("ssl_offloading = true".to_owned());
        }
        format!("{{ {} }}", parts.join(", "))
    }
    fn expected(&self) -> String {
        "true, false or a table of settings".to_owned()
    }
}
