//! Commands of the Exchange Management Shell that set what the model calls a setting.
//!
//! Text for an administrator to paste; nothing here runs or decides anything.

use super::directory::{Authentication, Service, Url};
use super::protocol::{MailService, Protocol};
use super::topology::{CasGroup, MailboxGroup, Topology};

/// `Set-...VirtualDirectory` with these parameters, for one server or a group of like ones.
#[must_use]
pub fn directory(group: &CasGroup, service: Service, parameters: &str) -> String {
    let (noun, directory) = match service {
        Service::Owa => ("Owa", "owa"),
        Service::Eas => ("ActiveSync", "Microsoft-Server-ActiveSync"),
        Service::Ews => ("WebServices", "EWS"),
        Service::Autodiscover => ("Autodiscover", "Autodiscover"),
        Service::Oab => ("Oab", "OAB"),
        Service::Mapi => ("Mapi", "mapi"),
    };
    let name = &group.name;
    if group.servers == 1 {
        return format!(
            "Set-{noun}VirtualDirectory -Identity \"{name}\\{directory} (Default Web Site)\" {parameters}"
        );
    }
    // A group of like servers has no name of its own in the directory.
    format!(
        "Get-{noun}VirtualDirectory | Where-Object {{ $_.Server -like \"{name}*\" }} | \
         Set-{noun}VirtualDirectory {parameters}"
    )
}

/// A value of the registry of the OWA service (on the server itself).
#[must_use]
pub fn owa_registry(value: &str, on: bool) -> String {
    format!(
        "Set-ItemProperty \"HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\" {value} {} -Type DWord",
        u8::from(on)
    )
}

/// Integrated Windows Authentication on or off, in the words of the directory's command.
#[must_use]
pub fn integrated(service: Service, on: bool) -> String {
    let value = boolean(on);
    match service {
        Service::Owa if on => format!("-FormsAuthentication $false -WindowsAuthentication {value}"),
        Service::Eas => format!("-WindowsAuthEnabled {value}"),
        // Its command knows a list of methods and no switch for each.
        Service::Mapi => {
            methods(service, &[if on { Authentication::Integrated } else { Authentication::Basic }])
        }
        Service::Owa | Service::Ews | Service::Autodiscover | Service::Oab => {
            format!("-WindowsAuthentication {value}")
        }
    }
}

/// `$true` or `$false`.
#[must_use]
pub fn boolean(on: bool) -> &'static str {
    if on { "$true" } else { "$false" }
}

/// A URL as a parameter's value.
#[must_use]
pub fn url(url: Option<&Url>) -> String {
    url.map_or_else(|| "$null".to_owned(), |url| format!("\"{}\"", url.text))
}

/// All authentication methods of a virtual directory, each on or off, in the words of its command.
#[must_use]
pub fn methods(service: Service, on: &[Authentication]) -> String {
    let words: &[(Authentication, &str)] = match service {
        Service::Owa => &[
            (Authentication::Forms, "-FormsAuthentication"),
            (Authentication::Basic, "-BasicAuthentication"),
            (Authentication::Integrated, "-WindowsAuthentication"),
            (Authentication::Digest, "-DigestAuthentication"),
        ],
        Service::Eas => &[
            (Authentication::Basic, "-BasicAuthEnabled"),
            (Authentication::Integrated, "-WindowsAuthEnabled"),
        ],
        Service::Ews | Service::Autodiscover => &[
            (Authentication::Basic, "-BasicAuthentication"),
            (Authentication::Integrated, "-WindowsAuthentication"),
            (Authentication::Digest, "-DigestAuthentication"),
        ],
        Service::Oab => &[
            (Authentication::Basic, "-BasicAuthentication"),
            (Authentication::Integrated, "-WindowsAuthentication"),
        ],
        Service::Mapi => {
            let named = |method: &Authentication| match method {
                Authentication::Basic => "Basic",
                _ => "Ntlm,Negotiate",
            };
            let all: Vec<&str> = on.iter().map(named).collect();
            return format!("-IISAuthenticationMethods {}", all.join(","));
        }
    };
    // Forms authentication has Basic under it, and the command takes no other.
    let has = |method: &Authentication| {
        let under = service == Service::Owa && *method == Authentication::Basic;
        on.contains(method) || (under && on.contains(&Authentication::Forms))
    };
    let each = words.iter().map(|(method, parameter)| format!("{parameter} {}", boolean(has(method))));
    each.collect::<Vec<_>>().join(" ")
}

