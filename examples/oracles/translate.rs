//! A model of the file, as a scenario: text that casim's own reader reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use casim::model::Model;
use casim::scenario::load_text;

use crate::schema::{self, Law, LawKind, Mode, SourceKind};

/// End of the first outage and time from one to the next, s.
type Cycle = (f64, f64);

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
    /// A lognormal law with cv 2 or more is in it.
    pub heavy_tail: bool,
    /// Users of all closed sources.
    pub users: u32,
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
        LawKind::Uniform => Ok(format!(
            "{{ uniform = {{ low = \"{} {unit}\", high = \"{} {unit}\" }} }}",
            need(law.low, "low")?,
            need(law.high, "high")?
        )),
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

/// Name, share and path of a class.
type Class<'m> = (&'m str, f64, &'m [String]);

/// The classes of a source: name, share and path. A model with one path has one
/// class, which the reader names after the source.
fn classes<'m>(model: &'m schema::Model, source: &'m schema::Source) -> Result<Vec<Class<'m>>, String> {
    if let Some(path) = &model.path {
        return Ok(vec![(&source.id, 1.0, path)]);
    }
    if source.mix.is_empty() {
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

fn outage(outage: &schema::Outage, cycle: &mut Option<Cycle>, text: &mut String) -> Result<(), String> {
    let effect = match outage.mode {
        Mode::Hold => "hold",
        Mode::Kill => "kill",
        Mode::Drain => "drain",
    };
    let what = format!("station.{}", outage.station);
    let _ = writeln!(text, "\n[[outage]]\nwhat = {what:?}\neffect = {effect:?}");
    match (&outage.up, &outage.down, outage.first_start, outage.duration) {
        (Some(up), Some(down), ..) => {
            let _ = writeln!(text, "mtbf = {}\nmttr = {}", law(up, "s")?, law(down, "s")?);
        }
        (_, _, Some(first), Some(duration)) => {
            let _ = writeln!(text, "at = \"{first} s\"\nfor = \"{duration} s\"");
            if let Some(period) = outage.period {
                *cycle = Some((first + duration, period));
                let _ = writeln!(text, "every = \"{period} s\"");
            }
        }
        _ => return Err("an outage needs `first_start` and `duration`, or `up` and `down`".to_owned()),
    }
    Ok(())
}

/// The scenario's text; how long to run is the runner's affair.
fn write(model: &schema::Model, cycle: &mut Option<Cycle>) -> Result<String, String> {
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
        outage(struck, cycle, &mut text)?;
    }
    Ok(text)
}

/// Translates one model.
pub fn translate(model: &schema::Model) -> Result<Translated, String> {
    let mut cycle = None;
    let text = write(model, &mut cycle)?;
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
    })
}
