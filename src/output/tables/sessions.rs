//! `sessions.csv`: a row a session, written as they come.
//!
//! Millions of rows pass here, so a row is appended to one reused buffer from
//! names that were turned into CSV fields beforehand; nothing is allocated per row.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::columns;
use crate::output::disk::FaultyFile;
use crate::output::format::{push_int, push_millis, push_seconds, quoted};
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
        names: &Names,
        out: Option<FaultyFile>,
        parts: Arc<Parts>,
    ) -> Self {
        let mut buffer = Vec::with_capacity(BLOCK + 1024);
        if replication == 0 {
            buffer.extend_from_slice(columns::SESSIONS.header().as_bytes());
        }
        Self { replication, policy, fields: Fields::new(names), buffer, out, rows: 0, error: None, parts }
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

/// Every name as a CSV field with its comma.
#[derive(Clone, Debug)]
pub struct Fields {
    populations: Vec<Box<[u8]>>,
    sites: Vec<Box<[u8]>>,
    locations: Vec<Box<[u8]>>,
    namespaces: Vec<Box<[u8]>>,
    servers: Vec<Box<[u8]>>,
}

impl Fields {
    /// Prepares the names of a run.
    #[must_use]
    pub fn new(names: &Names) -> Self {
        let fields = |names: &[String]| -> Vec<Box<[u8]>> {
            names.iter().map(|name| (quoted(name) + ",").into_bytes().into_boxed_slice()).collect()
        };
        Self {
            populations: fields(&names.populations),
            sites: fields(&names.sites),
            locations: fields(&names.locations),
            namespaces: fields(&names.namespaces),
            servers: fields(&names.servers),
        }
    }

    /// Appends the row of one session, in the order of [`columns::SESSIONS`].
    pub fn push_row(&self, out: &mut Vec<u8>, s: &SessionRecord) {
        let name = |out: &mut Vec<u8>, names: &[Box<[u8]>], index: u32| match names.get(index as usize) {
            Some(field) => out.extend_from_slice(field),
            None => out.push(b','),
        };
        let text = |out: &mut Vec<u8>, text: &str| {
            out.extend_from_slice(text.as_bytes());
            out.push(b',');
        };
        let int = |out: &mut Vec<u8>, value: u32| {
            push_int(out, u64::from(value));
            out.push(b',');
        };
        push_hex(out, s.session_id);
        out.push(b',');
        int(out, s.replication);
        text(out, s.protocol.map_or(columns::CUSTOM, crate::model::topology::Protocol::token));
        name(out, &self.populations, s.population);
        name(out, &self.locations, s.client_location);
        name(out, &self.sites, s.mailbox_site);
        name(out, &self.sites, s.entry_site);
        name(out, &self.sites, s.serving_site);
        text(out, s.decision.token());
        int(out, s.requests);
        int(out, s.redirects);
        int(out, s.server_hops);
        int(out, s.wan_hops);
        push_seconds(out, i128::from(s.start.0) - i128::from(s.before_run.0));
        out.push(b',');
        push_seconds(out, i128::from(s.end.0));
        out.push(b',');
        if let Some(logon) = s.logon_latency {
            push_millis(out, logon.0);
        }
        out.push(b',');
        let count = u64::from(s.latency_count);
        if let Some(mean) = (s.latency_sum + count / 2).checked_div(count) {
            push_millis(out, mean);
        }
        out.push(b',');
        if count > 0 {
            push_millis(out, s.latency_max.0);
        }
        out.push(b',');
        int(out, s.retries);
        text(out, s.outcome.token());
        text(out, s.failure.map_or("", crate::model::access::Failure::token));
        text(out, s.mechanism.token());
        text(out, s.rule);
        name(out, &self.namespaces, s.namespace);
        name(out, &self.servers, s.entry_server);
        name(out, &self.servers, s.serving_server);
        int(out, s.client_wan_hops);
        int(out, s.failed_requests);
        int(out, s.held_requests);
        out.push(b'0' + u8::from(s.carried_in));
        out.push(b'\n');
    }
}

/// Appends 16 hexadecimal digits.
#[inline]
fn push_hex(out: &mut Vec<u8>, value: u64) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0_u8; 16];
    for (place, digit) in text.iter_mut().enumerate() {
        *digit = DIGITS[(value >> (60 - 4 * place)) as usize & 15];
    }
    out.extend_from_slice(&text);
}
