//! How the organisation is set up, in the words of whoever builds it: sites, URLs and
//! authentication, names, certificates and ports, and what the linter finds of it.
//!
//! Plain data for a page that people sign; how it comes about: [`crate::check`].

/// What a page says of a scenario beside its results.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Setup {
    /// Release of Exchange, as a scenario writes it.
    pub release: String,
    /// Sites, in the order of the scenario.
    pub sites: Vec<SiteSetup>,
    /// What the linter finds, the gravest first; many of a kind together.
    pub findings: Vec<Found>,
    /// URLs and authentication, a row a server group and service.
    pub services: Vec<ServiceSetup>,
    /// What has to be published.
    pub published: Vec<Published>,
}

/// A site.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SiteSetup {
    /// Name.
    pub name: String,
    /// Whether it has a way to the Internet, or is published through that of another.
    pub faces_internet: bool,
    /// Mailboxes that are at home there when the run begins.
    pub mailboxes: u64,
    /// Mailboxes whose users sit there, as far as they use a client on its LAN.
    pub people: u64,
}

/// How grave a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Gravity {
    /// Something does not work.
    Error,
    /// Something is likely to go wrong.
    Warning,
    /// Worth knowing.
    Note,
}

impl Gravity {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A finding of the linter, which may stand for many of its kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// How grave.
    pub gravity: Gravity,
    /// Id of the lint: `L03`.
    pub lint: String,
    /// What it finds, in a phrase.
    pub title: String,
    /// What was found, in a sentence.
    pub message: String,
    /// Path of the offending key.
    pub path: String,
    /// Who is touched: `2500 of Boston staff`.
    pub users: Vec<String>,
    /// What mends it, as `--set` takes it; empty where that is a matter of design.
    pub fix: String,
    /// The command of the administration shell that does the same.
    pub command: String,
    /// Messages of the others of its kind.
    pub others: Vec<String>,
}

/// A service of a server group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceSetup {
    /// Server group.
    pub servers: String,
    /// Site.
    pub site: String,
    /// Service, as people call it.
    pub service: String,
    /// `InternalURL`; empty where there is none.
    pub internal_url: String,
    /// `ExternalURL`; empty where there is none.
    pub external_url: String,
    /// Ways to authenticate, in words; empty where that is not a setting.
    pub authentication: String,
}

/// Something that has to be published, as `casim names` lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published {
    /// What it is, in words.
    pub kind: &'static str,
    /// Host name; empty for ports.
    pub name: String,
    /// Where a connection begins; empty for names.
    pub from: String,
    /// What it leads to, or where a connection ends.
    pub to: String,
    /// TCP port; empty for names.
    pub port: String,
    /// Protocols that need it.
    pub protocols: String,
    /// Populations that need it.
    pub populations: String,
    /// What to know when it is built.
    pub remark: String,
}
