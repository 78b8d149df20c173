//! A model of the file, as a scenario: text that casim's own reader reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use casim::model::Model;
use casim::scenario::load_text;

use crate::schema::{self, Law, LawKind, Mode, SourceKind};

/// End of the first outage and time from one to the next, s.
type Cycle = (f64, f64);

/// What a model's outages and closed users need of the length of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lengths {
    /// Longest cycle of an outage at random (up and down), s.
    pub random_cycle: f64,
    /// Longest period where periodic outages have several, s.
    pub uneven_period: f64,
    /// Closed users who think for nearly the same time begin in step: so long until
    /// they are out of step, s.
    pub in_step: f64,
    /// End of the last single outage, s.
    pub last_end: f64,
}

/// A translated model, with what its figures are found by.
pub struct Translated {
    pub model: Model,
    /// The scenario that it was read from.
    pub text: String,
    /// Sources' names, in order.
    pub sources: Vec<String>,
    /// By class name: Client Access servers visited beyond the moves between servers.
    pub entry_hops: BTreeMap<String, f64>,
    /// Cycle of a periodic outage.
    pub cycle: Option<Cycle>,
    /// What the length of a run has to do with.
    pub lengths: Lengths,
    /// A lognormal law with cv 2 or more is in it.
    pub heavy_tail: bool,
    /// A session is one stop, without delays.
    pub single_stop: bool,
    /// Users of all closed sources.
    pub users: u32,
}

impl Translated {
    /// Mean thinking time of the quickest closed users, s; 1 where there are none.
    pub fn shortest_think(&self) -> f64 {
        use casim::model::workload::Arrivals;
        let thinks = self.model.workload.sources.iter().filter_map(|source| match &source.arrivals {
            Arrivals::Closed { think, .. } => Some(think.mean() / 1e9),
            _ => None,
        });
        thinks.reduce(f64::min).unwrap_or(1.0)
    }
}

/// A law as the scenario writes it, in units of `unit` (`s`, `bit`).
fn law(law: &Law, unit: &str) -> Result<String, String> {
    let need = |value: Option<f64>, what: &str| {
        value.ok_or_else(|| format!("a {:?} distribution needs `{what}`", law.dist))
    };
    let shape = |kind: &str| -> Result<String, String> {
        let (mean, cv) = (need(law.mean, "mean")?, need(law.cv, "cv")?);
        Ok(format!("{{ {kind} = {{ mean = \"{mean} {unit}\", cv = {cv:?} }} }}"))
    };
    match law.dist {
        LawKind::Exponential => {
            Ok(format!("{{ exponential = {{ mean = \"{} {unit}\" }} }}", need(law.mean, "mean")?))
        }
        LawKind::Deterministic => Ok(format!("\"{} {unit}\"", need(law.mean, "mean")?)),
        LawKind::Lognormal => shape("lognormal"),
        LawKind::Gamma => shape("gamma"),
        LawKind::Uniform => {
            // By its bounds, or by mean and cv: half the width is sqrt(3) deviations.
            let (low, high) = match (law.low, law.high, law.mean, law.cv) {
                (Some(low), Some(high), ..) => (low, high),
                (_, _, Some(mean), Some(cv)) => {
                    let half = 3.0_f64.sqrt() * mean * cv;
                    (mean - half, mean + half)
                }
                _ => {
                    return Err(
                        "a uniform distribution needs `low` and `high`, or `mean` and `cv`".to_owned()
                    );
                }
            };
            Ok(format!("{{ uniform = {{ low = \"{low} {unit}\", high = \"{high} {unit}\" }} }}"))
        }
    }
}

fn path(stops: &[String]) -> String {
    format!("{stops:?}")
}

/// The path that `class` of `source` takes: its own, or one named after the
/// source's site (`site2_local` for class `local` of `site2_clients`).
fn path_of<'m>(model: &'m schema::Model, source: &str, class: &str) -> Option<(&'m str, &'m [String])> {
    let site = source.split('_').next().unwrap_or(source);
    let named = |name: &str| model.paths.get_key_value(name).map(|(k, v)| (k.as_str(), v.as_slice()));
    named(&format!("{site}_{class}")).or_else(|| named(class))
}

/// The path that is called like the site of a source (`north` for `north_clients`).
fn own_path<'m>(model: &'m schema::Model, source: &str) -> Option<(&'m str, &'m [String])> {
    let site = source.split('_').next().unwrap_or(source);
    model.paths.get_key_value(site).map(|(k, v)| (k.as_str(), v.as_slice()))
}

