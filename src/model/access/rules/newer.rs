//! Mailboxes on a newer release than a 2007 or 2010 entry: it can neither serve nor
//! proxy them, at best it names a better server.

use super::common::{MEMORY, published};
use super::e2007::note_device;
use super::endpoint::endpoint;
use super::rule::{Confidence, Rule};
use crate::model::access::answer::{Answer, ClientSees, Mechanism};
use crate::model::access::failure::Failure;
use crate::model::access::hop::View;
use crate::model::access::trace::Trace;
use crate::model::protocol::Protocol;
use crate::model::release::Generation;

/// The list.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "newer/eas-old-device",
        title: "An old device of a newer mailbox is answered 403",
        docs: "A device below protocol version 12.1 cannot be told another URL; it is turned away.",
        source: "Exchange Team Blog 596466, upgrading ActiveSync",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !newer(q, trace, Protocol::Eas) {
                return None;
            }
            note_device(q, trace);
            (q.ask.caller.device.version < q.entry().switches.eas_451_from)
                .then(|| Answer::refuse(q, Failure::DeviceCannotFollow))
        },
    },
    Rule {
        id: "newer/eas-451",
        title: "A device of a newer mailbox is answered 451",
        docs: "The entry tells the device the ActiveSync ExternalURL of the mailbox's site and release.",
        source: "Exchange Team Blog 596466, upgrading ActiveSync",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !newer(q, trace, Protocol::Eas) {
                return None;
            }
            let target = published(q, trace)?;
            Some(if q.ask.caller.device.can_follow() {
                Answer::redirect(q, Mechanism::Redirect451, Some(target), q.external(target))
            } else {
                Answer::refuse(q, Failure::DeviceCannotFollow).seen_as(ClientSees::Status451)
            })
        },
    },
    Rule {
        id: "newer/owa-redirect",
        title: "OWA points at the newer server",
        docs: "The entry cannot serve OWA for a newer mailbox; if the mailbox's site has an OWA ExternalURL \
               on a server of that release, it shows a page that names it.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, trace| {
            if !newer(q, trace, Protocol::Owa) {
                return None;
            }
            let target = published(q, trace)?;
            Some(Answer::redirect(q, Mechanism::RedirectManual, Some(target), q.external(target)))
        },
    },
    Rule {
        id: "newer/autodiscover",
        title: "Autodiscover names a newer server by 302",
        docs: "From 2007 SP2 on, a server asked about a newer mailbox answers HTTP 302 to a Client Access \
               server of that release; the client gives up after ten.",
        source: "Autodiscover RedirectUrl element reference, 2009-07-20",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !newer(q, trace, Protocol::Autodiscover) || q.entry().generation < Generation::E2007Sp2 {
                return None;
            }
            let target = q.candidates().next()?;
            let url = q.external(target).or_else(|| q.directory(target)?.internal_url.as_ref());
            Some(Answer::redirect(q, Mechanism::RedirectSilent, Some(target), url))
        },
    },
    Rule {
        id: "newer/outlook-inside",
        title: "Outlook inside connects where its profile says",
        docs: "The profile names a server of the mailbox's release; the old one is not asked.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, _| {
            if !q.protocol().is_outlook_inside()
                || q.mailbox().generation.major() <= q.entry().generation.major()
            {
                return None;
            }
            Some(match endpoint(q) {
                Some(id) => Answer::endpoint(q, id),
                None => Answer::refuse(q, Failure::NoTarget),
            })
        },
    },
    Rule {
        id: "newer/cannot-serve",
        title: "An older server cannot serve a newer mailbox",
        docs: "Neither serving nor proxying works upwards: let clients reach a server of the newest release \
               first.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, trace| {
            // The address book is a download from the URL handed out, whoever is asked.
            if q.protocol() == Protocol::Oab || !newer(q, trace, q.protocol()) {
                return None;
            }
            Some(Answer::refuse(q, Failure::MailboxNewer))
        },
    },
];

fn newer(q: &View<'_>, trace: &mut Trace, protocol: Protocol) -> bool {
    if q.protocol() != protocol {
        return false;
    }
    let (entry, mailbox) = (q.entry().generation, q.mailbox().generation);
    let newer = mailbox.major() > entry.major();
    if newer {
        trace.note(|| ("releases of entry and mailbox".to_owned(), format!("{entry} and {mailbox}")));
    }
    newer
}
