//! How often a client takes each step in a span of its day, in the mean.
//!
//! Must not know what a step costs. Next: [`super::offered_load`].

use super::owa_sessions::OwaSpan;
use crate::clients::compile::request_specs::{keep_alives_a_gap, outlook_tasks, owa_day};
use crate::clients::roster::{Behaviour, Cohort, IdleTimeout};
use crate::clients::steps::{
    EasStep, ImapStep, Machine, OutlookStep, OwaStep, PopStep, ProtocolFacts, Recurrence, Silence, Step,
    WebStep,
};
use crate::kernel::SimSpan;

/// A span of one cohort's day, short beside the changes of the day curve.
pub(super) struct Span<'h> {
    pub(super) behaviour: &'h Behaviour,
    /// Work done at its beginning and its end, days.
    pub(super) work: (f64, f64),
    /// Work of this day of the week by that of the profile's.
    pub(super) factor: f64,
    /// Length, ns.
    pub(super) ns: f64,
    /// Sessions of OWA in it.
    pub(super) owa: OwaSpan,
    /// Time since the run began at its beginning, ns.
    pub(super) since: f64,
}

impl Span<'_> {
    /// Share of the profile's day that falls into it.
    fn share(&self) -> f64 {
        (self.work.1 - self.work.0) * self.factor
    }

    /// Mean of a function of the position in the day's work, over this hour.
    fn over(&self, f: impl Fn(f64) -> f64) -> f64 {
        const PIECES: u32 = 4;
        let width = (self.work.1 - self.work.0) / f64::from(PIECES);
        let place = |piece: u32| self.work.0 + (f64::from(piece) + 0.5) * width;
        (0..PIECES).map(|piece| f(place(piece) - libm::floor(place(piece)))).sum::<f64>() / f64::from(PIECES)
    }

    /// Share of the clients that are at work, averaged over this hour.
    pub(super) fn present(&self) -> f64 {
        if self.behaviour.always_connected {
            return 1.0;
        }
        if self.factor <= 0.0 {
            return 0.0;
        }
        let [begins, ends] = &self.behaviour.day_bounds;
        self.over(|x| begins.passed(x) - ends.passed(x))
    }

    /// Clients whose working day begins in it.
    fn beginning(&self) -> f64 {
        if self.factor <= 0.0 {
            return 0.0;
        }
        let [begins, _] = &self.behaviour.day_bounds;
        let (from, to) = self.work;
        let day = libm::floor(from);
        let until =
            |x: f64| if x >= day + 1.0 { 1.0 + begins.passed(x - day - 1.0) } else { begins.passed(x - day) };
        until(to) - until(from)
    }

    /// Messages that have waited and are fetched in it by those who connect for the first time in
    /// the run: on its first day.
    fn backlog(&self) -> f64 {
        const DAY: f64 = 24.0 * 3_600e9;
        if self.since < DAY { self.connecting() * f64::from(self.behaviour.settings.backlog) } else { 0.0 }
    }

    /// Clients that connect in it.
    fn connecting(&self) -> f64 {
        if self.behaviour.always_connected { 0.0 } else { self.beginning() }
    }
}

