//! `sessions.csv`: a row a session, written as they come.
//!
//! Millions of rows pass here, so a row is appended to one reused buffer from
//! names that were turned into CSV fields beforehand; nothing is allocated per row.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::columns::{Column, Table, Value, columns, int, millis, text};
use super::csv_table;
use crate::model::access::Failure;
use crate::output::clock::{Clock, Local};
use crate::output::disk::FaultyFile;
use crate::output::format::quoted;
use crate::output::lookup::protocol;
use crate::results::{Names, SessionRecord, SessionSink};

/// Bytes collected before they go to the file.
const BLOCK: usize = 1 << 16;

/// Which sessions get a row.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum SessionPolicy {
    /// Every one.
    #[default]
    All,
    /// None; there is no `sessions.csv`.
    None,
    /// This share of them (0 to 1), chosen by a hash of the session's id: the same
    /// sessions whatever the order, the number of threads or the rest of the scenario.
    Sample(f64),
}

impl SessionPolicy {
    /// Reads `all`, `none` or `sample=0.01`.
    ///
    /// # Errors
    /// A sentence that names what is accepted.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            "none" => Ok(Self::None),
            _ => text
                .strip_prefix("sample=")
                .and_then(|share| share.parse::<f64>().ok())
                .filter(|share| *share > 0.0 && *share <= 1.0)
                .map(Self::Sample)
                .ok_or_else(|| {
                    format!(
                        "`{text}` is none of: all, none, sample=F with F above 0 and up to 1 (sample=0.01)"
                    )
                }),
        }
    }

    /// The words of the command line.
    #[must_use]
    pub fn token(self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::None => "none".to_owned(),
            Self::Sample(share) => format!("sample={share}"),
        }
    }

    #[inline]
    fn takes(self, session_id: u64) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Sample(share) => {
                // The id is a hash already; mixed again so that the sample does not
                // depend on how ids are made. Constants: splitmix64's finaliser.
                let mut h = session_id;
                h = (h ^ (h >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                h = (h ^ (h >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                h ^= h >> 31;
                // 53 bits are a number from 0 to 1 exactly.
                ((h >> 11) as f64) < share * (1_u64 << 53) as f64
            }
        }
    }
}

/// What became of the rows of one replication.
#[derive(Debug)]
pub(in crate::output) struct Part {
    /// Rows written.
    pub(in crate::output) rows: u64,
    /// Whether there is a file.
    pub(in crate::output) on_disk: bool,
}

/// The closed parts of all replications.
#[derive(Debug, Default)]
pub(in crate::output) struct Parts(Mutex<BTreeMap<u32, io::Result<Part>>>);

impl Parts {
    pub(in crate::output) fn take(&self, replication: u32) -> Option<io::Result<Part>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&replication)
    }

    fn put(&self, replication: u32, part: io::Result<Part>) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(replication, part);
    }
}

/// Writes the rows of one replication. A failure of the disk is kept and reported by
/// [`crate::output::RunFolder::join_sessions`], so that the event loop need not look.
#[derive(Debug)]
pub struct SessionWriter {
    replication: u32,
    policy: SessionPolicy,
    fields: Fields,
    buffer: Vec<u8>,
    out: Option<FaultyFile>,
    rows: u64,
    error: Option<io::Error>,
    parts: Arc<Parts>,
}

impl SessionWriter {
    pub(in crate::output) fn new(
        replication: u32,
        policy: SessionPolicy,
        (names, clock): (&Names, Clock),
        out: Option<FaultyFile>,
        parts: Arc<Parts>,
    ) -> Self {
        let mut buffer = Vec::with_capacity(BLOCK + 1024);
        if replication == 0 {
            buffer.extend_from_slice(csv_table::header::<Sessions>().as_bytes());
        }
        Self {
            replication,
            policy,
            fields: Fields::new(names, clock),
            buffer,
            out,
            rows: 0,
            error: None,
            parts,
        }
    }

    fn drain(&mut self) {
        if let (Some(out), None) = (&mut self.out, &self.error)
            && let Err(error) = out.write_all(&self.buffer)
        {
            self.error = Some(error);
        }
        self.buffer.clear();
    }
}

