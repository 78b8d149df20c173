//! Limits that a request meets: exactly the one too many is refused, or waits.
//!
//! Entry and target have one core each and here no limit on their queues.

use super::*;
use crate::model::limits::CasLimits;

fn limited(limits: CasLimits) -> Topology {
    let mut topology = topology(false);
    for cas in &mut topology.cas {
        cas.switches.limits = limits;
        cas.queue_limit = None;
    }
    topology
}

fn outcomes(ends: &[(Ended, SimTime)]) -> Vec<Outcome> {
    let mut all: Vec<_> = ends.iter().map(|(ended, _)| (ended.owner, ended.outcome)).collect();
    all.sort_by_key(|(owner, _)| *owner);
    all.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Two held Pings fill a limit of two; the third is refused (HTTP 503).
#[test]
fn held_requests_count_against_the_connection_limit() {
    let mut topology = limited(CasLimits::default());
    topology.cas[0].connection_limit = Some(2);
    let (network, roster) = one(topology, Protocol::Eas, 0, 0, internet());
    let ends = walk(&network, &roster, EasStep::Ping, 3, 100_000 * MS);
    assert_eq!(outcomes(&ends), [Outcome::Completed, Outcome::Completed, Outcome::PoolFull(0)]);
}

/// One core and one place to wait: of three Syncs at once, whose 500 bytes share the
/// pipe and so arrive together, the first is served, the second waits 150 ms and
/// the third is refused.
#[test]
fn a_full_queue_refuses() {
    let (network, roster) = one(topology(false), Protocol::Eas, 0, 0, internet());
    let ends = walk(&network, &roster, EasStep::Sync, 3, 0);
    let refused: Vec<_> = ends.iter().filter(|(e, _)| matches!(e.outcome, Outcome::QueueFull(_))).collect();
    assert_eq!(refused.len(), 1);
    // 38 ms, then 12,000 bits through the pipe.
    assert_eq!(refused[0].1, SimTime(39_200_000));
    let waits: Vec<_> = ends.iter().map(|(e, _)| e.parts[Part::EntryQueue as usize]).collect();
    assert_eq!(waits.iter().sum::<u64>(), 150 * MS);
}

/// Two RPC requests are in work, one served and one waiting for the core.
#[test]
fn the_third_rpc_request_is_refused() {
    let topology = limited(CasLimits { rpc_requests: Some(2), ..CasLimits::default() });
    let (network, roster) = one(topology, Protocol::OutlookAnywhere, 0, 0, internet());
    let ends = walk(&network, &roster, OutlookStep::Task, 3, 0);
    let refused = Outcome::Refused(Failure::RpcRequestLimit as u8);
    assert_eq!(outcomes(&ends), [Outcome::Completed, Outcome::Completed, refused]);
}

/// Two Syncs over one connection to the target. Both are at the entry at 38.8 ms; the
/// first leaves it at 38.8 + 41.59125 + 3 = 83.39125 ms and is answered 311.738125 ms
/// later (90 propagation, 1 there, 150 target, 32.578125 Mailbox, 38.16 back), at
/// 395.129375 ms. The second asks for the connection at 83.39125 + 41.59125 = 124.9825
/// ms, so it waits 270.146875 ms.
#[test]
fn one_connection_between_servers_makes_the_second_request_wait() {
    let topology = limited(CasLimits { maxconnection: Some(1), ..CasLimits::default() });
    let (network, roster) = one(topology, Protocol::Eas, 1, 0, internet());
    let ends = walk(&network, &roster, EasStep::Sync, 2, 0);
    assert_eq!(outcomes(&ends), [Outcome::Completed; 2]);
    let waits: Vec<u64> = ends.iter().map(|(e, _)| e.parts[Part::TargetQueue as usize]).collect();
    assert_eq!((ends[0].1, waits), (SimTime(395_129_375), vec![0, 270_146_875]));
}

/// One request a core: the second Ping waits until the first, held for 100 s, has been
/// answered: from 38.48 ms (38 and 0.48 in the shared pipe) to 38.48 +
/// 12.5 + 5.929688 + 100,000 + 12.5 + 0.24 ms.
#[test]
fn one_request_a_core_makes_the_second_wait_for_a_held_one() {
    let topology = limited(CasLimits { concurrent_requests_per_cpu: Some(1), ..CasLimits::default() });
    let (network, roster) = one(topology, Protocol::Eas, 0, 0, internet());
    let ends = walk(&network, &roster, EasStep::Ping, 2, 100_000 * MS);
    assert_eq!(outcomes(&ends), [Outcome::Completed; 2]);
    let waits: Vec<u64> = ends.iter().map(|(e, _)| e.parts[Part::EntryQueue as usize]).collect();
    assert_eq!(waits, [0, 100_031_169_688]);
}

/// The guard of 2013 counts what is outstanding at one back end.
#[test]
fn the_third_request_at_a_guarded_back_end_is_refused() {
    let mut topology = limited(CasLimits { target_backend_guard: Some(2), ..CasLimits::default() });
    topology.generation = Generation::E2013;
    for cas in &mut topology.cas {
        cas.generation = Generation::E2013;
    }
    for mailbox in &mut topology.mailbox {
        mailbox.generation = Generation::E2013;
    }
    let (network, roster) = one(topology, Protocol::Eas, 1, 0, internet());
    assert_eq!(roster.cohorts[0].identity.decision, Decision::Proxy);
    let ends = walk(&network, &roster, EasStep::Sync, 3, 0);
    let refused = Outcome::Refused(Failure::BackendGuard as u8);
    assert_eq!(outcomes(&ends), [Outcome::Completed, Outcome::Completed, refused]);
}
