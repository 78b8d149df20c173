//! What one request takes when nobody else is there, hop by hop.
//!
//! The same figures as in a run (`figures`), their means, without queues:
//! round trips and bytes on the way to each server, work at it. A handshake is
//! counted where every such request begins with one. Next: `casim explain`.

use crate::clients::compile::legs::{cap, more_rounds};
use crate::clients::compile::pieces::{Piece, pieces};
use crate::clients::compile::provisioned::outlook_users;
use crate::clients::compile::request_specs::{RequestSpec, Terms, Volume, access, outlook_task};
use crate::clients::compile::step_specs::specs;
use crate::clients::compile::tcp::{DOWN, End, UP, Windows, between, to_client};
use crate::clients::steps::{
    EasStep, ImapStep, Machine, OutlookStep, OwaStep, PopStep, ProtocolFacts, Recurrence, Step, WebStep,
};
use crate::itinerary::SlowStart;
use crate::kernel::{Id, SimSpan, nanos};
use crate::model::access::{AccessQuery, ClientPlace, Explanation, Mechanism, Stop};
use crate::model::protocol::Protocol;
use crate::model::switches::OperatingSystem;
use crate::model::topology::{Site, Topology};
use crate::model::unit_costs::{Figure, Figures};
use crate::model::workload::{ClientSettings, Profile, Workload};

/// Expected unloaded latency of one hop.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HopTime {
    /// Round trips and transfers between the two ends, ns.
    pub network: SimSpan,
    /// Work of the server that is reached, ns.
    pub server: SimSpan,
}

impl HopTime {
    /// Both.
    #[must_use]
    pub fn whole(self) -> SimSpan {
        self.network + self.server
    }
}

/// The request that stands for a protocol, in words.
#[must_use]
pub fn typical(protocol: Protocol) -> &'static str {
    match ProtocolFacts::of(protocol).machine {
        Machine::Owa => "deleting or filing a message",
        Machine::Eas => "a Sync",
        Machine::Outlook => "a task of ten calls",
        Machine::Web(Recurrence::AllDay | Recurrence::DayBegin) => "a request, handshake included",
        Machine::Web(Recurrence::FirstHalf) => "the day's download",
        Machine::Pop => "a poll without new mail",
        Machine::Imap => "fetching a message",
    }
}

/// The step that it is.
fn typical_step(protocol: Protocol) -> Step {
    match ProtocolFacts::of(protocol).machine {
        Machine::Owa => OwaStep::Delete.into(),
        Machine::Eas => EasStep::Sync.into(),
        Machine::Outlook => OutlookStep::Task.into(),
        Machine::Web(_) => WebStep::Ask.into(),
        Machine::Pop => PopStep::Open.into(),
        Machine::Imap => ImapStep::Fetch.into(),
    }
}

/// The latency of every hop of a decision, leg by leg, for a medium user; `workload`
/// has the figures and tells how many users a server has.
#[must_use]
pub fn unloaded(ask: &AccessQuery<'_>, found: &Explanation, workload: &Workload) -> Vec<Vec<HopTime>> {
    let store = &ask.topology.mailbox[ask.mailbox.index()];
    let major = store.generation.major();
    let settings = ClientSettings::default();
    let figures = workload.figures.as_ref();
    let cas = &ask.topology.cas[ask.entry.index()];
    let methods = ask.protocol.service().map_or(&[][..], |service| &cas.directory(service).auth);
    let inside = matches!(ask.caller.place, Some(ClientPlace::Inside(_)));
    let users = outlook_users(ask.topology, workload)[ask.entry.index()];
    let all = specs(&Terms {
        protocol: ask.protocol,
        major,
        profile: &Profile::ALL[1],
        settings: &settings,
        unit_costs: figures,
        access: access(ask.protocol, methods, inside, &settings, figures),
        outlook_task: outlook_task(cas.generation.major(), cas.system(), users, &settings, figures),
        connects: 1.0,
    });
    let spec = all[typical_step(ask.protocol)];
    let size = settings.messages().mean();
    let facts = ProtocolFacts::of(ask.protocol);
    let client = End::of(&facts, OperatingSystem::of_clients(store.generation));
    let each = Each { ask, spec, size, facts, client, figures };
    let legs = found.stops.iter().zip(&found.mechanisms).zip(&found.moves);
    legs.map(|((stops, mechanism), moves)| {
        let trip = |at: usize| moves.get(at).and_then(|m| m.round_trip);
        (0..stops.len()).map(|at| each.hop(stops, at, *mechanism, [trip(0), trip(at)])).collect()
    })
    .collect()
}