impl SessionSink for SessionWriter {
    fn wants_rows(&self) -> bool {
        self.policy != SessionPolicy::None
    }

    fn session(&mut self, record: &SessionRecord) {
        if !self.policy.takes(record.session_id) {
            return;
        }
        self.rows += 1;
        self.fields.push_row(&mut self.buffer, record);
        if self.buffer.len() >= BLOCK {
            self.drain();
        }
    }
}

impl Drop for SessionWriter {
    fn drop(&mut self) {
        self.drain();
        let flushed = self.out.as_mut().map_or(Ok(()), Write::flush);
        let part = match self.error.take() {
            Some(error) => Err(error),
            None => flushed.map(|()| Part { rows: self.rows, on_disk: self.out.is_some() }),
        };
        self.out = None;
        self.parts.put(self.replication, part);
    }
}

/// The table.
#[derive(Debug)]
pub struct Sessions;

/// A session with the names of its run.
#[derive(Debug)]
pub struct Row<'r> {
    fields: &'r Fields,
    session: &'r SessionRecord,
}

/// Every name as a CSV field.
#[derive(Clone, Debug)]
pub struct Fields {
    clock: Clock,
    populations: Vec<Box<[u8]>>,
    sites: Vec<Box<[u8]>>,
    locations: Vec<Box<[u8]>>,
    namespaces: Vec<Box<[u8]>>,
    servers: Vec<Box<[u8]>>,
}

impl Fields {
    /// Prepares the names of a run and its clock.
    #[must_use]
    pub fn new(names: &Names, clock: Clock) -> Self {
        let fields = |names: &[String]| -> Vec<Box<[u8]>> {
            names.iter().map(|name| quoted(name).into_bytes().into_boxed_slice()).collect()
        };
        Self {
            clock,
            populations: fields(&names.populations),
            sites: fields(&names.sites),
            locations: fields(&names.locations),
            namespaces: fields(&names.namespaces),
            servers: fields(&names.servers),
        }
    }

    /// Appends the row of one session.
    pub fn push_row(&self, out: &mut Vec<u8>, session: &SessionRecord) {
        csv_table::push_row::<Sessions>(out, &Row { fields: self, session });
    }
}

impl Row<'_> {
    /// When it began.
    fn began(&self) -> Local {
        let session = self.session;
        self.fields.clock.at(i128::from(session.start.0) - i128::from(session.before_run.0))
    }

    /// When it ended.
    fn ended(&self) -> Local {
        self.fields.clock.at(i128::from(self.session.end.0))
    }
}

fn field(names: &[Box<[u8]>], index: u32) -> Value<'_> {
    names.get(index as usize).map_or(Value::Blank, |field| Value::Field(field))
}

/// Rounded to the nearest nanosecond.
fn mean_latency(session: &SessionRecord) -> Option<u64> {
    let count = u64::from(session.latency_count);
    (session.latency_sum + count / 2).checked_div(count)
}