/// How often one client takes each step in a span; a held request is closed in plain sight
/// after `timeout` ns.
fn rates(cohort: &Cohort, behaviour: &Behaviour, timeout: u64, span: &Span) -> Vec<(Step, f64)> {
    let (profile, settings) = (&behaviour.profile, &behaviour.settings);
    let share = span.share();
    let every = |ns: u64| span.ns / (ns.max(1) as f64);
    // The day's tasks fall into the working day, which is this much of the day's work.
    let [begins, ends] = [&behaviour.day_bounds[0], &behaviour.day_bounds[1]].map(|edge| edge.place(0.5));
    let working = if behaviour.always_connected { 1.0 } else { (ends - begins).max(1e-9) };
    match cohort.machine {
        Machine::Owa => {
            let day = owa_day(profile, settings);
            let whole: f64 = day.iter().map(|(_, count)| count).sum();
            let of = |kind: f64| if whole > 0.0 { span.owa.actions * kind / whole } else { 0.0 };
            let mut rates: Vec<(Step, f64)> = vec![
                (OwaStep::Logon.into(), span.owa.logons),
                (OwaStep::Poll.into(), span.owa.polls),
                (OwaStep::Logoff.into(), span.owa.logoffs),
            ];
            rates.extend(day.map(|(step, count)| (step.into(), of(count))));
            rates
        }
        Machine::Eas => {
            // A Ping ends at the heartbeat or at the next mail, whichever is first.
            let rate = profile.received * share / span.ns;
            let pings = |&(share, heartbeat): &(f64, SimSpan)| {
                let heartbeat = cohort.heartbeat(settings, heartbeat).0.min(timeout).max(1) as f64;
                let length = if rate * heartbeat > 1e-9 {
                    (1.0 - libm::exp(-rate * heartbeat)) / rate
                } else {
                    heartbeat
                };
                share * span.ns / length
            };
            vec![
                (EasStep::Ping.into(), settings.eas_heartbeat.shares().iter().map(pings).sum()),
                (
                    EasStep::Sync.into(),
                    (profile.received * settings.eas_syncs_per_mail + profile.sent) * share,
                ),
                (EasStep::Send.into(), profile.sent * share),
            ]
        }
        Machine::Outlook => outlook_rates(behaviour, working, span),
        Machine::Pop => {
            // What has waited is fetched by the first poll in the run.
            let first = span.since < settings.pop_poll.0 as f64;
            let waited = if first { every(settings.pop_poll.0) * f64::from(settings.backlog) } else { 0.0 };
            vec![
                (PopStep::Open.into(), every(settings.pop_poll.0)),
                (PopStep::Retrieve.into(), profile.received * share + waited),
            ]
        }
        Machine::Imap => {
            let present = span.present();
            vec![
                (ImapStep::Logon.into(), span.connecting()),
                (ImapStep::Fetch.into(), profile.received * share * present + span.backlog()),
                (ImapStep::Idle.into(), every(settings.imap_idle.0) * present),
            ]
        }
        Machine::Web(Recurrence::AllDay) => {
            vec![(WebStep::Ask.into(), settings.ews_requests_per_day * share)]
        }
        Machine::Web(Recurrence::DayBegin) => vec![(WebStep::Ask.into(), span.beginning())],
        // Somewhere in the first half of the working day.
        Machine::Web(Recurrence::FirstHalf) => {
            let (from, to) = (begins.min(0.49), 0.5);
            vec![(
                WebStep::Ask.into(),
                share * span.over(|x| if (from..to).contains(&x) { 1.0 / (to - from) } else { 0.0 }),
            )]
        }
    }
}

/// As [`rates`], of Outlook, whose day's tasks fall into `working` of the day's work.
fn outlook_rates(behaviour: &Behaviour, working: f64, span: &Span) -> Vec<(Step, f64)> {
    let (profile, settings) = (&behaviour.profile, &behaviour.settings);
    let share = span.share();
    let present = span.present();
    let tasks = outlook_tasks(profile, settings) * share * present / working;
    let messages = profile.sent + profile.received;
    let of = |n: f64| {
        let all = outlook_tasks(profile, settings).max(messages);
        if all > 0.0 { tasks * n / all } else { 0.0 }
    };
    let idle = settings.outlook_keep_alive.0.max(1) as f64;
    let rate = if present > 0.0 { tasks / present / span.ns } else { 0.0 };
    // Gaps are exponential; a gap holds as many keep-alives as it holds whole idle times.
    let alive = if rate * idle > 1e-9 { rate * keep_alives_a_gap(1.0 / rate, idle) } else { 1.0 / idle };
    vec![
        (OutlookStep::Connect.into(), span.connecting()),
        (OutlookStep::Receive.into(), of(profile.received) + span.backlog()),
        (OutlookStep::Send.into(), of(profile.sent)),
        (OutlookStep::Task.into(), tasks - of(messages)),
        (OutlookStep::KeepAlive.into(), alive * present * span.ns),
    ]
}