/// Name, share and path of a class.
type Class<'m> = (&'m str, f64, &'m [String]);

/// The classes of a source: name, share and path. A model with one path has one
/// class, which the reader names after the source.
fn classes<'m>(model: &'m schema::Model, source: &'m schema::Source) -> Result<Vec<Class<'m>>, String> {
    if let Some(path) = &model.path {
        return Ok(vec![(&source.id, 1.0, path)]);
    }
    if source.mix.is_empty() {
        // Its own path, by its own name; else every path as often.
        if let Some((name, path)) =
            path_of(model, &source.id, &source.id).or_else(|| own_path(model, &source.id))
        {
            return Ok(vec![(name, 1.0, path)]);
        }
        let share = 1.0 / model.paths.len() as f64;
        return Ok(model.paths.iter().map(|(name, path)| (name.as_str(), share, path.as_slice())).collect());
    }
    let classes = source.mix.iter().map(|(class, &share)| {
        let found = path_of(model, &source.id, class);
        found
            .map(|(name, path)| (name, share, path))
            .ok_or_else(|| format!("no path for class `{class}` of `{}`", source.id))
    });
    classes.collect()
}

fn source(model: &schema::Model, source: &schema::Source, text: &mut String) -> Result<(), String> {
    let arrivals = match source.kind {
        SourceKind::Poisson => {
            format!("{{ poisson = \"{} /s\" }}", source.rate.ok_or("a Poisson source needs `rate`")?)
        }
        SourceKind::Closed => {
            let users = source.users.ok_or("a closed source needs `users`")?;
            let think = law(source.think.as_ref().ok_or("a closed source needs `think`")?, "s")?;
            format!("{{ closed = {{ users = {users}, think = {think} }} }}")
        }
    };
    let _ = writeln!(text, "\n[[source]]\nname = {:?}\narrivals = {arrivals}", source.id);
    if let Some(routing) = &model.routing {
        let entry = source.entry.as_ref().or(routing.order.first()).ok_or("the routing is empty")?;
        let rows = routing.order.iter().zip(&routing.matrix).map(|(from, row)| {
            let targets = routing.order.iter().zip(row).filter(|(_, p)| **p > 0.0);
            let targets: Vec<String> = targets.map(|(to, p)| format!("{to:?} = {p:?}")).collect();
            format!("{from:?} = {{ {} }}", targets.join(", "))
        });
        let rows: Vec<String> = rows.collect();
        let _ = writeln!(text, "entry = {entry:?}\nrouting = {{ {} }}", rows.join(", "));
        return Ok(());
    }
    let classes = classes(model, source)?;
    if model.path.is_some() {
        let _ = writeln!(text, "path = {}", path(classes[0].2));
        return Ok(());
    }
    for (name, share, stops) in classes {
        let _ =
            writeln!(text, "[[source.class]]\nname = {name:?}\nshare = {share:?}\npath = {}", path(stops));
    }
    Ok(())
}

fn outage(
    outage: &schema::Outage,
    cycle: &mut Option<Cycle>,
    lengths: &mut Lengths,
    text: &mut String,
) -> Result<(), String> {
    let effect = match outage.mode {
        Mode::Hold => "hold",
        Mode::Kill => "kill",
        Mode::Drain => "drain",
    };
    let what = format!("station.{}", outage.station);
    let _ = writeln!(text, "\n[[outage]]\nwhat = {what:?}\neffect = {effect:?}");
    match (&outage.up, &outage.down, outage.first_start, outage.duration) {
        (Some(up), Some(down), ..) => {
            let whole = up.expected().unwrap_or(0.0) + down.expected().unwrap_or(0.0);
            lengths.random_cycle = lengths.random_cycle.max(whole);
            let _ = writeln!(text, "mtbf = {}\nmttr = {}", law(up, "s")?, law(down, "s")?);
        }
        (_, _, Some(first), Some(duration)) => {
            let _ = writeln!(text, "at = \"{first} s\"\nfor = \"{duration} s\"");
            if let Some(period) = outage.period {
                *cycle = match *cycle {
                    None => Some((first + duration, period)),
                    Some((end, same)) if same == period => Some((end.max(first + duration), period)),
                    Some((end, other)) => {
                        lengths.uneven_period = lengths.uneven_period.max(period).max(other);
                        Some((end.max(first + duration), other))
                    }
                };
                let _ = writeln!(text, "every = \"{period} s\"");
            } else {
                lengths.last_end = lengths.last_end.max(first + duration);
            }
        }
        _ => return Err("an outage needs `first_start` and `duration`, or `up` and `down`".to_owned()),
    }
    Ok(())
}