struct Each<'q> {
    ask: &'q AccessQuery<'q>,
    spec: RequestSpec,
    /// Mean size of a message, bytes.
    size: f64,
    facts: ProtocolFacts,
    /// The client's end of TCP: that of the years of the mailbox's release.
    client: End,
    figures: &'q Figures,
}

impl Each<'_> {
    /// The hop to a stop, with the round trips of the first hop and of its own.
    fn hop(
        &self,
        stops: &[Stop],
        at: usize,
        mechanism: Mechanism,
        round_trips: [Option<SimSpan>; 2],
    ) -> HopTime {
        let spec = &self.spec;
        let [first, rtt] = round_trips.map(|trip| trip.map_or(0.0, |span| span.0 as f64));
        let last = at + 1 == stops.len();
        let redirects = mechanism.decision() == crate::model::access::Decision::Redirect;
        let store = &self.ask.topology.mailbox[self.ask.mailbox.index()];
        let work = |megacycles: f64, speed: f64| megacycles / speed * 1e9;
        let calls = f64::from(spec.store_calls);
        let held = work(spec.waited_for(), store.speed()) + calls * store.store_latency.mean();
        let (setup, tls) = spec.setup.map_or((0.0, 0.0), |setup| (setup.round_trips, setup.tls));
        let bytes = self.bytes(spec.up) + self.bytes(spec.down);
        let own = spec.entry + tls + bytes * spec.tls_cycles_a_byte / 1e6;
        let (network, server) = match (stops[at], at) {
            // Told to go elsewhere.
            (Stop::Cas(id), _) if redirects && last => {
                let told = matches!(mechanism, Mechanism::Redirect451 | Mechanism::Refer);
                let page = 2.0 * self.figures[Figure::OwaRequest];
                let (trips, cycles) = if told { (1.0, spec.cas * 0.25) } else { (3.0, page) };
                (rtt * trips, work(cycles, self.speed(id)))
            }
            (Stop::Cas(id), 0) if mechanism == Mechanism::Refuse => {
                let trips = setup + spec.round_trips.min(4.0);
                let cycles = spec.entry + tls + self.figures[Figure::ProxyShare] * spec.cas;
                (rtt * trips, work(cycles, self.speed(id)))
            }
            (Stop::Cas(id), 0) => {
                let passes = !last && matches!(mechanism, Mechanism::Proxy | Mechanism::LegacyProxy);
                let cycles = if passes {
                    own + spec.passing * spec.cas + bytes * spec.proxy_cycles_a_byte / 1e6
                } else {
                    own + spec.cas
                };
                (self.client_leg(rtt, setup, stops[at]), work(cycles, self.speed(id)))
            }
            (Stop::Cas(id), _) => {
                let network = rtt + self.passed_on(stops, at, first);
                let overhead = self.figures[Figure::ProxyOverhead];
                (network + overhead, work(spec.cas, self.speed(id)))
            }
            (Stop::Mailbox(_), 0) => (self.client_leg(rtt, setup, stops[at]), held),
            (Stop::Mailbox(_), _) => {
                // RPC call by call, or the whole request at once.
                let whole = matches!(mechanism, Mechanism::Proxy | Mechanism::LegacyProxy) && at == 1;
                let trips = if whole { 1.0 } else { calls };
                let lan = self.ask.topology.sites[store.site.index()].lan_rtt.0 as f64;
                let inside = if whole { lan * calls } else { 0.0 };
                let bytes = if whole {
                    self.passed_on(stops, at, first)
                } else {
                    self.transfers(stops[at - 1], stops[at])
                };
                (rtt * trips + bytes, held + inside)
            }
        };
        HopTime { network: SimSpan(nanos(network)), server: SimSpan(nanos(server)) }
    }

    fn speed(&self, id: Id<crate::model::topology::CasGroup>) -> f64 {
        self.ask.topology.cas[id.index()].speed()
    }

    fn bytes(&self, volume: Volume) -> f64 {
        match volume {
            Volume::Bytes(bytes) => bytes,
            Volume::Message(factor) => factor * self.size,
            Volume::Page { bytes, message } => bytes + message * self.size,
        }
    }

    fn site(&self, stop: Stop) -> Id<Site> {
        match stop {
            Stop::Cas(id) => self.ask.topology.cas[id.index()].site,
            Stop::Mailbox(id) => self.ask.topology.mailbox[id.index()].site,
        }
    }

    fn system(&self, stop: Stop) -> OperatingSystem {
        match stop {
            Stop::Cas(id) => self.ask.topology.cas[id.index()].system(),
            Stop::Mailbox(id) => self.ask.topology.mailbox[id.index()].system(),
        }
    }

    /// Round trips of a client, and its bytes there and back.
    fn client_leg(&self, rtt: f64, setup: f64, to: Stop) -> f64 {
        let [up, down] = [self.spec.up, self.spec.down].map(|volume| self.bytes(volume) * 8.0);
        let mut trips = setup + self.spec.round_trips;
        let Some(way) = self.client_way(to) else { return rtt * trips };
        if self.spec.spread {
            let (towards, most) = if up > down { (UP, up) } else { (DOWN, down) };
            trips += more_rounds(most, way.windows.initial_bits[towards], self.spec.round_trips);
        }
        rtt * trips + self.sent(up, rtt, UP, &way) + self.answered(&[to], rtt)
    }

    /// The way between a client and its entry, there and back; none on a LAN.
    fn client_way(&self, to: Stop) -> Option<ClientWay> {
        let there = self.site(to);
        let windows = to_client(&self.facts, self.client, self.system(to), self.figures);
        match self.place(there) {
            ClientPlace::Inside(site) => {
                let (reach, pieces) = self.rates(site, there)?;
                let (own, rest) = pieces.split_first()?;
                let inner = self.least(rest, &windows);
                let reach = [UP, DOWN].map(|way| reach[way].min(inner[way]));
                Some(ClientWay {
                    reach,
                    windows,
                    window: own.window,
                    beyond: self.both_ways(site, there) - own.rtt as f64,
                })
            }
            ClientPlace::Internet => Some(self.internet_way(there, windows)),
        }
    }

    /// The same from the Internet.
    fn internet_way(&self, there: Id<Site>, windows: Windows) -> ClientWay {
        let topology = self.ask.topology;
        let line = topology.regions.first().map_or(f64::INFINITY, |region| region.bandwidth.mean());
        let gate = topology.internet_gate(there).unwrap_or(there);
        let pipe = topology.sites[gate.index()].internet.as_ref();
        let pipe = pipe.map_or([f64::INFINITY; 2], |pipe| pipe.bandwidth);
        let (reach, window) = (pipe.map(|rate| rate.min(line)), self.figures[Figure::InternetWindow]);
        let Some((detour, pieces)) = self.rates(gate, there) else {
            return ClientWay { reach, windows, window, beyond: 0.0 };
        };
        // What ends connections has one of its own with the servers; else the client's reaches as far as
        // the first end of TCP on the detour.
        let publisher = topology.sites[gate.index()].publisher.as_ref();
        let (own, rest) = match pieces.split_first() {
            Some((own, rest)) if !publisher.is_some_and(|publisher| publisher.ends_connections) => {
                (Some(own), rest)
            }
            _ => (None, &pieces[..]),
        };
        let inner = self.least(rest, &windows);
        let reach = [UP, DOWN].map(|way| reach[way].min(detour[way]).min(inner[way]));
        let window = own.map_or(window, |own| own.window.min(window));
        let beyond = self.both_ways(gate, there) - own.map_or(0.0, |own| own.rtt as f64);
        ClientWay { reach, windows, window, beyond }
    }

    /// Propagation over the site links from a site to another and back, ns.
    fn both_ways(&self, from: Id<Site>, to: Id<Site>) -> f64 {
        let topology = self.ask.topology;
        topology.path(from, to).map_or(0, |path| topology.propagation(&path)) as f64
    }

    /// Bits of a client at a round trip over its way, ns.
    fn sent(&self, bits: f64, rtt: f64, towards: usize, way: &ClientWay) -> f64 {
        let (rtt, reach) = (rtt - way.beyond, way.reach[towards]);
        let window_bits = way.window.min(way.windows.bytes[towards]) * 8.0;
        if self.spec.spread {
            let cap = if rtt > 0.0 { cap(&self.spec, window_bits * 1e9 / rtt) } else { f64::INFINITY };
            return bits * 1e9 / reach.min(cap);
        }
        let initial_bits = way.windows.initial_bits[towards];
        SlowStart { initial_bits, window_bits, index: None, fixed_ns: 0 }.time(bits, rtt, reach)
    }

    /// The answer out of the last of `stops`, passed on by those before it, ns.
    fn answered(&self, stops: &[Stop], rtt: f64) -> f64 {
        let between = stops.windows(2).filter_map(|pair| {
            let rates = self.open_rates((pair[0], pair[1]), false)?;
            Some(rates[DOWN])
        });
        let least = between.fold(f64::INFINITY, f64::min);
        let bits = self.bytes(self.spec.down) * 8.0;
        match self.client_way(stops[0]) {
            Some(mut way) => {
                way.reach[DOWN] = way.reach[DOWN].min(least);
                self.sent(bits, rtt, DOWN, &way)
            }
            None => bits * 1e9 / least,
        }
    }

    /// What a hop between servers adds to a request that is sent on and to its answer, ns.
    fn passed_on(&self, stops: &[Stop], at: usize, rtt: f64) -> f64 {
        let answer = self.answered(&stops[..=at], rtt) - self.answered(&stops[..at], rtt);
        let rates = self.open_rates((stops[at - 1], stops[at]), false);
        rates.map_or(0.0, |rates| self.bytes(self.spec.up) * 8e9 / rates[UP]) + answer
    }

    fn place(&self, there: Id<Site>) -> ClientPlace {
        self.ask.caller.place.unwrap_or_else(|| {
            let entry = self.ask.topology.cas[self.ask.entry.index()].site;
            let open = |site: Id<Site>| self.ask.topology.sites[site.index()].internet.is_some();
            if open(entry) || open(there) { ClientPlace::Internet } else { ClientPlace::Inside(entry) }
        })
    }

    /// What a store is asked for and answers over the site links, all of them at once, ns.
    fn transfers(&self, from: Stop, to: Stop) -> f64 {
        let (up, down) = (self.bytes(self.spec.up), self.bytes(self.spec.down));
        let rates = self.open_rates((from, to), true);
        rates.map_or(0.0, |rates| up * 8e9 / rates[UP] + down * 8e9 / rates[DOWN])
    }

    /// Rate of an open connection between servers of two sites, bit/s; none inside a site.
    fn open_rates(&self, (from, to): (Stop, Stop), in_store: bool) -> Option<[f64; 2]> {
        let (reach, pieces) = self.rates(self.site(from), self.site(to))?;
        let windows = between(&self.facts, in_store, [self.system(from), self.system(to)], self.figures);
        let least = self.least(&pieces, &windows);
        Some([UP, DOWN].map(|way| reach[way].min(least[way])))
    }

    /// Rate of an open connection over these, one after another, each way, bit/s.
    fn least(&self, pieces: &[Piece], windows: &Windows) -> [f64; 2] {
        windows.bytes.map(|bytes| {
            pieces.iter().map(|piece| cap(&self.spec, piece.cap(bytes))).fold(f64::INFINITY, f64::min)
        })
    }

    /// The least bandwidth there, and back, bit/s, and what lies between ends of TCP; none inside a site.
    fn rates(&self, from: Id<Site>, to: Id<Site>) -> Option<([f64; 2], Vec<Piece>)> {
        let topology: &Topology = self.ask.topology;
        let path = topology.path(from, to).filter(|path| !path.is_empty())?;
        let reach = path.iter().fold([f64::INFINITY; 2], |[there, back], &(link, way)| {
            let link = &topology.links[link.index()];
            let rate = |way: usize| link.bandwidth[way] * link.available;
            [there.min(rate(way)), back.min(rate(1 - way))]
        });
        Some((reach, pieces(topology, &path)))
    }
}

/// The way of a client's connection.
struct ClientWay {
    /// What links let through there and back, all of them and the client's line at once, bit/s.
    reach: [f64; 2],
    windows: Windows,
    /// Largest window that the way lets through, bytes.
    window: f64,
    /// Round trip that is not its connection's, but behind a line optimiser, ns.
    beyond: f64,
}