/// A command for one server, or for each of a group of like ones; it is given the name as it
/// stands between double quotes.
fn per_server(group: &CasGroup, command: impl Fn(&str) -> String) -> String {
    if group.servers == 1 {
        return command(&group.name);
    }
    let noun = if group.generation.major() >= 2016 { "ClientAccessService" } else { "ClientAccessServer" };
    let each = command("$($_.Name)");
    format!("Get-{noun} | Where-Object {{ $_.Name -like \"{}*\" }} | ForEach-Object {{ {each} }}", group.name)
}

/// Outlook Anywhere as it is in `after`, where it was as in `before`.
#[must_use]
pub fn outlook_anywhere(before: Option<&CasGroup>, after: &CasGroup) -> String {
    let settings = &after.switches.outlook_anywhere;
    let early = after.generation.major() <= 2010;
    let of_owa = after.directory(Service::Owa).external_url.as_ref().map(|url| url.host.clone());
    let host = settings.external_host.clone().or(of_owa).unwrap_or_else(|| "<name>".to_owned());
    let ntlm = settings.auth.as_ref().is_some_and(|auth| auth.contains(&Authentication::Integrated));
    let client = if ntlm { "Ntlm" } else { "Basic" };
    let offloading = boolean(settings.ssl_offloading);
    match (before.is_some_and(|group| group.outlook_anywhere), after.outlook_anywhere) {
        (_, false) if early => {
            per_server(after, |name| format!("Disable-OutlookAnywhere -Server \"{name}\""))
        }
        (_, false) => per_server(after, |name| {
            format!(
                "Set-OutlookAnywhere -Identity \"{name}\\Rpc (Default Web Site)\" -ExternalHostname $null"
            )
        }),
        (false, true) if early => per_server(after, |name| {
            format!(
                "Enable-OutlookAnywhere -Server \"{name}\" -ExternalHostname {host} \
                 -ClientAuthenticationMethod {client} -SSLOffloading {offloading}"
            )
        }),
        (_, true) => {
            let mut more = String::new();
            if let Some(auth) = &settings.auth {
                let word =
                    |method: &Authentication| if *method == Authentication::Basic { "Basic" } else { "Ntlm" };
                let all: Vec<&str> = auth.iter().map(word).collect();
                more += &format!(" -IISAuthenticationMethods {}", all.join(","));
            }
            if let (Some(inside), false) = (&settings.internal_host, early) {
                more += &format!(" -InternalHostname {inside}");
            }
            let of_client =
                if early { "ClientAuthenticationMethod" } else { "ExternalClientAuthenticationMethod" };
            let ssl = if early { "" } else { " -ExternalClientsRequireSsl $true" };
            per_server(after, |name| {
                format!(
                    "Set-OutlookAnywhere -Identity \"{name}\\Rpc (Default Web Site)\" -ExternalHostname {host} \
                     -{of_client} {client}{ssl}{more} -SSLOffloading {offloading}"
                )
            })
        }
    }
}

