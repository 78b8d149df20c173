//! Values of a quantity that is varied, as an axis has them: numbers of one unit by their size,
//! anything else side by side.

use super::axis::{Scale, count_label};
use crate::output::format::real;

/// Values span more than this factor: their axis is logarithmic.
const LOGARITHMIC: f64 = 5.0;

/// The values of one quantity, in the order of the sweep.
#[derive(Clone, PartialEq, Debug)]
pub struct Varied {
    /// What it is, with its unit.
    pub caption: String,
    /// Where each stands.
    pub places: Vec<f64>,
    /// What each is called.
    pub labels: Vec<String>,
    /// Places are the values themselves.
    pub is_number: bool,
}

/// A number with its unit; a factor has the unit `x`.
fn amount(text: &str) -> Option<(f64, &str)> {
    let (factor, rest) = text.strip_prefix('x').map_or((false, text), |rest| (true, rest));
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(rest.len());
    let number: f64 = rest[..end].parse().ok()?;
    let unit = rest[end..].trim();
    match (factor, unit.is_empty()) {
        (true, true) => Some((number, "x")),
        (true, false) => None,
        (false, _) => Some((number, unit)),
    }
}

fn label(number: f64) -> String {
    match number.fract() == 0.0 && number.abs() >= 1000.0 {
        true if number > 0.0 => count_label(number),
        _ => real(number, 4),
    }
}

impl Varied {
    /// The values of `path` as they are shown.
    #[must_use]
    pub fn of(path: &str, values: &[&str]) -> Self {
        let amounts: Option<Vec<(f64, &str)>> = values.iter().map(|value| amount(value)).collect();
        let Some(amounts) = amounts.filter(|all| all.iter().all(|one| one.1 == all[0].1)) else {
            return Self {
                caption: path.to_owned(),
                places: (0..values.len()).map(|at| at as f64).collect(),
                labels: values.iter().map(|value| (*value).to_owned()).collect(),
                is_number: false,
            };
        };
        let unit = amounts.first().map_or("", |one| one.1);
        let caption = match unit {
            "" => path.to_owned(),
            "x" => format!("{path}, times what the scenario has"),
            unit => format!("{path}, {unit}"),
        };
        let (places, labels) = amounts.into_iter().map(|(number, _)| (number, label(number))).unzip();
        Self { caption, places, labels, is_number: true }
    }

    /// Whether the axis is logarithmic.
    #[must_use]
    pub fn is_logarithmic(&self) -> bool {
        let (low, high) = self.ends();
        self.is_number && low > 0.0 && high > LOGARITHMIC * low
    }

    fn ends(&self) -> (f64, f64) {
        let places = self.places.iter();
        places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)))
    }

    /// The axis.
    #[must_use]
    pub fn scale(&self) -> Scale {
        let (low, high) = self.ends();
        match () {
            () if low >= high => Scale::Linear { low: low - 1.0, high: low + 1.0 },
            () if self.is_logarithmic() => Scale::Log { low, high },
            () => Scale::Linear { low, high },
        }
    }

    /// The order along the axis.
    #[must_use]
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.places.len()).collect();
        order.sort_by(|&a, &b| self.places[a].total_cmp(&self.places[b]));
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_one_unit_stand_by_their_size() {
        let lines = Varied::of("link.A-B.bandwidth", &["10 Mbps", "2 Mbps", "50 Mbps"]);
        assert_eq!((lines.places.as_slice(), lines.is_number), (&[10.0, 2.0, 50.0][..], true));
        assert_eq!(lines.caption, "link.A-B.bandwidth, Mbps");
        assert_eq!((lines.order(), lines.is_logarithmic()), (vec![1, 0, 2], true));
        assert_eq!(lines.scale(), Scale::Log { low: 2.0, high: 50.0 });
        assert_eq!(Varied::of("p", &["x0.5", "x2"]).caption, "p, times what the scenario has");
        assert_eq!(Varied::of("p", &["8000", "12000"]).labels, ["8,000", "12,000"]);
        let words = Varied::of("p", &["round robin", "source address"]);
        assert_eq!((words.places.as_slice(), words.is_number), (&[0.0, 1.0][..], false));
        assert!(!Varied::of("p", &["1 Mbps", "1 Gbps"]).is_number);
        assert_eq!(Varied::of("p", &["3"]).scale(), Scale::Linear { low: 2.0, high: 4.0 });
    }
}
