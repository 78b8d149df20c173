//! Questions on which sources disagree or are silent, each with its default and why.
//!
//! A rule that reads one says what it answers; here stands what the question is. Must
//! not decide anything.

use crate::model::switches::CrossSiteRedirectType;
use crate::model::topology::{Contested, RtmDevice};

/// A question that a setting answers.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// The scenario's key: in `[contested]`, or of a server where it has a dot.
    pub key: &'static str,
    /// Rules that read it.
    pub rules: &'static [&'static str],
    /// The default.
    pub default: &'static str,
    /// Why that is the default.
    pub reason: &'static str,
    /// Its value, where it is one of the organisation.
    pub(in crate::model::access) now: fn(&Contested) -> String,
    /// Chooses the other answer.
    pub(in crate::model::access) turn: fn(&mut Contested),
}

impl Choice {
    /// The answer that is chosen.
    #[must_use]
    pub fn value(&self, contested: &Contested) -> String {
        (self.now)(contested)
    }
}

fn word(on: bool) -> String {
    on.to_string()
}

/// The questions of the organisation, `[contested]`.
pub const CHOICES: &[Choice] = &[
    Choice {
        key: "eas_rtm",
        rules: &["2007/eas-rtm"],
        default: "proxy",
        reason: "the article has devices proxied; MS-ASHTTP names SP1 as the first release with HTTP 451, and \
                 nothing is written about the release without service pack",
        now: |c| match c.eas_rtm {
            RtmDevice::Proxy => "proxy".to_owned(),
            RtmDevice::Refuse => "refuse".to_owned(),
        },
        turn: |c| {
            c.eas_rtm = match c.eas_rtm {
                RtmDevice::Proxy => RtmDevice::Refuse,
                RtmDevice::Refuse => RtmDevice::Proxy,
            };
        },
    },
    Choice {
        key: "owa_2007_redirect",
        rules: &["2007/owa-redirect"],
        default: "manual",
        reason: "the article says that the user is redirected automatically; TechNet and the Exchange team \
                 describe a page with a link, and silent redirection came with 2010 SP2",
        now: |c| format!("{:?}", c.owa_2007_redirect).to_lowercase(),
        turn: |c| {
            c.owa_2007_redirect = match c.owa_2007_redirect {
                CrossSiteRedirectType::Manual => CrossSiteRedirectType::Silent,
                CrossSiteRedirectType::Silent => CrossSiteRedirectType::Manual,
            };
        },
    },
    Choice {
        key: "eas_sp1_proxies_rtm",
        rules: &["hop/no-service-principal"],
        default: "true",
        reason: "no page tells what SP1 does with a target without service pack; its InternalURL is the \
                 computer's name there, which both know",
        now: |c| word(c.eas_sp1_proxies_rtm),
        turn: |c| c.eas_sp1_proxies_rtm = !c.eas_sp1_proxies_rtm,
    },
    Choice {
        key: "oab_from_mailbox_site",
        rules: &["common/oab"],
        default: "true",
        reason: "Autodiscover hands out the URL of the mailbox's site and the address book is a plain \
                 download; no page tells of proxying",
        now: |c| word(c.oab_from_mailbox_site),
        turn: |c| c.oab_from_mailbox_site = !c.oab_from_mailbox_site,
    },
    Choice {
        key: "outlook_anywhere_2010_direct",
        rules: &["2010/outlook-anywhere"],
        default: "false",
        reason: "read out of the architecture: the RPC proxy connects to the database's RPC Client Access \
                 endpoint; no page states it for another site",
        now: |c| word(c.outlook_anywhere_2010_direct),
        turn: |c| c.outlook_anywhere_2010_direct = !c.outlook_anywhere_2010_direct,
    },
    Choice {
        key: "owa_2010_proxies_2003",
        rules: &["2003/owa-proxied-by-2010"],
        default: "false",
        reason: "early help of Exchange 2010 has /exchange proxied, the released product redirects",
        now: |c| word(c.owa_2010_proxies_2003),
        turn: |c| c.owa_2010_proxies_2003 = !c.owa_2010_proxies_2003,
    },
    Choice {
        key: "owa_2010_proxies_2007",
        rules: &["2010/owa-2007-without-name"],
        default: "true",
        reason: "2007 and 2010 in one site without a legacy name: proxying works across sites, and no page \
                 excludes it within one",
        now: |c| word(c.owa_2010_proxies_2007),
        turn: |c| c.owa_2010_proxies_2007 = !c.owa_2010_proxies_2007,
    },
    Choice {
        key: "owa_2013_redirects",
        rules: &["2013/owa-redirect"],
        default: "true",
        reason: "practitioners and the article's comments of 2022 have OWA redirected where the other site has \
                 a name of its own; the architecture pages speak of proxying",
        now: |c| word(c.owa_2013_redirects),
        turn: |c| c.owa_2013_redirects = !c.owa_2013_redirects,
    },
    Choice {
        key: "eas_2013_redirects",
        rules: &["2013/eas-redirect"],
        default: "false",
        reason: "practitioners have devices proxied from 2013 on; the article's comments of 2022 have them \
                 redirected where URLs are set",
        now: |c| word(c.eas_2013_redirects),
        turn: |c| c.eas_2013_redirects = !c.eas_2013_redirects,
    },
    Choice {
        key: "owa_2013_needs_integrated",
        rules: &["2013/owa-2010-no-integrated-auth"],
        default: "false",
        reason: "the coexistence guides change no authentication at 2010 servers, whose OWA has forms; one reading \
                 of the proxy's Kerberos logon has it need Integrated Windows Authentication",
        now: |c| word(c.owa_2013_needs_integrated),
        turn: |c| c.owa_2013_needs_integrated = !c.owa_2013_needs_integrated,
    },
    Choice {
        key: "owa_2013_by_legacy_here",
        rules: &["2013/owa-2007"],
        default: "true",
        reason: "a 2007 mailbox in a site without ExternalURL: 2013 cannot proxy OWA to it, and the 2007 server that \
                 has the legacy name in the entry's site can; no page states it",
        now: |c| word(c.owa_2013_by_legacy_here),
        turn: |c| c.owa_2013_by_legacy_here = !c.owa_2013_by_legacy_here,
    },
    Choice {
        key: "owa_2013_proxies_2007",
        rules: &["2013/owa-2007"],
        default: "false",
        reason: "2013 is known to redirect OWA of 2007 mailboxes; what it does without a legacy name is nowhere \
                 written, and proxying to 2007 is not supported",
        now: |c| word(c.owa_2013_proxies_2007),
        turn: |c| c.owa_2013_proxies_2007 = !c.owa_2013_proxies_2007,
    },
    Choice {
        key: "ews_2013_proxies_2007",
        rules: &["2013/ews-2007"],
        default: "true",
        reason: "Autodiscover sends clients to the 2007 servers themselves; for those who ask 2013 nevertheless \
                 no page excludes proxying",
        now: |c| word(c.ews_2013_proxies_2007),
        turn: |c| c.ews_2013_proxies_2007 = !c.ews_2013_proxies_2007,
    },
];

/// The questions of single servers; their keys say the table.
pub const OF_SERVERS: &[(&str, &[&str], &str, &str)] = &[
    (
        "eas.proxy_integrated",
        &["hop/no-integrated-auth"],
        "true (under exchange = \"2007\": as the directory itself)",
        "setup leaves Integrated Windows Authentication on the subdirectory Proxy whatever the directory has, \
         by practitioners' knowledge; the article speaks of the directory alone",
    ),
    (
        "eas.same_site_451",
        &["2007/eas-same-site-451"],
        "true",
        "TechNet describes it; whether every build does it is not written",
    ),
    (
        "eas.redirect_451_from",
        &[
            "2007/eas-451",
            "2010/eas-451",
            "2007/eas-same-site-451",
            "newer/eas-old-device",
            "2010/eas-451-2007",
        ],
        "12.1",
        "the Exchange team (2009) counts 12.1 among the versions that follow HTTP 451, KB2751417 (2012) does not",
    ),
];
