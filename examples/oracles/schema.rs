//! The file of exact results: schema `client-access-oracles/1`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A file of oracles.
#[derive(Debug, Deserialize)]
pub struct File {
    pub schema: String,
    #[serde(default)]
    pub set: String,
    pub oracles: Vec<Oracle>,
}

/// A model and what is known of it.
#[derive(Debug, Deserialize)]
pub struct Oracle {
    pub id: String,
    #[serde(default)]
    pub title: String,
    pub kind: Kind,
    pub model: Model,
    pub metrics: Vec<Metric>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Stochastic,
    Deterministic,
}

impl Law {
    /// Variance of the variable; `None` where its parameters do not say.
    pub fn variance(&self) -> Option<f64> {
        match self.dist {
            LawKind::Deterministic => Some(0.0),
            LawKind::Exponential => self.mean.map(|mean| mean * mean),
            LawKind::Uniform if self.mean.is_none() => {
                Some((self.high? - self.low?) * (self.high? - self.low?) / 12.0)
            }
            _ => Some((self.mean? * self.cv?) * (self.mean? * self.cv?)),
        }
    }

    /// Mean of the variable.
    pub fn expected(&self) -> Option<f64> {
        self.mean.or_else(|| Some(f64::midpoint(self.low?, self.high?)))
    }
}

/// One exact value; `scope` names a station, link, path or source.
#[derive(Debug, Deserialize)]
pub struct Metric {
    pub name: String,
    pub value: f64,
    pub scope: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Model {
    pub sources: Vec<Source>,
    #[serde(default)]
    pub stations: Vec<Station>,
    #[serde(default)]
    pub links: Vec<Link>,
    #[serde(default)]
    pub delays: Vec<Delay>,
    pub path: Option<Vec<String>>,
    #[serde(default)]
    pub paths: BTreeMap<String, Vec<String>>,
    pub routing: Option<Routing>,
    #[serde(default)]
    pub outages: Vec<Outage>,
    /// Volume of a transfer over a link that does not say it itself.
    pub transfer_bits: Option<Law>,
}

#[derive(Debug, Deserialize)]
pub struct Source {
    pub id: String,
    pub kind: SourceKind,
    pub rate: Option<f64>,
    pub users: Option<u32>,
    pub think: Option<Law>,
    #[serde(default)]
    pub mix: BTreeMap<String, f64>,
    /// Station at which a routed session begins.
    pub entry: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    Poisson,
    Closed,
}

/// A distribution; `cv` is of the variable itself.
#[derive(Clone, Debug, Deserialize)]
pub struct Law {
    pub dist: LawKind,
    #[serde(alias = "value")]
    pub mean: Option<f64>,
    pub cv: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LawKind {
    Exponential,
    Deterministic,
    Lognormal,
    Gamma,
    Uniform,
}

#[derive(Debug, Deserialize)]
pub struct Station {
    pub id: String,
    pub cores: u32,
    pub service: Law,
    pub queue_limit: Option<u32>,
}

#[derive(Debug, Deserialize)]
pub struct Link {
    pub id: String,
    pub bandwidth_bps: f64,
    pub transfer_bits: Option<Law>,
}

#[derive(Debug, Deserialize)]
pub struct Delay {
    pub id: String,
    pub value_s: f64,
}

#[derive(Debug, Deserialize)]
pub struct Routing {
    pub order: Vec<String>,
    pub matrix: Vec<Vec<f64>>,
}

#[derive(Debug, Deserialize)]
pub struct Outage {
    pub station: String,
    pub mode: Mode,
    pub first_start: Option<f64>,
    pub duration: Option<f64>,
    pub period: Option<f64>,
    pub up: Option<Law>,
    pub down: Option<Law>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Hold,
    Kill,
    Drain,
}