/// How often one client of `cohort` takes each step, reopenings of connections among them.
pub(super) fn rates_of(cohort: &Cohort, behaviour: &Behaviour, span: &Span) -> Vec<(Step, f64)> {
    // A connection that is closed in plain sight is opened again at once.
    let timeout =
        cohort.idle_timeout.filter(|timeout| !timeout.silent).map_or(u64::MAX, |timeout| timeout.after.0);
    let mut rates = rates(cohort, behaviour, timeout, span);
    if cohort.refused.is_some() {
        // Every program is the refusal; a device that is refused stays away for hours.
        rates.truncate(usize::from(cohort.machine != Machine::Eas));
        if let (Machine::Owa, Some((_, logons))) = (cohort.machine, rates.first_mut()) {
            // Turned away, nobody is in a session.
            *logons = behaviour.profile.owa_logons * span.share();
        }
    } else if let Some(timeout) = cohort.idle_timeout {
        reopenings(ProtocolFacts::of(cohort.protocol).silence, timeout, behaviour, span, &mut rates);
    }
    rates
}

/// Adds how often connections are opened again that an idle time-out has ended: gaps
/// between tasks, and between messages, are exponential. Those of OWA are left out: a
/// handshake in some of the gaps between polls.
fn reopenings(
    silence: Silence,
    timeout: IdleTimeout,
    behaviour: &Behaviour,
    span: &Span,
    rates: &mut Vec<(Step, f64)>,
) {
    let present = span.present() * span.ns;
    if present <= 0.0 {
        return;
    }
    let (settings, after) = (&behaviour.settings, timeout.after.0.max(1) as f64);
    let of = |steps: &[Step], rates: &[(Step, f64)]| -> f64 {
        rates.iter().filter(|(step, _)| steps.contains(step)).map(|(_, rate)| rate).sum()
    };
    // Ends of waits of mean 1 / `rate` that last longer than `ns`, each as often as it
    // holds that time.
    let held = |rate: f64, ns: f64| {
        if rate * ns > 1e-9 { rate * keep_alives_a_gap(1.0 / rate, ns) } else { 1.0 / ns }
    };
    let tasks = [OutlookStep::Receive, OutlookStep::Send, OutlookStep::Task].map(Step::from);
    let again = match silence {
        Silence::KeepAlive => {
            let tasks = of(&tasks, rates) / present;
            // In place of keep-alives.
            rates.retain(|(step, _)| *step != OutlookStep::KeepAlive.into());
            if timeout.silent {
                let keep_alive = settings.outlook_keep_alive.0.max(1) as f64;
                // A gap that outlasts it, begun anew by each keep-alive.
                let found = if tasks * keep_alive > 1e-9 {
                    tasks / -libm::expm1(-tasks * keep_alive)
                } else {
                    1.0 / keep_alive
                };
                found * libm::exp(-tasks * after)
            } else {
                held(tasks, after)
            }
        }
        Silence::Unbounded => {
            let tasks = of(&tasks, rates) / present;
            tasks * libm::exp(-tasks * after)
        }
        Silence::Idle => {
            let mail = of(&[ImapStep::Fetch.into()], rates) / present;
            rates.retain(|(step, _)| *step != ImapStep::Idle.into());
            if timeout.silent {
                let idle = settings.imap_idle.0.max(1) as f64;
                let outlasts = libm::exp(-mail * after);
                let heard = if mail * after > 1e-9 { (1.0 - outlasts) / mail } else { after };
                outlasts / (heard + outlasts * (idle - after))
            } else {
                held(mail, after)
            }
        }
        Silence::Heartbeat | Silence::Poll | Silence::NoConnection => return,
    };
    rates.push((Step::REOPENING, again * present));
}
