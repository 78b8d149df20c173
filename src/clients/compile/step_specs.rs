//! What each step of each state machine asks for.
//!
//! Whoever adds a step is led here by the compiler. Must not know topology or routing.
//! Next: [`super::program`].

use std::ops::Index;

use super::request_specs::{Bytes, HEAVY_MESSAGES, PageFiles, RequestSpec, Terms, Volume, bytes, closure};
use crate::clients::steps::{
    EasStep, ImapStep, Machine, OutlookStep, OwaStep, PopStep, ProtocolFacts, Recurrence, Step, Transport,
    WebStep,
};
use crate::model::release::Generation;
use crate::model::unit_costs::Figure;

/// What each step of one population's protocol asks for.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::clients) struct RequestSpecs(Vec<(Step, RequestSpec)>);

impl RequestSpecs {
    /// One specification a step.
    fn of<T: Copy + Into<Step>>(steps: &[T], spec: impl Fn(T) -> RequestSpec) -> Self {
        Self(steps.iter().map(|&step| (step.into(), spec(step))).collect())
    }

    /// In the order of the steps.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(Step, RequestSpec)> {
        self.0.iter()
    }
}

impl<T: Into<Step>> Index<T> for RequestSpecs {
    type Output = RequestSpec;
    fn index(&self, step: T) -> &RequestSpec {
        &self.0[step.into().index()].1
    }
}

/// The steps of a protocol for one population.
pub(in crate::clients) fn specs(terms: &Terms<'_>) -> RequestSpecs {
    let Terms { protocol, major, unit_costs: f, .. } = *terms;
    let mut specs = specs_of_2010(terms);
    for (_, spec) in &mut specs.0 {
        if major >= 2013 {
            // The Mailbox server renders all protocols, the front end passes on.
            let mapi = ProtocolFacts::of(protocol).transport == Transport::MapiOverHttp;
            let share = f[if mapi { Figure::FrontEndMapi } else { Figure::FrontEnd }];
            // What does not go to a mailbox stays with the front end. The figure is one of 2013's
            // tables: in their megacycles, by one of 2010's in its own.
            let mailbox = spec.mailbox * f[Figure::Mailbox2013] * Generation::E2013.megacycle();
            *spec = RequestSpec {
                entry: spec.entry * share,
                cas: if mailbox > 0.0 { mailbox * share } else { spec.cas },
                mailbox,
                hold: spec.hold.map(|work| work * share),
                passing: 1.0,
                // The published ratio is the whole of a front end's work.
                proxy_cycles_a_byte: 0.0,
                ..*spec
            };
        }
        if major <= 2003 {
            // A back end of 2003 renders the protocols itself, and that is waited for.
            let background = spec.background();
            spec.mailbox += spec.cas;
            spec.beside = if background > 0.0 { background / spec.mailbox } else { 0.0 };
        }
    }
    specs
}

/// The steps by figures of 2007 and 2010.
fn specs_of_2010(terms: &Terms<'_>) -> RequestSpecs {
    match ProtocolFacts::of(terms.protocol).machine {
        Machine::Owa => owa_specs(terms),
        Machine::Eas => eas_specs(terms),
        Machine::Outlook => outlook_specs(terms),
        Machine::Pop => pop_specs(terms),
        Machine::Imap => imap_specs(terms),
        Machine::Web(recurrence) => web_specs(terms, recurrence),
    }
}

/// EWS, Autodiscover and the offline address book: one request over a new connection.
fn web_specs(terms: &Terms<'_>, recurrence: Recurrence) -> RequestSpecs {
    let f = terms.unit_costs;
    let volume = |figure| Volume::Bytes(f[figure]);
    let plain = RequestSpec { setup: terms.setup(true, 1.0), cold: true, ..terms.plain() };
    RequestSpecs::of(WebStep::ALL, |WebStep::Ask| match recurrence {
        Recurrence::AllDay => RequestSpec {
            up: volume(Figure::EwsUp),
            down: volume(Figure::EwsDown),
            cas: f[Figure::EwsRequest],
            mailbox: f[Figure::EwsMailbox],
            store_calls: terms.calls(Figure::EwsStoreCalls),
            ..plain
        },
        // Answered from directory data alone.
        Recurrence::DayBegin => RequestSpec {
            up: volume(Figure::AutodiscoverUp),
            down: volume(Figure::AutodiscoverDown),
            cas: f[Figure::AutodiscoverRequest],
            ..plain
        },
        // The day's differential files, fetched one after another by BITS.
        Recurrence::FirstHalf => RequestSpec {
            round_trips: f[Figure::OabTrips],
            up: volume(Figure::OabUp),
            down: volume(Figure::OabDown),
            cas: f[Figure::OabDownload],
            ..plain
        },
    })
}

