//! Client protocols: what rules and network need to know of each, in one table.
//!
//! A new protocol is a variant of [`Protocol`]; the compiler then asks for its
//! [`Facts`] here and, in other rooms, for its row in their own tables. Must not know
//! what a release does with it ([`super::access`]) nor how its clients behave
//! ([`crate::clients`]).

use std::fmt;

use super::directory::Service;

/// A kind of client traffic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, serde::Serialize, serde::Deserialize)]
#[repr(u8)]
pub enum Protocol {
    /// Outlook Web Access.
    Owa,
    /// Exchange ActiveSync.
    Eas,
    /// Outlook over RPC/HTTP, cached mode.
    OutlookAnywhere,
    /// Outlook inside, cached mode, MAPI/RPC.
    OutlookCached,
    /// Outlook inside, online mode, MAPI/RPC.
    OutlookOnline,
    /// Outlook over MAPI/HTTP (2013 SP1 on).
    MapiHttp,
    /// Exchange Web Services.
    Ews,
    /// Autodiscover.
    Autodiscover,
    /// Offline address book download.
    Oab,
    /// POP3.
    Pop,
    /// IMAP4.
    Imap,
}

/// What a protocol's requests travel as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// HTTPS.
    Https,
    /// MAPI/RPC over TCP.
    Rpc,
    /// A mail protocol of its own.
    Mail(&'static MailService),
}

impl Transport {
    /// The name that an administrator knows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Https => "HTTPS",
            Self::Rpc => "RPC",
            Self::Mail(service) => service.name,
        }
    }
}

/// A service for mail programs: POP3 or IMAP4.
#[derive(PartialEq, Eq, Debug)]
pub struct MailService {
    /// The protocol's name.
    pub name: &'static str,
    /// Windows service, and source of its events.
    pub service: &'static str,
    /// Noun of its commands in the administration shell: `Set-PopSettings`.
    pub noun: &'static str,
    /// Configuration file below the folder `ClientAccess`.
    pub configuration: &'static str,
    /// TCP ports in the clear and over TLS.
    pub ports: [u16; 2],
    /// TCP port of the back end of 2013 and later.
    pub back_end_port: u16,
}

const POP: MailService = MailService {
    name: "POP3",
    service: "MSExchangePOP3",
    noun: "Pop",
    configuration: "PopImap\\Microsoft.Exchange.Pop3.exe.config",
    ports: [110, 995],
    back_end_port: 1995,
};

const IMAP: MailService = MailService {
    name: "IMAP4",
    service: "MSExchangeIMAP4",
    noun: "Imap",
    configuration: "PopImap\\Microsoft.Exchange.Imap4.exe.config",
    ports: [143, 993],
    back_end_port: 1993,
};

/// Ports of the RPC proxy to a Mailbox server: store, referral, directory proxy.
pub const RPC_PROXY_PORTS: [u16; 3] = [6001, 6002, 6004];

/// How a mailbox of Exchange 2003 is reached with a protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BackEnd2003 {
    /// A front end forwards to these ports.
    Forwarded(&'static [u16]),
    /// A front end opens RPC to these ports.
    Rpc(&'static [u16]),
    /// The client itself opens RPC to it.
    FromClient,
    /// Not at all.
    Never,
}

/// What rules and network need to know of a protocol.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The token of scenario files, CSV and the command line.
    pub token: &'static str,
    /// The name for headings and charts.
    pub title: &'static str,
    /// The service whose virtual directory it uses, if it has one.
    pub service: Option<Service>,
    /// What it travels as.
    pub transport: Transport,
    /// Whether it is Outlook on the internal network.
    pub outlook_inside: bool,
    /// Whether it ends in MAPI/RPC to an endpoint that the directory names (2010).
    pub rpc_endpoint: bool,
    /// Whether a Client Access server of 2007 or 2010 forwards it to another over HTTPS.
    pub proxied: bool,
    /// How a mailbox of Exchange 2003 is reached.
    pub back_end_2003: BackEnd2003,
}

impl Protocol {
    /// Every protocol in the order of tables and reports.
    pub const ALL: [Self; 11] = [
        Self::Owa,
        Self::Eas,
        Self::OutlookAnywhere,
        Self::OutlookCached,
        Self::OutlookOnline,
        Self::MapiHttp,
        Self::Ews,
        Self::Autodiscover,
        Self::Oab,
        Self::Pop,
        Self::Imap,
    ];

