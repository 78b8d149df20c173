//! What each step asks for, against what is published.

use super::*;
use crate::clients::compile::request_specs::{
    Access, WORKING_DAY_SECS, access, keep_alives_a_gap, outlook_task, outlook_tasks, owa_actions,
};
use crate::kernel::SimSpan;
use crate::kernel::distribution::Distribution;
use crate::model::directory::Authentication;
use crate::model::protocol::Protocol;
use crate::model::switches::OperatingSystem;
use crate::model::unit_costs::Figures;
use crate::model::workload::{ClientSettings, Profile};

fn mean(volume: Volume, size: f64) -> f64 {
    match volume {
        Volume::Bytes(bytes) => bytes,
        Volume::Message(factor) => factor * size,
        Volume::Page { bytes, message } => bytes + message * size,
    }
}

fn terms<'a>(
    protocol: Protocol,
    profile: &'a Profile,
    settings: &'a ClientSettings,
    unit_costs: &'a Figures,
) -> Terms<'a> {
    let access = Access { forms: true, authentication: 0.0 };
    Terms { protocol, major: 2007, profile, settings, unit_costs, access, outlook_task: 150.0, connects: 1.0 }
}

/// KB a user and day as published, light to very heavy, for messages of 75 KB.
#[test]
fn a_day_of_bytes_is_the_published_one_within_one_percent() {
    let table = [
        (Protocol::OutlookOnline, [4_050.0, 8_115.0, 16_215.0, 24_315.0]),
        (Protocol::OutlookCached, [1_950.0, 3_900.0, 7_800.0, 11_700.0]),
        (Protocol::OutlookAnywhere, [2_310.0, 4_635.0, 9_255.0, 13_875.0]),
        (Protocol::Owa, [9_285.0, 18_330.0, 36_405.0, 54_495.0]),
    ];
    let settings =
        ClientSettings { message_size: Distribution::Constant(75_000.0), ..ClientSettings::default() };
    let unit_costs = Figures::default();
    for (protocol, row) in table {
        for (profile, kilobytes) in Profile::ALL.iter().zip(row) {
            let specs = specs(&terms(protocol, profile, &settings, &unit_costs));
            let of = |step: Step| {
                let spec = &specs[step];
                let files = spec.files.map_or(0.0, |files| files.bytes * (1.0 - files.cached));
                mean(spec.up, 75_000.0) + mean(spec.down, 75_000.0) + files
            };
            let day = if ProtocolFacts::of(protocol).machine == Machine::Owa {
                let secs = owa_actions(profile, &settings) * settings.owa_think.mean() / 1e9;
                let logons = profile.owa_logons;
                logons * of(OwaStep::Logon.into())
                    + profile.read * of(OwaStep::Read.into())
                    + profile.sent * of(OwaStep::Send.into())
                    + profile.deleted * of(OwaStep::Delete.into())
                    + profile.read * 0.5 * of(OwaStep::Inbox.into())
                    + profile.read * 0.05 * of(OwaStep::Search.into())
                    + logons
                        * (secs / 60.0 * of(OwaStep::Poll.into())
                            + settings.owa_logoff_share * of(OwaStep::Logoff.into()))
            } else {
                let tasks = outlook_tasks(profile, &settings);
                let other = tasks - profile.sent - profile.received;
                profile.received * of(OutlookStep::Receive.into())
                    + profile.sent * of(OutlookStep::Send.into())
                    + other * of(OutlookStep::Task.into())
                    + of(OutlookStep::Connect.into())
                    + tasks
                        * keep_alives_a_gap(WORKING_DAY_SECS / tasks, 720.0)
                        * of(OutlookStep::KeepAlive.into())
            };
            let ratio = day / 1_000.0 / kilobytes;
            assert!((ratio - 1.0).abs() < 0.01, "{protocol} {}: {ratio}", profile.name);
        }
    }
    assert_eq!(settings.owa_poll, SimSpan::from_secs(60));
}

/// 110 Pings, 120 Syncs and 20 sends: 46.5 G cycles, against 1.60 MHz x 28,800 s.
#[test]
fn a_device_costs_what_was_published() {
    let (settings, unit_costs) = (ClientSettings::default(), Figures::default());
    let steps = eas_specs(&terms(Protocol::Eas, &Profile::ALL[2], &settings, &unit_costs));
    let ping = &steps[EasStep::Ping];
    let whole = 110.0 * (ping.cas + ping.hold.unwrap())
        + 120.0 * steps[EasStep::Sync].cas
        + 20.0 * steps[EasStep::Send].cas;
    assert_eq!(whole, 46_500.0);
    assert!((whole / (1.60 * 28_800.0) - 1.0).abs() < 0.01);
}

/// 12 GHz at 14,000 users of R2 and 6,500 of SP2; 150 Mcycles for 2007 on Windows 2003.
#[test]
fn outlook_anywhere_costs_what_its_line_says() {
    let (settings, unit_costs) = (ClientSettings::default(), Figures::default());
    let ghz = |os, users: f64| {
        let task = outlook_task(2010, os, users, &settings, &unit_costs);
        users * task * 132.0 / 28_800.0 / 1_000.0
    };
    let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 0.01, "{a} {b}");
    close(ghz(OperatingSystem::Server2008R2, 14_000.0), 12.0);
    close(ghz(OperatingSystem::Server2008Sp2, 6_500.0), 12.0);
    assert_eq!(outlook_task(2007, OperatingSystem::Server2003, 14_000.0, &settings, &unit_costs), 150.0);
    let stated = OperatingSystem::Server2008R2;
    assert_eq!(
        outlook_task(2007, stated, 9.0, &settings, &unit_costs),
        outlook_task(2010, stated, 9.0, &settings, &unit_costs)
    );
}

/// By hand from the round trips of each method.
#[test]
fn methods_cost_their_round_trips() {
    use Authentication::{Basic, Certificate, Digest, Forms, Integrated};
    let (settings, unit_costs) = (ClientSettings::default(), Figures::default());
    let of = |protocol, methods: &[Authentication], inside| {
        let access = access(protocol, methods, inside, &settings, &unit_costs);
        (access.forms, access.authentication)
    };
    assert_eq!(of(Protocol::Owa, &[Forms], false), (true, 0.0));
    assert_eq!(of(Protocol::Owa, &[Integrated], false), (false, 2.0));
    assert_eq!(of(Protocol::Owa, &[Integrated], true), (false, 1.0));
    assert_eq!(of(Protocol::Owa, &[Digest], false), (false, 1.0));
    assert_eq!(of(Protocol::Eas, &[Basic, Integrated], false), (false, 0.0));
    assert_eq!(of(Protocol::Eas, &[Certificate], false), (false, 0.0));
    assert_eq!(of(Protocol::Ews, &[Basic, Integrated], false), (false, 2.0));
    assert_eq!(of(Protocol::Ews, &[Basic], true), (false, 1.0));
    assert_eq!(of(Protocol::OutlookAnywhere, &[], true), (false, 2.0));
    assert_eq!(of(Protocol::Imap, &[Basic], false), (false, 0.0));
}