/// Actions of a heavy OWA user a day, by which the Mailbox server's day is shared: 140 that read,
/// send and delete, 40 looks into the inbox, 4 searches for two each and two logons for two each.
const ACTIONS: f64 = 192.0;

/// OWA: an action is two requests, a logon four.
fn owa_specs(terms: &Terms<'_>) -> RequestSpecs {
    let Terms { profile, unit_costs: f, .. } = terms;
    let plain = RequestSpec {
        proxy_cycles_a_byte: f[Figure::ProxyBytesOwa],
        tls_cycles_a_byte: f[Figure::TlsBytesOwa],
        ..terms.plain()
    };
    let mailbox = terms.mailbox_day() / ACTIONS;
    let request = f[Figure::OwaRequest];
    let size = terms.size();
    let scale = closure(terms);
    let Bytes { received, sent, logon } = bytes(terms.protocol, f);
    // A message is paid for when it is read; profiles read what they receive.
    let read = if profile.read > 0.0 { received * profile.received / profile.read } else { received };
    let calls = terms.calls(Figure::OwaStoreCalls);
    let action = RequestSpec {
        round_trips: f[Figure::OwaAction],
        cas: 2.0 * request,
        mailbox,
        store_calls: calls,
        ..plain
    };
    let light = RequestSpec {
        up: Volume::Bytes(f[Figure::OwaDeleteUp]),
        down: Volume::Bytes(f[Figure::OwaDeleteDown]),
        ..action
    };
    // What goes against the message is of the page alone.
    let split = |volume: f64, against: f64, message: f64| {
        let volume = volume * scale * size;
        let along = (1.0 - against) * volume;
        let message = message.min(along / size.max(1.0));
        let page = Volume::Page { bytes: along - message * size, message };
        (Volume::Bytes(against * volume), if message > 0.0 { page } else { Volume::Bytes(along) })
    };
    let message = f[Figure::OwaReceivedMessage] * read / received.max(f64::MIN_POSITIVE);
    let (read_up, read_down) = split(read, f[Figure::OwaReadUp], message);
    let (send_down, send_up) = split(sent, f[Figure::OwaSendDown], f[Figure::OwaSentMessage]);
    let search = f[Figure::OwaSearch];
    let away = f[Figure::MailboxPoll];
    RequestSpecs::of(OwaStep::ALL, |step| match step {
        OwaStep::Logon => RequestSpec {
            entry: 2.0 * request,
            cas: 2.0 * request,
            mailbox: 2.0 * mailbox,
            store_calls: 2 * calls,
            ..owa_logon(terms, logon * scale * size, plain)
        },
        OwaStep::Read => RequestSpec { up: read_up, down: read_down, ..action },
        OwaStep::Send => RequestSpec { up: send_up, down: send_down, ..action },
        OwaStep::Delete => light,
        OwaStep::Inbox => RequestSpec {
            up: Volume::Bytes(f[Figure::OwaInboxUp]),
            down: Volume::Bytes(f[Figure::OwaInboxDown]),
            ..action
        },
        OwaStep::Search => RequestSpec {
            up: Volume::Bytes(f[Figure::OwaSearchUp]),
            down: Volume::Bytes(f[Figure::OwaSearchDown]),
            mailbox: search * mailbox,
            store_calls: (search * f[Figure::OwaStoreCalls] + 0.5) as u32,
            ..action
        },
        OwaStep::Poll => RequestSpec {
            up: Volume::Bytes(f[Figure::OwaPollUp]),
            down: Volume::Bytes(f[Figure::OwaPollDown]),
            cas: f[Figure::OwaPoll],
            mailbox: away,
            beside: 0.0,
            store_calls: 1,
            ..plain
        },
        OwaStep::Logoff => RequestSpec {
            round_trips: 1.0,
            cas: request,
            mailbox: away,
            beside: 0.0,
            store_calls: 1,
            ..light
        },
    })
}

