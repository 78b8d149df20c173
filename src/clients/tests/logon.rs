//! OWA logons: local, proxied and redirected, with files and without.

use super::{MS, expected, internet, one, one_of, parts, topology};
use crate::clients::steps::OwaStep;
use crate::itinerary::Part;
use crate::model::access::Decision;
use crate::model::protocol::Protocol;
use crate::model::workload::ClientSettings;
use crate::sim::Outcome;

/// Bytes of an OWA logon: a heavy day is 485.6 x 20,000 bytes; 168.67 polls of 700, 41 small
/// requests of 2,000, 40 looks into the inbox of 40,800 and 4 searches of 41,200 bytes leave the
/// share 1 - 1,996,866.67 / 9,712,000 = 0.79439181 to volumes in units of the message, so a logon
/// has 25,420.54 bytes in the mean, 3 % up (6,101 bits) and 97 % down. Of what comes down to a
/// browser without files they are 60 %; one in two has them: 24,657.92 / (1 - 0.5 x 0.6) =
/// 35,225.60 bytes, of which the page has 112,722 bits and the files 169,083.
///
/// Handshake 114 ms. Client 4 round trips 152 ms; up 0.6101 ms; down two rounds of 23,360 and
/// 46,720 bits 76 ms, and the last 42,642 in 4.2642. CAS 4 x 57 and 7 Mcycles 117.5 ms. Mailbox
/// 15 % of 600 Mcycles 45 ms and ten store calls 30 ms. This browser has the files.
#[test]
fn owa_logon_locally() {
    let (network, roster) = one(topology(false), Protocol::Owa, 0, 0, internet());
    let (_, parts, _) = parts(&network, &roster, OwaStep::Logon, 0);
    let hand = [
        (Part::Handshake, 114 * MS),
        (Part::ClientNetwork, 152 * MS + 610_100 + 76 * MS + 4_264_200),
        (Part::EntryService, 117_500_000),
        (Part::MailboxService, 75 * MS),
    ];
    assert_eq!(parts, expected(&hand));
}

/// Where no browser has files, a page is 40 % of the 24,657.92 bytes, 78,905 bits, the last 8,825 of
/// them in 0.8825 ms; then six round trips of 38 ms, and of the 118,358 bits of files the last
/// 48,278 after two rounds: the same behind a proxying entry, which has the files itself. There the
/// link has 6,101 bits and 4 Mbit/s for the page, and the entry 0.275 x 114 Mcycles of it and
/// 10,625.78 bytes x 286 cycles. Where every browser has them the page is all: 197,263 bits, the last 33,743
/// after three rounds.
#[test]
fn files_of_a_logon() {
    let logon = |home: usize, cached: f64| {
        let set = |settings: &mut ClientSettings| settings.owa_cached = cached;
        let (network, roster) = one_of(topology(false), Protocol::Owa, home, 0, internet(), set);
        parts(&network, &roster, OwaStep::Logon, 0).1
    };
    let files = 228 * MS + 76 * MS + 4_827_800;
    let hand = [
        (Part::Handshake, 114 * MS),
        (Part::ClientNetwork, 152 * MS + 610_100 + 76 * MS + 882_500 + files),
        (Part::EntryService, 117_500_000),
        (Part::MailboxService, 75 * MS),
    ];
    assert_eq!(logon(0, 0.0), expected(&hand));
    let hand = [
        (Part::Handshake, 114 * MS),
        (Part::ClientNetwork, 152 * MS + 610_100 + 76 * MS + 2_206_250 + files),
        (Part::WanTransfer, 1_525_250),
        (Part::EntryService, 77_694_487 + 40 * MS),
        (Part::TargetService, 57 * MS),
        (Part::WanPropagation, 540 * MS),
        (Part::MailboxService, 75 * MS),
    ];
    assert_eq!(logon(1, 0.0), expected(&hand));
    let hand = [
        (Part::Handshake, 114 * MS),
        (Part::ClientNetwork, 152 * MS + 610_100 + 114 * MS + 3_374_300),
        (Part::EntryService, 117_500_000),
        (Part::MailboxService, 75 * MS),
    ];
    assert_eq!(logon(0, 1.0), expected(&hand));
}

/// The same logon proxied: the forms stay at the entry (114 Mcycles), of the page it
/// does 0.275 x 114 and re-encrypts 14,852.86 bytes x 286 cycles: with TLS 156.598
/// Mcycles, 78.298959 ms; 40 ms to find the target; six round trips of 90 ms (TCP, TLS,
/// Kerberos, the user's context, the page); link 6,101 bits there, and back with line and pipe at
/// once, at whose least rate the last 42,642 bits take 10.6605 ms; target 57 ms.
#[test]
fn owa_logon_proxied() {
    let (network, roster) = one(topology(false), Protocol::Owa, 1, 0, internet());
    let (_, parts, _) = parts(&network, &roster, OwaStep::Logon, 0);
    let hand = [
        (Part::Handshake, 114 * MS),
        (Part::ClientNetwork, 152 * MS + 610_100 + 76 * MS + 10_660_500),
        (Part::WanTransfer, 1_525_250),
        (Part::EntryService, 78_298_959 + 40 * MS),
        (Part::TargetService, 57 * MS),
        (Part::WanPropagation, 540 * MS),
        (Part::MailboxService, 75 * MS),
    ];
    assert_eq!(parts, expected(&hand));
}

/// Redirected to a published B. At A: handshake 114 ms, three exchanges 114 ms, 12,000 bits up
/// in 1.2 ms; of the link page of 48,000 a round 38 ms, and the last 24,640 in 2.464; forms and TLS 60.5 ms. The
/// handshake at B of 114 ms and the second name resolution are the redirect's, click and typing
/// (4 s and 10 s) the user's. Then the logon as at A's own.
#[test]
fn owa_logon_redirected() {
    let (network, roster) = one(topology(true), Protocol::Owa, 1, 0, internet());
    let identity = roster.cohorts[0].identity;
    assert_eq!((identity.decision, identity.redirects), (Decision::Redirect, 1));
    assert_eq!((identity.entry_site, identity.serving_site), (0, 1));
    assert_eq!((identity.server_hops, identity.wan_hops), (1, 0));
    let (outcome, mut parts, _) = parts(&network, &roster, OwaStep::Logon, 0);
    assert_eq!(outcome, Outcome::Completed);
    let second_dns = parts[Part::Redirect as usize] - 114 * MS;
    assert!((20 * MS..=120 * MS).contains(&second_dns));
    parts[Part::Redirect as usize] -= second_dns;
    let hand = [
        (Part::Handshake, 114 * MS),
        (Part::ClientNetwork, 114 * MS + 1_200_000 + 38 * MS + 2_464_000),
        (Part::ClientNetwork, 152 * MS + 610_100 + 76 * MS + 4_264_200),
        (Part::EntryService, 60_500_000 + 117_500_000),
        (Part::MailboxService, 75 * MS),
        (Part::Redirect, 114 * MS),
        (Part::Human, 14_000 * MS),
    ];
    assert_eq!(parts, expected(&hand));
}