/// The scenario's text; how long to run is the runner's affair.
fn write(model: &schema::Model, cycle: &mut Option<Cycle>, lengths: &mut Lengths) -> Result<String, String> {
    let mut text = "name = \"oracle\"\n\n[run]\nwindow = \"1000 h\"\nwarmup = \"0 s\"\n".to_owned();
    for station in &model.stations {
        let service = law(&station.service, "s")?;
        let _ = writeln!(
            text,
            "\n[[station]]\nname = {:?}\ncores = {}\nservice = {service}",
            station.id, station.cores
        );
        if let Some(limit) = station.queue_limit {
            let _ = writeln!(text, "queue_limit = {limit}");
        }
    }
    for link in &model.links {
        let volume = link.transfer_bits.as_ref().or(model.transfer_bits.as_ref());
        let volume = law(volume.ok_or_else(|| format!("link `{}` has no `transfer_bits`", link.id))?, "bit")?;
        let _ = writeln!(
            text,
            "\n[[pipe]]\nname = {:?}\nbandwidth = \"{} bps\"\nvolume = {volume}",
            link.id, link.bandwidth_bps
        );
    }
    for delay in &model.delays {
        let _ = writeln!(text, "\n[[delay]]\nname = {:?}\nspan = \"{} s\"", delay.id, delay.value_s);
    }
    for from in &model.sources {
        source(model, from, &mut text)?;
    }
    for struck in &model.outages {
        outage(struck, cycle, lengths, &mut text)?;
    }
    Ok(text)
}

/// Translates one model.
pub fn translate(model: &schema::Model) -> Result<Translated, String> {
    let mut cycle = None;
    let mut lengths = Lengths { in_step: in_step(model), ..Lengths::default() };
    let text = write(model, &mut cycle, &mut lengths)?;
    let scenario = load_text("oracle.toml", &text, Path::new("."), &[])
        .map_err(|faults| format!("the scenario does not load: {faults:?}\n{text}"))?;
    let mut entry_hops = BTreeMap::new();
    for source in &model.sources {
        if model.routing.is_some() {
            break;
        }
        for (name, _, stops) in classes(model, source)? {
            let mut stations = stops.iter().filter(|stop| model.stations.iter().any(|s| s.id == **stop));
            // Moves from server to server count the last Client Access server only
            // when something, a mailbox server, comes after it.
            let ends_at_mailbox = stations.next_back().is_some_and(|last| last.starts_with("mbx"));
            entry_hops.insert(name.to_owned(), if ends_at_mailbox { 0.0 } else { 1.0 });
        }
    }
    let heavy = |law: &Law| law.dist == LawKind::Lognormal && law.cv.is_some_and(|cv| cv >= 2.0);
    let volumes =
        model.links.iter().filter_map(|l| l.transfer_bits.as_ref().or(model.transfer_bits.as_ref()));
    Ok(Translated {
        heavy_tail: model.stations.iter().map(|s| &s.service).chain(volumes).any(heavy),
        sources: model.sources.iter().map(|s| s.id.clone()).collect(),
        users: model.sources.iter().filter_map(|s| s.users).sum(),
        model: scenario.model,
        text,
        entry_hops,
        cycle,
        lengths,
        single_stop: model.routing.is_none()
            && model.path.as_ref().is_some_and(|path| path.len() == 1 && !path[0].contains(' ')),
    })
}

/// Closed users begin together; what a user's cycle varies by parts them. On the
/// circle of one cycle Z their phases have forgotten the beginning, to 1 in 10^4, after
/// half of (Z / s)^2 cycles, s^2 the variance of a cycle.
fn in_step(model: &schema::Model) -> f64 {
    let bits = |link: &schema::Link| -> Option<f64> {
        let law = link.transfer_bits.as_ref().or(model.transfer_bits.as_ref())?;
        Some(law.variance()? / (link.bandwidth_bps * link.bandwidth_bps))
    };
    let served: f64 = model
        .stations
        .iter()
        .filter_map(|station| station.service.variance())
        .chain(model.links.iter().filter_map(bits))
        .sum();
    let one = |source: &schema::Source| {
        let think = source.think.as_ref()?;
        let (mean, variance) = (think.expected()?, think.variance()? + served);
        (variance > 0.0).then(|| 0.5 * mean * mean / variance * 1.5 * mean)
    };
    model.sources.iter().filter_map(one).fold(0.0, f64::max)
}