    /// The table: what every protocol is.
    #[must_use]
    pub const fn facts(self) -> Facts {
        // What most have.
        let web = Facts {
            token: "",
            title: "",
            service: None,
            transport: Transport::Https,
            outlook_inside: false,
            rpc_endpoint: false,
            proxied: false,
            back_end_2003: BackEnd2003::Never,
        };
        let inside = Facts {
            transport: Transport::Rpc,
            outlook_inside: true,
            rpc_endpoint: true,
            back_end_2003: BackEnd2003::FromClient,
            ..web
        };
        match self {
            Self::Owa => Facts {
                token: "owa",
                title: "OWA",
                service: Some(Service::Owa),
                proxied: true,
                back_end_2003: BackEnd2003::Forwarded(&[80]),
                ..web
            },
            Self::Eas => Facts {
                token: "eas",
                title: "ActiveSync",
                service: Some(Service::Eas),
                proxied: true,
                back_end_2003: BackEnd2003::Forwarded(&[80]),
                ..web
            },
            Self::OutlookAnywhere => Facts {
                token: "outlook-anywhere",
                title: "Outlook Anywhere",
                rpc_endpoint: true,
                back_end_2003: BackEnd2003::Rpc(&RPC_PROXY_PORTS),
                ..web
            },
            Self::OutlookCached => Facts { token: "outlook-cached", title: "Outlook cached", ..inside },
            Self::OutlookOnline => Facts { token: "outlook-online", title: "Outlook online", ..inside },
            Self::MapiHttp => {
                Facts { token: "mapi-http", title: "MAPI/HTTP", service: Some(Service::Mapi), ..web }
            }
            Self::Ews => {
                Facts { token: "ews", title: "EWS", service: Some(Service::Ews), proxied: true, ..web }
            }
            Self::Autodiscover => Facts {
                token: "autodiscover",
                title: "Autodiscover",
                service: Some(Service::Autodiscover),
                ..web
            },
            Self::Oab => Facts { token: "oab", title: "OAB", service: Some(Service::Oab), ..web },
            Self::Pop => Facts {
                token: "pop",
                title: "POP3",
                transport: Transport::Mail(&POP),
                back_end_2003: BackEnd2003::Forwarded(&[110]),
                ..web
            },
            Self::Imap => Facts {
                token: "imap",
                title: "IMAP4",
                transport: Transport::Mail(&IMAP),
                back_end_2003: BackEnd2003::Forwarded(&[143]),
                ..web
            },
        }
    }

    /// The token of scenario files, CSV and the command line.
    #[must_use]
    pub fn token(self) -> &'static str {
        self.facts().token
    }

    /// The protocol of this token, in any case: `owa`, `OWA`.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.token().eq_ignore_ascii_case(token))
    }

    /// The name for headings and charts.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.facts().title
    }

    /// The protocol whose service a word stands for: its token, or the key of the service in a
    /// scenario (`mapi`, `outlook_anywhere`).
    #[must_use]
    pub fn of_service(word: &str) -> Option<Self> {
        match word {
            "mapi" => Some(Self::MapiHttp),
            "outlook_anywhere" => Some(Self::OutlookAnywhere),
            word => Self::parse(word),
        }
    }

    /// The service behind it, if it has a virtual directory.
    #[must_use]
    pub fn service(self) -> Option<Service> {
        self.facts().service
    }

    /// The service for mail programs that it is, if it is one: POP3 or IMAP4.
    #[must_use]
    pub fn mail(self) -> Option<&'static MailService> {
        match self.facts().transport {
            Transport::Mail(service) => Some(service),
            Transport::Https | Transport::Rpc => None,
        }
    }

    /// Whether it is a service for mail programs: POP3 or IMAP4.
    #[must_use]
    pub fn is_mail(self) -> bool {
        self.mail().is_some()
    }

    /// Whether it is Outlook on the internal network, cached or online.
    #[must_use]
    pub fn is_outlook_inside(self) -> bool {
        self.facts().outlook_inside
    }

    /// Position in [`Self::ALL`].
    #[must_use]
    #[inline]
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_titles_are_unique_and_places_are_those_of_the_list() {
        for (at, protocol) in Protocol::ALL.into_iter().enumerate() {
            assert_eq!(protocol.index(), at);
            assert_eq!(Protocol::parse(protocol.token()), Some(protocol));
            assert_eq!(Protocol::parse(&protocol.token().to_uppercase()), Some(protocol));
            let namesakes = Protocol::ALL.into_iter().filter(|other| other.title() == protocol.title());
            assert_eq!(namesakes.count(), 1, "{protocol}");
        }
    }
}
