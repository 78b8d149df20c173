//! Organisations drawn at random, as the text of a scenario: what administrators build, and
//! what they get wrong.
//!
//! Left out, since `explain` has no word for it: database copies (it is asked for a Mailbox
//! server, not for a database), changes in time, and outages that begin in the course of the
//! run (its answer has no clock). Limits and load stay far from each other, so that nothing is
//! refused for want of room.

use super::draft::Draft;
use super::people;

/// A generator of numbers (splitmix64), so that a seed is the same organisation for good.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66_D1CE_4E5B)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// True in so many of a hundred.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    pub(super) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

/// Releases that stood beside each other, oldest first.
const ERAS: [&[&str]; 9] = [
    &["2003", "2007 SP1", "2007 SP3"],
    &["2007 RTM", "2007 SP1", "2007 SP2 RU4"],
    &["2007", "2010 SP1"],
    &["2007 SP3", "2010 SP2 RU1", "2010 SP3"],
    &["2003", "2007 SP2", "2010 SP2"],
    &["2010 RTM", "2010 SP2 RU6", "2010 SP3"],
    &["2007 SP3", "2010 SP3", "2013"],
    &["2010 SP3", "2013", "2016"],
    &["2013", "2016", "2019"],
];

pub(super) const SITES: [&str; 4] = ["North", "South", "East", "West"];

const SERVICES: [(&str, &str); 6] = [
    ("owa", "/owa"),
    ("eas", "/Microsoft-Server-ActiveSync"),
    ("ews", "/ews/exchange.asmx"),
    ("autodiscover", "/Autodiscover/Autodiscover.xml"),
    ("oab", "/OAB"),
    ("mapi", "/mapi"),
];

/// A group of servers in the making.
pub(super) struct Server {
    pub(super) site: usize,
    pub(super) name: String,
    release: &'static str,
    pub(super) cas: bool,
    pub(super) mailbox: bool,
}

/// What is known of the organisation before the settings are drawn.
pub(super) struct Plan {
    pub(super) sites: usize,
    internet: Vec<bool>,
    pub(super) servers: Vec<Server>,
    /// Names and the sites that they lead to.
    pub(super) names: Vec<(String, usize)>,
}

impl Plan {
    fn draw(d: &mut Dice) -> Self {
        let sites = 2 + d.below(3);
        let era = d.pick(&ERAS);
        let mut servers = Vec::new();
        for (site, name) in SITES.into_iter().enumerate().take(sites) {
            let release = d.pick(era);
            if d.chance(60) && release != "2003" {
                // The site's own tables: one group of each role.
                servers.push(Server { site, name: String::new(), release, cas: true, mailbox: true });
            }
            let own = servers.last().is_some_and(|server: &Server| server.site == site);
            for number in 0..if own { d.below(3) } else { 1 + d.below(3) } {
                let release = if d.chance(50) { release } else { d.pick(era) };
                let role = d.below(4);
                let (cas, mailbox) = (role != 1, role != 0);
                let cas = cas && (release != "2003" || d.chance(20));
                let mailbox = mailbox || !cas;
                servers.push(Server {
                    site,
                    name: format!("{}-EX{}", name.to_uppercase(), number + 1),
                    release,
                    cas,
                    mailbox,
                });
            }
        }
        // Somebody has a mailbox, and somebody answers.
        servers[0].mailbox = true;
        servers[0].cas |= servers.iter().all(|server| !server.cas);
        let internet = (0..sites).map(|site| d.chance(if site == 0 { 95 } else { 45 })).collect();
        let mut names = vec![("mail.example.com".to_owned(), 0)];
        for (site, name) in SITES.iter().enumerate().take(sites) {
            if d.chance(60) {
                names.push((format!("{}.example.com", name.to_lowercase()), site));
            }
        }
        Self { sites, internet, servers, names }
    }

    /// A host that an administrator may write into a URL of this server.
    fn internal_host(&self, d: &mut Dice, server: &Server) -> String {
        let own = own_label(server);
        match d.below(10) {
            0 | 1 => format!("{own}.example.local"),
            2 => format!("10.0.{}.{}", server.site, d.below(200)),
            3 | 4 => own_label(&self.servers[d.below(self.servers.len())]),
            5 => format!("nlb-{}.example.local", SITES[server.site].to_lowercase()),
            6 => d.pick(&self.names).0,
            7 => "gone.example.local".to_owned(),
            _ => own,
        }
    }
}

/// The host name that a server has by itself.
fn own_label(server: &Server) -> String {
    if server.name.is_empty() {
        format!("{}-cas", SITES[server.site].to_lowercase())
    } else {
        server.name.to_lowercase()
    }
}