impl Table for Sessions {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "sessions";
    const ROW: &'static str = "a session that overlaps the measured window, in the order in which sessions end, replication after replication";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "session_id" Word "16 hexadecimal digits; a hash of the session's name (seed, replication, population, client, number), the same whatever else the scenario holds" => |row| Value::Hash(row.session.session_id),
        "replication" Count "from 0" => |row| int(row.session.replication),
        "protocol" Word "`owa`, `eas`, `outlook-anywhere`, `outlook-cached`, `outlook-online`, `mapi-http`, `ews`, `autodiscover`, `oab`, `pop`, `imap`, or `custom`" => |row| text(protocol(row.session.protocol)),
        "population" Word "population, or source of a custom workload" => |row| field(&row.fields.populations, row.session.population),
        "client_location" Word "site or region where the client sits" => |row| field(&row.fields.locations, row.session.client_location),
        "mailbox_site" Word "site of its mailbox" => |row| field(&row.fields.sites, row.session.mailbox_site),
        "entry_site" Word "site of the first Client Access server that it reached; blank when it reached none" => |row| field(&row.fields.sites, row.session.entry_site),
        "serving_site" Word "site that served it in the end, after a redirect; blank when nothing did" => |row| field(&row.fields.sites, row.session.serving_site),
        "decision" Word "the first decision: `local`, `redirect`, `proxy`, `direct` or `refused`" => |row| text(row.session.decision.token()),
        "requests" Count "user-visible requests that started inside the measured window" => |row| int(row.session.requests),
        "redirects" Count "redirects followed" => |row| int(row.session.redirects),
        "server_hops" Count "server-to-server moves of the steady-state request: Client Access to Mailbox is 1, with a proxy between 2" => |row| int(row.session.server_hops),
        "wan_hops" Count "site links crossed between servers" => |row| int(row.session.wan_hops),
        "start_s" S "begin, s since the run began (the measured window begins at `warmup_s` of run.json); negative when it began before the run" => |row| Value::Seconds(i128::from(row.session.start.0) - i128::from(row.session.before_run.0)),
        "end_s" S "end, s since the run began; the end of the window for an open one" => |row| Value::Seconds(i128::from(row.session.end.0)),
        "logon_latency_ms" Ms "time until the first page or reply after logon, without what the user took; blank when the logon was not seen" => |row| millis(row.session.logon_latency.map(|logon| logon.0)),
        "mean_latency_ms" Ms "mean over its completed requests, to the nanosecond; blank when there was none" => |row| millis(mean_latency(row.session)),
        "max_latency_ms" Ms "largest over its completed requests; blank when there was none" => |row| millis((row.session.latency_count > 0).then_some(row.session.latency_max.0)),
        "retries" Count "attempts after the first, over all its requests" => |row| int(row.session.retries),
        "outcome" Word "`completed`, `failed`, or `open`: still running at the end of the window" => |row| text(row.session.outcome.token()),
        "failure" Word "why it failed, blank unless `outcome` is `failed`; `casim explain --list-failures` explains each" => |row| text(row.session.failure.map_or("", Failure::token)),
        "mechanism" Word "the finer kind of `decision`: `serve_local`, `redirect_manual`, `redirect_silent`, `redirect_451`, `proxy`, `rpc_direct`, `legacy_proxy`, `legacy_redirect`, `refer`, `refuse`" => |row| text(row.session.mechanism.token()),
        "rule" Word "id of the access rule that decided; blank for custom sources" => |row| text(row.session.rule),
        "namespace" Word "host name that the client used" => |row| field(&row.fields.namespaces, row.session.namespace),
        "entry_server" Word "first Client Access server" => |row| field(&row.fields.servers, row.session.entry_server),
        "serving_server" Word "server that served it in the end" => |row| field(&row.fields.servers, row.session.serving_server),
        "client_wan_hops" Count "site links between the client and its entry server" => |row| int(row.session.client_wan_hops),
        "failed_requests" Count "of `requests`, how many failed" => |row| int(row.session.failed_requests),
        "held_requests" Count "requests held open for the server's pleasure (Ping, IDLE, PendingRequest) that ended well; not in `requests`, no latency" => |row| int(row.session.held_requests),
        "carried_in" Count "1 when it was running already as the measured window began, else 0" => |row| int(u64::from(row.session.carried_in)),
        "logon_human_ms" Ms "what the user took of the logon to follow a link and to log on again, beside `logon_latency_ms`; blank when the logon was not seen" => |row| millis(row.session.logon_latency.map(|_| row.session.logon_human.0)),
        "held_failed_requests" Count "held requests that failed; in neither `failed_requests` nor `held_requests`" => |row| int(row.session.held_failed_requests),
        "completed_requests" Count "of `requests`, how many completed: what the latencies are over" => |row| int(row.session.latency_count),
        "start_day" Count "day of its begin on the scenario's clock; 1 is the day on which the window begins" => |row| Value::Signed(row.began().day),
        "start_local" Iso "its begin on the scenario's clock, with its offset from UTC; to the millisecond" => |row| Value::Local(row.began()),
        "end_day" Count "day of its end" => |row| Value::Signed(row.ended().day),
        "end_local" Iso "its end; the end of the window for an open one" => |row| Value::Local(row.ended()),
    }];
}
