//! What is varied: a path and its values, as `--vary PATH=VALUES` writes them.
//!
//! Values are parted by commas: single ones (`2,10,50 Mbps`: the last one's unit holds for those
//! without), ranges (`1..8`, `1000..5000:1000`, `10..1000:log5`, `0..1:lin5`), and factors of what the
//! scenario has (`x0.5..x2:log5`, or `80%..160%:20%` where what it has is no share). A `*` in
//! the path varies all that it stands for together.
//!
//! Must not know what is played.

use crate::scenario::{Override, Scenario, Stated, stated};

/// Values of one parameter at most.
const MOST: usize = 10_000;

/// A quantity that is varied.
#[derive(Clone, PartialEq, Debug)]
pub struct Parameter {
    /// The path, as given.
    pub path: String,
    /// Its values.
    pub values: Vec<Setting>,
}

/// One value of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Setting {
    /// As it is shown: the value, or the factor where several paths are varied by one.
    pub shown: String,
    /// What is set.
    pub sets: Vec<Override>,
}

/// A number with what stands around it.
#[derive(Clone, PartialEq, Debug)]
struct Amount {
    factor: bool,
    number: f64,
    unit: String,
    whole: bool,
}

impl Amount {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (factor, rest) = match text.strip_prefix('x') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let end = rest
            .char_indices()
            .find(|&(at, c)| {
                !(c.is_ascii_digit() || c == '.' && !rest[at..].starts_with("..") || c == '-' && at == 0)
            })
            .map_or(rest.len(), |(at, _)| at);
        let number: f64 = rest[..end].parse().ok()?;
        let unit = rest[end..].trim().to_owned();
        let sound = unit.chars().all(|c| c.is_alphabetic() || c == '%' || c == '/');
        let whole = !rest[..end].contains('.');
        (sound && number.is_finite() && (!factor || unit.is_empty())).then_some(Self {
            factor,
            number,
            unit,
            whole,
        })
    }

    fn with(&self, number: f64) -> Self {
        let number = rounded(number);
        Self { number, whole: self.whole && number.fract() == 0.0, ..self.clone() }
    }

    /// As a factor: of per cent the share.
    fn share(&self) -> f64 {
        if self.factor { self.number } else { self.number / 100.0 }
    }

    fn is_bare(&self) -> bool {
        !self.factor && self.unit.is_empty()
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { factor, number, unit, .. } = self;
        let (x, blank) = (if *factor { "x" } else { "" }, if unit.is_empty() { "" } else { " " });
        write!(f, "{x}{number}{blank}{unit}")
    }
}

/// To six significant digits.
fn rounded(number: f64) -> f64 {
    format!("{number:.5e}").parse().unwrap_or(number)
}

/// Reads `PATH=VALUES` for a scenario.
///
/// # Errors
/// A sentence.
pub fn parameter(scenario: &Scenario, text: &str) -> Result<Parameter, String> {
    let Override { path, value } = Override::parse(text)?;
    let paths = stated(&scenario.resolved, &path)?;
    let values = values(&value).map_err(|why| format!("`{text}`: {why}"))?;
    let settings = values.into_iter().map(|given| setting(text, &paths, &given));
    let mut values = settings.collect::<Result<Vec<Setting>, String>>()?;
    let mut seen = std::collections::BTreeSet::new();
    values
        .retain(|setting| seen.insert(setting.sets.iter().map(|set| set.value.clone()).collect::<Vec<_>>()));
    Ok(Parameter { path, values })
}

/// Refuses parameters of which two set the same path: one of them would win.
///
/// # Errors
/// A sentence.
pub fn distinct(parameters: &[Parameter]) -> Result<(), String> {
    let mut set = std::collections::BTreeMap::new();
    for parameter in parameters {
        for of in parameter.values.first().iter().flat_map(|setting| &setting.sets) {
            match set.insert(&of.path, &parameter.path) {
                Some(before) if *before == parameter.path => {
                    return Err(format!("`{before}` is varied twice: one --vary can have all its values"));
                }
                Some(before) => {
                    return Err(format!("`{}` is varied by `{before}` and by `{}`", of.path, parameter.path));
                }
                None => {}
            }
        }
    }
    Ok(())
}

/// Whether an amount is a factor of what the scenario has.
fn relative(amount: &Amount, base: Option<&Stated>) -> bool {
    amount.factor
        || amount.unit == "%" && !matches!(base, None | Some(Stated::Text(_) | Stated::Other))
        || amount.unit == "%" && matches!(base, Some(Stated::Text(text)) if !text.contains('%'))
}

