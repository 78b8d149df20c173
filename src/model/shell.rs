//! Commands of the Exchange Management Shell that set what the model calls a setting.
//!
//! Text for an administrator to paste; nothing here runs or decides anything.

use super::directory::Service;
use super::topology::CasGroup;

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
        Service::Owa | Service::Ews | Service::Autodiscover | Service::Oab | Service::Mapi => {
            format!("-WindowsAuthentication {value}")
        }
    }
}

/// `$true` or `$false`.
#[must_use]
pub fn boolean(on: bool) -> &'static str {
    if on { "$true" } else { "$false" }
}