/// The way of an OWA logon, of `bytes` in the mean over those that have the files behind its page
/// already and those that fetch them.
fn owa_logon(terms: &Terms<'_>, bytes: f64, plain: RequestSpec) -> RequestSpec {
    let Terms { settings, unit_costs: f, access, .. } = terms;
    let (cached, files) = (settings.owa_cached, f[Figure::OwaLogonStatic]);
    let whole = (1.0 - f[Figure::OwaLogonUp]) * bytes / (1.0 - cached * files).max(1e-9);
    RequestSpec {
        setup: terms.setup(true, 1.0),
        round_trips: f[if access.forms { Figure::FormsTrips } else { Figure::PlainTrips }],
        up: Volume::Bytes(f[Figure::OwaLogonUp] * bytes),
        down: Volume::Bytes((1.0 - files) * whole),
        files: Some(PageFiles { round_trips: f[Figure::LogonFiles], bytes: files * whole, cached }),
        cold: true,
        ..plain
    }
}

/// ActiveSync: cycles at the CAS, and a constant share of them at the Mailbox server.
fn eas_specs(terms: &Terms<'_>) -> RequestSpecs {
    let (f, plain) = (terms.unit_costs, terms.plain());
    let share = f[Figure::EasMailbox];
    let work = |figure: Figure| (f[figure], f[figure] * share);
    let calls = terms.calls(Figure::EasStoreCalls);
    let ping_bytes = Volume::Bytes(f[Figure::EasPingBytes]);
    let (whole, mailbox) = work(Figure::EasPing);
    let ping = RequestSpec {
        up: ping_bytes,
        down: ping_bytes,
        cas: 0.5 * whole,
        mailbox,
        store_calls: 1,
        hold: Some(0.5 * whole),
        ..plain
    };
    let (cas, mailbox) = work(Figure::EasSync);
    let sync = RequestSpec {
        up: Volume::Bytes(f[Figure::EasSyncUp]),
        down: Volume::Bytes(f[Figure::EasSyncDown]),
        cas,
        mailbox,
        store_calls: calls,
        ..plain
    };
    let (send_cas, send_mailbox) = work(Figure::EasSend);
    RequestSpecs::of(EasStep::ALL, |step| match step {
        EasStep::Start => RequestSpec { setup: terms.setup(true, 1.0), round_trips: 2.0, cold: true, ..sync },
        EasStep::Ping => ping,
        EasStep::Resumed => RequestSpec { cas: 0.0, mailbox: 0.0, store_calls: 0, ..ping },
        EasStep::Forgotten => RequestSpec { forgotten: true, ..ping },
        EasStep::Sync => sync,
        EasStep::Send => RequestSpec {
            up: Volume::Bytes(f[Figure::EasSendUp]),
            down: Volume::Bytes(f[Figure::EasSendDown]),
            cas: send_cas,
            mailbox: send_mailbox,
            store_calls: calls.saturating_sub(1),
            ..plain
        },
    })
}