/// One value laid on every path; `text` is what faults quote.
fn setting(text: &str, paths: &[(String, Option<Stated>)], given: &Given) -> Result<Setting, String> {
    let sets = paths.iter().map(|(path, base)| {
        let value = match given {
            Given::Amount(amount) if relative(amount, base.as_ref()) => scaled(base.as_ref(), amount.share())
                .ok_or_else(|| {
                    format!("`{text}`: {path} has no number of which {amount} could be taken; state it")
                })?,
            Given::Amount(amount) => amount.to_string(),
            Given::Text(text) => text.clone(),
        };
        Ok(Override { path: path.clone(), value })
    });
    let sets = sets.collect::<Result<Vec<_>, String>>()?;
    let shown = match (given, sets.as_slice()) {
        (Given::Amount(amount), [one]) if relative(amount, paths[0].1.as_ref()) => one.value.clone(),
        (Given::Amount(amount), _) => amount.to_string(),
        (Given::Text(text), _) => text.clone(),
    };
    Ok(Setting { shown, sets })
}

/// A quantity whose values are numbers of one unit, any of which can be set.
#[derive(Clone, PartialEq, Debug)]
pub struct Quantity {
    /// The path, as given.
    pub path: String,
    /// The values that were given, upwards, each once.
    pub numbers: Vec<f64>,
    /// Only whole numbers can be set.
    pub whole: bool,
    template: Amount,
    paths: Vec<(String, Option<Stated>)>,
}

impl Quantity {
    /// Reads `PATH=VALUES` for a scenario. Factors of a single value are taken for what they give.
    ///
    /// # Errors
    /// A sentence, where the values are no numbers of one unit.
    pub fn of(scenario: &Scenario, text: &str) -> Result<Self, String> {
        let Override { path, value } = Override::parse(text)?;
        let paths = stated(&scenario.resolved, &path)?;
        let given = values(&value).map_err(|why| format!("`{text}`: {why}"))?;
        let amounts: Option<Vec<Amount>> = given
            .into_iter()
            .map(|given| if let Given::Amount(amount) = given { Some(amount) } else { None })
            .collect();
        let amounts = amounts.ok_or_else(|| format!("--until wants numbers: `{text}` has words"))?;
        let base = if let [(_, base)] = paths.as_slice() { base.as_ref() } else { None };
        let own = |amount: &Amount| match base.filter(|_| relative(amount, base)) {
            Some(base) => scaled(Some(base), amount.share()).and_then(|value| Amount::parse(&value)),
            None => Some(amount.clone()),
        };
        let amounts: Option<Vec<Amount>> = amounts.iter().map(own).collect();
        let amounts = amounts.ok_or_else(|| format!("`{text}`: {path} has no number; state it"))?;
        let template = amounts[0].clone();
        if amounts.iter().any(|amount| (amount.factor, &amount.unit) != (template.factor, &template.unit)) {
            return Err(format!("--until wants numbers of one unit: `{text}`"));
        }
        let whole = template.is_bare()
            && amounts.iter().all(|amount| amount.number.fract() == 0.0)
            && paths.iter().all(|(_, base)| matches!(base, None | Some(Stated::Integer(_))));
        let mut numbers: Vec<f64> = amounts.iter().map(|amount| amount.number).collect();
        numbers.sort_by(f64::total_cmp);
        numbers.dedup();
        if numbers.len() < 2 {
            return Err(format!("--until looks between values: `{text}` has one"));
        }
        Ok(Self { path, numbers, whole, template, paths })
    }

    /// What sets it to a number.
    ///
    /// # Errors
    /// A sentence.
    pub fn setting(&self, number: f64) -> Result<Setting, String> {
        setting(&self.path, &self.paths, &Given::Amount(self.template.with(number)))
    }

    /// A number as it is shown.
    #[must_use]
    pub fn shown(&self, number: f64) -> String {
        self.template.with(number).to_string()
    }

    /// A distance of two values, in their unit.
    ///
    /// # Errors
    /// A sentence.
    pub fn step(&self, text: &str) -> Result<f64, String> {
        let step = Amount::parse(text).filter(|step| step.number > 0.0 && !step.factor);
        let fits = |step: &Amount| step.unit.is_empty() || step.unit == self.template.unit;
        let step = step.filter(fits).ok_or_else(|| {
            format!("`--step {text}` is no distance of values such as {}", self.shown(self.numbers[0]))
        })?;
        match self.whole && step.number.fract() != 0.0 {
            true => Err(format!("`--step {text}`: {} takes whole numbers", self.path)),
            false => Ok(step.number),
        }
    }
}