/// A drawn organisation.
pub(crate) fn draw(seed: u64) -> Draft {
    let d = &mut Dice::new(seed);
    let plan = Plan::draw(d);
    let mut draft = Draft::default();
    let top = draft.table("");
    top.push(format!("name = \"drawn {seed}\""));
    top.push(format!("exchange = \"{}\"", plan.servers[0].release));
    let run = draft.table("[run]");
    run.push("window = \"09:00 - 09:25\"".to_owned());
    run.push("warmup = \"1 min\"".to_owned());
    run.push(format!("seed = {}", seed % 1000));
    organisation(d, &mut draft, &plan);
    for site in 0..plan.sites {
        one_site(d, &mut draft, &plan, site);
    }
    people::links(d, &mut draft, &plan);
    people::namespaces(d, &mut draft, &plan);
    people::workload(d, &mut draft, &plan);
    people::outages(d, &mut draft, &plan);
    draft
}

fn organisation(d: &mut Dice, draft: &mut Draft, plan: &Plan) {
    let mut of = Vec::new();
    if d.chance(30) {
        let balancers: Vec<String> = SITES[..plan.sites]
            .iter()
            .map(|site| format!("\"nlb-{}.example.local\"", site.to_lowercase()))
            .collect();
        of.push(format!("balancer_names = [{}]", balancers.join(", ")));
    }
    if d.chance(15) {
        of.push("allow_cross_site_rpc_client_access = true".to_owned());
    }
    if d.chance(30) {
        of.push(format!("mapi_http = {}", d.chance(80)));
    }
    draft.table("[organisation]").append(&mut of);
    let mut contested = Vec::new();
    for key in [
        "eas_sp1_proxies_rtm",
        "oab_from_mailbox_site",
        "outlook_anywhere_2010_direct",
        "owa_2010_proxies_2007",
        "owa_2013_proxies_2007",
        "ews_2013_proxies_2007",
        "owa_2013_redirects",
        "eas_2013_redirects",
        "owa_2013_needs_integrated",
        "owa_2013_by_legacy_here",
        "owa_2010_proxies_2003",
    ] {
        if d.chance(8) {
            contested.push(format!("{key} = {}", d.chance(50)));
        }
    }
    if d.chance(8) {
        contested.push("eas_rtm = \"refuse\"".to_owned());
    }
    if d.chance(8) {
        contested.push("owa_2007_redirect = \"silent\"".to_owned());
    }
    draft.table("[contested]").append(&mut contested);
    if d.chance(20) {
        let (from, to) = (d.pick(&SITES[..plan.sites]), d.pick(&SITES[..plan.sites]));
        let table = draft.table("[[firewall]]");
        if d.chance(60) {
            table.push(format!("from = \"{from}\""));
        }
        if d.chance(60) {
            table.push(format!("to = \"{to}\""));
        }
        let ports = ["443", "80", "135", "6001", "6004", "995", "993", "110", "143"];
        table.push(format!("closed = [{}, {}]", d.pick(&ports[..4]), d.pick(&ports[4..])));
    }
    if d.chance(15) {
        let host = if d.chance(50) { d.pick(&plan.names).0 } else { "gone.example.local".to_owned() };
        let table = draft.table("[[resolution]]");
        table.push(format!("host = \"{host}\""));
        table.push(format!("inside = {}", d.chance(50)));
        table.push(format!("internet = {}", d.chance(50)));
    }
}

fn one_site(d: &mut Dice, draft: &mut Draft, plan: &Plan, site: usize) {
    let own = plan.servers.iter().find(|server| server.site == site && server.name.is_empty());
    let mut lines = vec![format!("name = \"{}\"", SITES[site])];
    if plan.internet[site] {
        lines.push("internet = { bandwidth = \"1 Gbps\" }".to_owned());
    } else if d.chance(35) {
        let from = d.below(plan.sites);
        if from != site {
            lines.push(format!("published_from = \"{}\"", SITES[from]));
        }
    }
    if let Some(own) = own {
        lines.push(format!("exchange = \"{}\"", own.release));
        machines(d, &mut lines, plan, own);
    }
    draft.table("[[site]]").append(&mut lines);
    for server in plan.servers.iter().filter(|server| server.site == site && !server.name.is_empty()) {
        let table = draft.table("[[site.server]]");
        table.push(format!("name = \"{}\"", server.name));
        table.push(format!("exchange = \"{}\"", server.release));
        machines(d, table, plan, server);
    }
}

fn machines(d: &mut Dice, lines: &mut Vec<String>, plan: &Plan, server: &Server) {
    if server.mailbox {
        lines.push("mailbox.servers = 1".to_owned());
        let named: Vec<&Server> = plan.servers.iter().filter(|other| other.cas).collect();
        if server.release.starts_with("2010") && d.chance(35) && !named.is_empty() {
            let name = match d.below(3) {
                0 => format!("outlook-{}.example.local", SITES[server.site].to_lowercase()),
                1 => own_label(d.pick(&named)),
                _ => named.iter().find(|s| s.site == server.site).map_or_else(
                    || "nobody.example.local".to_owned(),
                    |s| if s.name.is_empty() { own_label(s) } else { s.name.clone() },
                ),
            };
            lines.push(format!("mailbox.rpc_client_access_server = \"{name}\""));
        }
        if server.release == "2003" && !server.cas {
            if d.chance(30) {
                lines.push("mailbox.back_end_eas_integrated = false".to_owned());
            }
            if d.chance(20) {
                lines.push("mailbox.back_end_ssl_or_forms = true".to_owned());
            }
        }
    }
    if server.cas {
        lines.push(format!("cas.servers = {}", 1 + d.below(2)));
        client_access(d, lines, server);
        for (service, path) in SERVICES {
            directory(d, lines, plan, server, (service, path));
        }
    }
}

