//! Who goes where, counted as sessions end.
//!
//! Next: [`crate::results::flows`].

use std::collections::BTreeMap;

use super::recorded::CellTotals;
use crate::model::access::Mechanism;
use crate::results::{Flow, FlowKey, NONE, SessionRecord};

/// Flows of one replication.
#[derive(Debug, Default)]
pub(super) struct Flows {
    handles: BTreeMap<FlowKey, u32>,
    totals: Vec<Flow>,
}

impl Flows {
    /// The handle of the flow with this key (made on first use).
    pub(super) fn handle(&mut self, key: FlowKey) -> u32 {
        let next = u32::try_from(self.totals.len()).expect("fewer than 2^32 flows");
        let handle = *self.handles.entry(key).or_insert(next);
        if handle == next {
            self.totals.push(Flow::new(key));
        }
        handle
    }

    /// A session of a flow ended, or is open at the end of the window.
    pub(super) fn session(&mut self, flow: u32, record: &SessionRecord) {
        let counts = &mut self.totals[flow as usize].counts;
        counts.sessions += 1;
        counts.requests += u64::from(record.requests);
        counts.failed += u64::from(record.failed_requests);
    }

    /// So many distinct clients of a flow had a session, of whom so many were affected.
    pub(super) fn clients(&mut self, flow: u32, clients: u64, affected: u64) {
        let counts = &mut self.totals[flow as usize].counts;
        counts.clients += clients;
        counts.clients_affected += affected;
    }

    /// Every flow; custom sources, which know no way, have one a cell.
    pub(super) fn into_flows(self, cells: &[CellTotals]) -> Vec<Flow> {
        let custom = cells.iter().filter(|cell| cell.key.protocol.is_none()).map(|cell| {
            let mut flow = Flow::new(FlowKey {
                cell: cell.key,
                client_location: NONE,
                namespace: NONE,
                mechanism: Mechanism::ServeLocal,
                serving_site: NONE,
            });
            let (counts, of) = (&mut flow.counts, &cell.counts);
            (counts.clients, counts.clients_affected) = (of.users, of.users_affected);
            (counts.sessions, counts.requests, counts.failed) = (of.sessions, of.requests, of.failed);
            flow
        });
        self.totals.into_iter().chain(custom).collect()
    }
}