/// What a scenario has, times a factor; whole numbers stay whole.
pub(in crate::decide) fn scaled(base: Option<&Stated>, factor: f64) -> Option<String> {
    match base? {
        Stated::Integer(number) => {
            let scaled = libm::round(*number as f64 * factor);
            Some(format!("{scaled}"))
        }
        Stated::Number(number) => Some(format!("{}", rounded(number * factor))),
        Stated::Text(text) => {
            let amount = Amount::parse(text).filter(|amount| !amount.factor)?;
            Some(amount.with(amount.number * factor).to_string())
        }
        _ => None,
    }
}

/// A value before it is laid on a scenario.
#[derive(Clone, PartialEq, Debug)]
enum Given {
    Amount(Amount),
    Text(String),
}

/// The values of a list.
fn values(text: &str) -> Result<Vec<Given>, String> {
    let parts: Vec<&str> = apart(text);
    if parts.iter().any(|part| part.trim().is_empty()) {
        return Err("a value is empty".to_owned());
    }
    let unit =
        parts.last().and_then(|last| Amount::parse(last)).map(|amount| amount.unit).unwrap_or_default();
    let mut found = Vec::new();
    for part in parts {
        match part.split_once("..") {
            Some((from, rest)) if Amount::parse(from).is_some() => {
                found.extend(range(from, rest)?.into_iter().map(Given::Amount))
            }
            _ => found.push(match Amount::parse(part) {
                Some(amount) if amount.is_bare() => Given::Amount(Amount { unit: unit.clone(), ..amount }),
                Some(amount) => Given::Amount(amount),
                None => Given::Text(part.trim().to_owned()),
            }),
        }
        if found.len() > MOST {
            return Err(format!("more than {MOST} values"));
        }
    }
    Ok(found)
}

/// What stands between commas outside quotes and brackets.
fn apart(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth, mut quote) = (Vec::new(), 0, 0u32, None);
    for (at, c) in text.char_indices() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) => quote = Some(c),
            ('[' | '{', None) => depth += 1,
            (']' | '}', None) => depth = depth.saturating_sub(1),
            (',', None) if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// `A..B`, `A..B:STEP`, `A..B:linN`, `A..B:logN`, without `A..`.