/// The Windows service of POP3 or IMAP4 started or stopped, also after a restart (on the server itself); of 2013
/// and later the one of the back end with it, which runs on Mailbox servers.
#[must_use]
pub fn mail_service(mail: &MailService, group: &CasGroup, on: bool) -> String {
    let line = |service: &str| match on {
        true => format!("Set-Service {service} -StartupType Automatic; Start-Service {service}"),
        false => format!("Stop-Service {service}; Set-Service {service} -StartupType Disabled"),
    };
    let front = line(mail.service);
    if group.generation.major() <= 2010 {
        return front;
    }
    format!("{front}; <# on the Mailbox servers #> {}", line(&format!("{}BE", mail.service)))
}

/// `AllowCrossSiteSessions` of POP3 or IMAP4 (in a file of the server itself).
#[must_use]
pub fn cross_site_sessions(mail: &MailService, on: bool) -> String {
    format!("(in ClientAccess\\{}) <add key=\"AllowCrossSiteSessions\" value=\"{on}\" />", mail.configuration)
}

/// The endpoint of Outlook inside (2010) for all databases of a server.
#[must_use]
pub fn database_endpoint(store: &str, to: &str) -> String {
    format!("Get-MailboxDatabase -Server \"{store}\" | Set-MailboxDatabase -RpcClientAccessServer \"{to}\"")
}

/// Sites whose clients are led to a server by its service connection point.
#[must_use]
pub fn site_scope<'s>(group: &CasGroup, sites: impl IntoIterator<Item = &'s str>) -> String {
    let words: Vec<String> = sites.into_iter().map(|name| format!("\"{name}\"")).collect();
    format!("Set-ClientAccessServer -Identity \"{}\" -AutoDiscoverSiteScope {}", group.name, words.join(","))
}

/// A certificate with these names, and its use by the web services and POP3 and IMAP4.
fn certificate(names: &[String]) -> Option<String> {
    let (first, all) = (names.first()?, names.join(","));
    Some(format!(
        "New-ExchangeCertificate -GenerateRequest -SubjectName \"CN={first}\" -DomainName {all} \
         -PrivateKeyExportable $true; (once it is signed) Import-ExchangeCertificate; \
         Enable-ExchangeCertificate -Services IIS,POP,IMAP"
    ))
}

/// A limit of POP3 and IMAP4, which have a command each.
fn mail_limit(group: &CasGroup, parameter: &str, limit: Option<u32>) -> Option<String> {
    // `unlimited` is no value of theirs.
    let limit = limit?;
    let of = |noun: &str| format!("Set-{noun}Settings -Server \"{}\" -{parameter} {limit}", group.name);
    Some(format!("{}; {}", of("Pop"), of("Imap")))
}

/// The command that gives Client Access servers the value of a key of their table in a scenario
/// as it is in `after`, where it was as in `before`; `None` for what no command sets.
#[must_use]
pub fn cas_setting(key: &str, before: Option<&CasGroup>, after: &CasGroup) -> Option<String> {
    let (table, leaf) = key.split_once('.').unwrap_or(("", key));
    if let Some(&(service, ..)) = Service::ALL.iter().find(|(_, own, _)| *own == table) {
        return directory_setting(service, leaf, after);
    }
    let s = &after.switches;
    match leaf {
        "outlook_anywhere" => Some(outlook_anywhere(before, after)),
        "pop" => Protocol::Pop.mail().map(|mail| mail_service(mail, after, after.pop)),
        "imap" => Protocol::Imap.mail().map(|mail| mail_service(mail, after, after.imap)),
        "allow_proxying_without_ssl" => {
            Some(owa_registry("AllowProxyingWithoutSSL", s.allow_proxying_without_ssl))
        }
        "allow_internal_untrusted_certs" => {
            Some(owa_registry("AllowInternalUntrustedCerts", s.allow_internal_untrusted_certs))
        }
        "auto_discover_site_scope" => {
            let sites = s.publishing.auto_discover_site_scope.as_ref()?;
            Some(site_scope(after, sites.iter().map(String::as_str)))
        }
        "allow_cross_site_sessions" => {
            let both = [Protocol::Pop, Protocol::Imap].into_iter().filter_map(Protocol::mail);
            let lines: Vec<String> =
                both.map(|mail| cross_site_sessions(mail, s.allow_cross_site_sessions)).collect();
            Some(lines.join("; "))
        }
        "internal_connection_settings" => {
            let host = s.internal_connection_settings.as_ref()?;
            let both = [Protocol::Pop, Protocol::Imap].into_iter().filter_map(Protocol::mail);
            let lines: Vec<String> = both.map(|mail| internal_connection(mail, &after.name, host)).collect();
            Some(lines.join("; "))
        }
        "max_connections" => mail_limit(after, "MaxConnections", s.limits.mail_connections),
        "max_connections_from_single_ip" => {
            mail_limit(after, "MaxConnectionsFromSingleIP", s.limits.mail_connections_from_single_ip)
        }
        "max_connections_per_user" => {
            mail_limit(after, "MaxConnectionsPerUser", s.limits.mail_connections_per_user)
        }
        "certificate_names" => certificate(&s.publishing.certificate_names),
        _ => None,
    }
}