/// Outlook: a task is a number of sequential RPCs, each with a round trip and a store
/// call; the tasks of a heavy day share the Mailbox server's day.
fn outlook_specs(terms: &Terms<'_>) -> RequestSpecs {
    let Terms { protocol, settings, unit_costs: f, .. } = terms;
    let scale = closure(terms);
    let Bytes { received, sent, .. } = bytes(*protocol, f);
    let rpcs = f[Figure::RpcsPerTask];
    let task = RequestSpec {
        round_trips: rpcs * f[Figure::RpcTrips],
        up: Volume::Bytes(f[Figure::OutlookTaskUp]),
        down: Volume::Bytes(f[Figure::OutlookTaskDown]),
        cas: terms.outlook_task,
        mailbox: terms.mailbox_day() / (settings.outlook_tasks_per_message * HEAVY_MESSAGES).max(1e-9),
        store_calls: terms.calls(Figure::RpcsPerTask),
        web: false,
        proxy_cycles_a_byte: f[Figure::ProxyBytesRpc],
        tls_cycles_a_byte: f[Figure::TlsBytesRpc],
        spread: true,
        ..terms.plain()
    };
    let tunnelled = match ProtocolFacts::of(*protocol).transport {
        Transport::RpcOverHttp | Transport::MapiOverHttp => true,
        Transport::Rpc | Transport::Web | Transport::Mail => false,
    };
    let (up, down) = (f[Figure::OutlookReceiveUp], f[Figure::OutlookSendDown]);
    let message = |share: f64, volume: f64| Volume::Message(share * volume * scale);
    let alive = Volume::Bytes(f[Figure::KeepAliveBytes]);
    RequestSpecs::of(OutlookStep::ALL, |step| match step {
        OutlookStep::Connect => {
            RequestSpec { setup: terms.setup(tunnelled, f64::from(settings.outlook_connections)), ..task }
        }
        OutlookStep::Receive => {
            RequestSpec { up: message(up, received), down: message(1.0 - up, received), ..task }
        }
        OutlookStep::Send => RequestSpec { up: message(1.0 - down, sent), down: message(down, sent), ..task },
        OutlookStep::Task => task,
        OutlookStep::KeepAlive => RequestSpec {
            up: alive,
            down: alive,
            cas: f[Figure::OutlookKeepAlive],
            mailbox: f[Figure::OutlookKeepAlive],
            beside: 0.0,
            store_calls: 1,
            round_trips: 1.0,
            ..task
        },
    })
}

/// 2007 spends more than 2010 on POP3 and IMAP4.
fn early(terms: &Terms<'_>) -> f64 {
    if terms.major <= 2007 { terms.unit_costs[Figure::MailFactor2007] } else { 1.0 }
}

/// POP3: sequential commands, seven and one a message. The connection's TCP handshake
/// is one round trip and the greeting's half is in them.
fn pop_specs(terms: &Terms<'_>) -> RequestSpecs {
    let f = terms.unit_costs;
    let command = f[Figure::PopCommand] * early(terms);
    let plain = RequestSpec { web: false, ..terms.plain() };
    RequestSpecs::of(PopStep::ALL, |step| match step {
        PopStep::Open => RequestSpec {
            setup: terms.setup(true, 1.0),
            round_trips: f[Figure::PopTrips],
            up: Volume::Bytes(f[Figure::PopOpenUp]),
            down: Volume::Bytes(f[Figure::PopOpenDown]),
            cas: f[Figure::PopTrips] * command,
            mailbox: f[Figure::PopOpen],
            store_calls: 3,
            ..plain
        },
        PopStep::Retrieve => RequestSpec {
            up: Volume::Bytes(20.0),
            down: Volume::Message(1.0),
            cas: command,
            mailbox: f[Figure::PopRetrieve],
            store_calls: 2,
            ..plain
        },
    })
}

/// IMAP4: sequential commands.
fn imap_specs(terms: &Terms<'_>) -> RequestSpecs {
    let f = terms.unit_costs;
    let command = f[Figure::ImapCommand] * early(terms);
    let plain = RequestSpec { web: false, ..terms.plain() };
    RequestSpecs::of(ImapStep::ALL, |step| match step {
        ImapStep::Logon => RequestSpec {
            setup: terms.setup(true, 1.0),
            round_trips: f[Figure::ImapOpenTrips],
            up: Volume::Bytes(f[Figure::ImapOpenUp]),
            down: Volume::Bytes(f[Figure::ImapOpenDown]),
            cas: f[Figure::ImapOpenTrips] * command,
            mailbox: f[Figure::ImapOpen],
            store_calls: 4,
            ..plain
        },
        ImapStep::Fetch => RequestSpec {
            round_trips: f[Figure::ImapFetchTrips],
            up: Volume::Bytes(100.0),
            down: Volume::Message(1.0),
            cas: f[Figure::ImapFetchTrips] * command,
            mailbox: f[Figure::ImapFetch],
            store_calls: 2,
            ..plain
        },
        ImapStep::Idle => RequestSpec {
            up: Volume::Bytes(50.0),
            down: Volume::Bytes(100.0),
            cas: 2.0 * command,
            mailbox: f[Figure::ImapIdle],
            beside: 0.0,
            store_calls: 0,
            ..plain
        },
    })
}

#[cfg(test)]
mod tests;