fn range(from: &str, rest: &str) -> Result<Vec<Amount>, String> {
    let (to, how) = rest.split_once(':').map_or((rest, None), |(to, how)| (to, Some(how.trim())));
    let fault = || format!("`{from}..{rest}` is no range: as in 1..8, 1000..5000:1000, x0.5..x2:log5");
    let (mut from, mut to) = (Amount::parse(from).ok_or_else(fault)?, Amount::parse(to).ok_or_else(fault)?);
    if from.is_bare() && !to.factor {
        from.unit.clone_from(&to.unit);
    }
    if to.is_bare() && !from.factor {
        to.unit.clone_from(&from.unit);
    }
    if from.unit != to.unit || from.factor != to.factor {
        return Err(format!("{from} and {to} are not of one unit"));
    }
    let (a, b) = (from.number, to.number);
    let spread = |kind: &str| {
        how.and_then(|how| how.strip_prefix(kind))
            .map(|n| n.parse::<usize>().ok().filter(|n| (2..=MOST).contains(n)))
    };
    let points = |n: usize, at: &dyn Fn(f64) -> f64| {
        (0..n).map(|k| from.with(at(k as f64 / (n - 1) as f64))).collect::<Vec<_>>()
    };
    if let Some(n) = spread("log") {
        let n = n.ok_or_else(fault)?;
        if a <= 0.0 || b <= 0.0 {
            return Err("a logarithmic range lies above 0".to_owned());
        }
        let (la, lb) = (libm::log(a), libm::log(b));
        return Ok(points(n, &|at| if at == 1.0 { b } else { libm::exp(la + (lb - la) * at) }));
    }
    if let Some(n) = spread("lin") {
        return Ok(points(n.ok_or_else(fault)?, &|at| a + (b - a) * at));
    }
    let step = match how {
        Some(how) => {
            Amount::parse(how)
                .filter(|step| step.number > 0.0 && (step.unit.is_empty() || step.unit == from.unit))
                .ok_or_else(fault)?
                .number
        }
        None if from.whole && to.whole && from.is_bare() => 1.0,
        None => return Err(format!("{from}..{to} wants a step, as in {from}..{to}:5 or :log5")),
    };
    let n = libm::floor((b - a).abs() / step + 1e-9);
    if n >= MOST as f64 {
        return Err(format!("more than {MOST} values"));
    }
    let step = if b < a { -step } else { step };
    Ok((0..=n as u32).map(|k| from.with(a + step * f64::from(k))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let all = values(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        all.iter()
            .map(|given| match given {
                Given::Amount(amount) => amount.to_string(),
                Given::Text(text) => text.clone(),
            })
            .collect()
    }

    #[test]
    fn lists_and_ranges() {
        assert_eq!(shown("1..4"), ["1", "2", "3", "4"]);
        assert_eq!(shown("4..1:2"), ["4", "2"]);
        assert_eq!(shown("2,10,50 Mbps"), ["2 Mbps", "10 Mbps", "50 Mbps"]);
        assert_eq!(shown("1000..3000:1000"), ["1000", "2000", "3000"]);
        assert_eq!(shown("80%..120%:20%"), ["80 %", "100 %", "120 %"]);
        assert_eq!(shown("x0.5..x2:log3"), ["x0.5", "x1", "x2"]);
        assert_eq!(shown("10..1000 Mbps:log3"), ["10 Mbps", "100 Mbps", "1000 Mbps"]);
        assert_eq!(shown("0.1..0.3:0.1"), ["0.1", "0.2", "0.3"]);
        assert_eq!(shown("0..1:lin3"), ["0", "0.5", "1"]);
        assert_eq!(shown("round robin,source address"), ["round robin", "source address"]);
        assert_eq!(
            shown("[\"forms\", \"basic\"],[\"integrated\"]"),
            ["[\"forms\", \"basic\"]", "[\"integrated\"]"]
        );
        assert_eq!(shown("1..2,5"), ["1", "2", "5"]);
    }

    #[test]
    fn what_is_no_list_is_told() {
        for text in [
            "1..",
            "2 Mbps..50 GB:5",
            "1 s..9 s",
            "1..1000000",
            "x1..2:log3",
            "0..5:log3",
            "1,,2",
            "1..5:log1",
        ] {
            assert!(values(text).is_err(), "{text}: {:?}", values(text));
        }
    }

    #[test]
    fn factors_are_of_what_the_scenario_has() {
        let scenario = crate::scenario::load_text(
            "starter.toml",
            crate::scenario::starter(),
            std::path::Path::new(""),
            &[],
        )
        .unwrap();
        let load = parameter(&scenario, "run.load=80%..120%:20%").unwrap();
        let set: Vec<&str> = load.values.iter().map(|value| value.sets[0].value.as_str()).collect();
        assert_eq!(set, ["0.8", "1", "1.2"]);
        let all = parameter(&scenario, "population.*.mailboxes=x2").unwrap();
        assert_eq!(all.values[0].sets.len(), scenario.model.workload.populations.len());
        for (set, population) in all.values[0].sets.iter().zip(&scenario.model.workload.populations) {
            assert_eq!(set.value, (2 * population.mailboxes).to_string());
        }
        assert!(parameter(&scenario, "run.nonsense=x2").is_err());
    }

    #[test]
    fn quantities_are_numbers_of_one_unit() {
        let path = std::path::Path::new("");
        let scenario =
            crate::scenario::load_text("starter.toml", crate::scenario::starter(), path, &[]).unwrap();
        let population = &scenario.model.workload.populations[0];
        let key = format!("population.{}.mailboxes", population.name);
        let of = |text: &str| Quantity::of(&scenario, &text.replace("KEY", &key));
        let factors = of("KEY=x1,x2,x0.5").unwrap();
        let mailboxes = f64::from(population.mailboxes);
        assert_eq!(factors.numbers, [mailboxes / 2.0, mailboxes, 2.0 * mailboxes]);
        assert!(factors.whole);
        assert_eq!(factors.setting(123.0).unwrap().sets[0].value, "123");
        let load = of("run.load=80%..120%:20%").unwrap();
        assert_eq!((load.numbers.as_slice(), load.whole), (&[0.8, 1.0, 1.2][..], false));
        let all = of("population.*.mailboxes=x1,x2").unwrap();
        assert_eq!((all.numbers.as_slice(), all.whole), (&[1.0, 2.0][..], false));
        assert_eq!(all.setting(1.5).unwrap().shown, "x1.5");
        assert_eq!(factors.step("10"), Ok(10.0));
        for bad in ["0", "1.5", "1 Mbps", "x2", "-1"] {
            assert!(factors.step(bad).is_err(), "{bad}");
        }
        for bad in ["KEY=100", "KEY=100,many", "run.window=1 s,2 min"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