/// `InternalConnectionSettings` of POP3 or IMAP4.
#[must_use]
pub fn internal_connection(mail: &MailService, server: &str, host: &str) -> String {
    let (noun, port) = (mail.noun, mail.ports[1]);
    format!("Set-{noun}Settings -Server {server} -InternalConnectionSettings \"{host}:{port}:SSL\"")
}

fn directory_setting(service: Service, leaf: &str, after: &CasGroup) -> Option<String> {
    let (own, s) = (after.directory(service), &after.switches);
    let parameters = match leaf {
        "external_url" => format!("-ExternalUrl {}", url(own.external_url.as_ref())),
        "internal_url" => format!("-InternalUrl {}", url(own.internal_url.as_ref())),
        "auth" => methods(service, &own.auth),
        "internal_nlb_bypass_url" => {
            format!("-InternalNLBBypassUrl {}", url(s.internal_nlb_bypass_url.as_ref()))
        }
        "redirect_to_optimal_owa_server" => {
            format!("-RedirectToOptimalOWAServer {}", boolean(s.redirect_to_optimal_owa_server))
        }
        "cross_site_redirect_type" => format!("-CrossSiteRedirectType {:?}", s.cross_site_redirect_type),
        "exchange2003_url" => format!("-Exchange2003Url {}", url(s.exchange2003_url.as_ref())),
        "failback_url" => format!("-FailbackUrl {}", url(s.failback_url.as_ref())),
        _ => return None,
    };
    Some(directory(after, service, &parameters))
}

/// As [`cas_setting`], of Mailbox servers.
#[must_use]
pub fn mailbox_setting(key: &str, after: &MailboxGroup) -> Option<String> {
    let to = after.switches.rpc_client_access_server.as_ref();
    to.filter(|_| key == "mailbox.rpc_client_access_server").map(|to| database_endpoint(&after.name, to))
}

/// As [`cas_setting`], of the whole organisation.
#[must_use]
pub fn organisation_setting(key: &str, after: &Topology) -> Option<String> {
    match key {
        "organisation.allow_cross_site_rpc_client_access" => {
            Some(cross_site_rpc(after.switches.allow_cross_site_rpc_client_access))
        }
        "organisation.mapi_http" => Some(mapi_http(after.mapi_http())),
        _ => None,
    }
}

/// Turns MAPI over HTTP on or off in the organisation.
#[must_use]
pub fn mapi_http(on: bool) -> String {
    format!("Set-OrganizationConfig -MapiHttpEnabled {}", boolean(on))
}

/// `AllowCrossSiteRPCClientAccess` of a database availability group.
#[must_use]
pub fn cross_site_rpc(on: bool) -> String {
    format!("Set-DatabaseAvailabilityGroup <name> -AllowCrossSiteRPCClientAccess:{}", boolean(on))
}