fn client_access(d: &mut Dice, lines: &mut Vec<String>, server: &Server) {
    for (key, percent) in [
        ("negotiate_provider = false", 6),
        ("self_signed = true", 12),
        ("require_ssl = false", 12),
        ("allow_proxying_without_ssl = true", 12),
        ("allow_internal_untrusted_certs = false", 10),
        ("block_legacy_mailboxes = true", 6),
        ("allow_cross_site_sessions = true", 12),
        ("enable_preferred_site_enforcement = false", 6),
        ("internal_connection_settings = \"mail.example.com\"", 4),
        ("owa_resource_folders = [\"8.1\", \"8.3\"]", 8),
    ] {
        if d.chance(percent) {
            lines.push(format!("cas.{key}"));
        }
    }
    let label = own_label(server);
    if d.chance(20) {
        lines.push(format!("cas.fqdn = \"{label}.example.local\""));
    }
    if d.chance(6) {
        lines.push(format!("cas.service_principal_names = [\"{label}.example.local\"]"));
    }
    if d.chance(25) {
        let site = SITES[server.site].to_lowercase();
        lines.push(format!("cas.client_access_array = \"outlook-{site}.example.local\""));
    }
    match d.below(10) {
        0..4 => {}
        4..7 => lines.push("outlook_anywhere = true".to_owned()),
        7 => lines.push("outlook_anywhere = false".to_owned()),
        _ => {
            let auth = d.pick(&["\"ntlm\"", "\"basic\"", "\"basic\", \"ntlm\""]);
            let offloading = d.chance(25);
            lines.push(format!(
                "outlook_anywhere = {{ enabled = true, auth = [{auth}], ssl_offloading = {offloading} }}"
            ));
        }
    }
    match d.below(5) {
        0 => {}
        1 => lines.push(format!("pop = {}", d.chance(50))),
        2 => lines.push(format!("imap = {}", d.chance(50))),
        _ => lines.push("pop_imap = true".to_owned()),
    }
}

fn directory(
    d: &mut Dice,
    lines: &mut Vec<String>,
    plan: &Plan,
    server: &Server,
    (service, path): (&str, &str),
) {
    if d.chance(40) {
        let own: Vec<&(String, usize)> = plan.names.iter().filter(|(_, site)| *site == server.site).collect();
        let host = match d.below(10) {
            0 => "unknown.example.com".to_owned(),
            1 | 2 => d.pick(&plan.names).0,
            _ if own.is_empty() => "mail.example.com".to_owned(),
            _ => d.pick(&own).0.clone(),
        };
        let scheme = if d.chance(5) { "http" } else { "https" };
        lines.push(format!("{service}.external_url = \"{scheme}://{host}{path}\""));
    }
    if d.chance(30) {
        let scheme = if d.chance(15) { "http" } else { "https" };
        let host = plan.internal_host(d, server);
        let url = if d.chance(10) { "none".to_owned() } else { format!("{scheme}://{host}{path}") };
        lines.push(format!("{service}.internal_url = \"{url}\""));
    }
    if d.chance(45) {
        let auth = d.pick(&[
            "\"forms\"",
            "\"integrated\"",
            "\"basic\"",
            "\"basic\", \"integrated\"",
            "\"forms\", \"integrated\"",
        ]);
        lines.push(format!("{service}.auth = [{auth}]"));
    }
    match service {
        "owa" => {
            for (key, percent) in [
                ("redirect_to_optimal_owa_server = false", 15),
                ("cross_site_redirect_type = \"silent\"", 25),
                ("exchange2003_url = \"https://legacy.example.com/exchange\"", 25),
                ("failback_url = \"https://failback.example.com/owa\"", 4),
            ] {
                if d.chance(percent) {
                    lines.push(format!("owa.{key}"));
                }
            }
        }
        "eas" => {
            for (key, percent) in [
                ("proxy_integrated = false", 10),
                ("same_site_451 = false", 10),
                ("redirect_451_from = 14.0", 6),
            ] {
                if d.chance(percent) {
                    lines.push(format!("eas.{key}"));
                }
            }
        }
        "ews" if d.chance(30) => {
            let host = plan.internal_host(d, server);
            lines.push(format!("ews.internal_nlb_bypass_url = \"https://{host}{path}\""));
        }
        _ => {}
    }
}
