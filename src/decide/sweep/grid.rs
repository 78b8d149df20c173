//! The points of a sweep: every combination of values, or value by value.
//!
//! Must not know what is played.

use super::vary::Parameter;
use crate::scenario::Override;

/// Points at most.
pub const MOST: usize = 100_000;

/// One combination of values.
#[derive(Clone, PartialEq, Debug)]
pub struct Point {
    /// By parameter, which of its values.
    pub places: Vec<usize>,
}

impl Point {
    /// What is set at it.
    #[must_use]
    pub fn sets(&self, parameters: &[Parameter]) -> Vec<Override> {
        let settings = self.places.iter().zip(parameters);
        settings.flat_map(|(&place, parameter)| parameter.values[place].sets.iter().cloned()).collect()
    }

    /// Its values as they are shown.
    pub fn shown<'p>(&'p self, parameters: &'p [Parameter]) -> impl Iterator<Item = &'p str> {
        self.places.iter().zip(parameters).map(|(&place, parameter)| parameter.values[place].shown.as_str())
    }
}

/// Every combination, the last parameter's values changing first.
///
/// # Errors
/// A sentence, where there are too many.
pub fn grid(parameters: &[Parameter]) -> Result<Vec<Point>, String> {
    let many = parameters.iter().try_fold(1usize, |many, parameter| many.checked_mul(parameter.values.len()));
    if many.is_none_or(|many| many > MOST) {
        return Err(format!("more than {MOST} points; fewer values, or --zip"));
    }
    let mut points = vec![Point { places: Vec::new() }];
    for parameter in parameters {
        let longer = |point: &Point, place: usize| {
            let places = point.places.iter().copied().chain([place]).collect();
            Point { places }
        };
        points = points
            .iter()
            .flat_map(|point| (0..parameter.values.len()).map(|place| longer(point, place)))
            .collect();
    }
    Ok(points)
}

/// The first values of all parameters together, then the second ones, and so on.
///
/// # Errors
/// A sentence, where they have not as many values.
pub fn zip(parameters: &[Parameter]) -> Result<Vec<Point>, String> {
    let many = parameters.first().map_or(0, |first| first.values.len());
    if let Some(other) = parameters.iter().find(|parameter| parameter.values.len() != many) {
        return Err(format!(
            "--zip wants as many values of each: {} of {}, {} of {}",
            many,
            parameters[0].path,
            other.values.len(),
            other.path
        ));
    }
    Ok((0..many).map(|place| Point { places: vec![place; parameters.len()] }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sweep::vary::Setting;

    fn of(path: &str, many: usize) -> Parameter {
        let value = |n: usize| Setting { shown: n.to_string(), sets: Vec::new() };
        Parameter { path: path.to_owned(), values: (0..many).map(value).collect() }
    }

    #[test]
    fn grids_and_pairs() {
        let places = |points: Vec<Point>| points.into_iter().map(|point| point.places).collect::<Vec<_>>();
        let two = [of("a", 2), of("b", 3)];
        let all = places(grid(&two).unwrap());
        assert_eq!(all, [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
        assert!(zip(&two).is_err());
        assert_eq!(places(zip(&[of("a", 2), of("b", 2)]).unwrap()), [[0, 0], [1, 1]]);
        assert!(grid(&[of("a", 1000), of("b", 1000)]).is_err());
    }
}
