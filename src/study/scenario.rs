//! A study of a scenario that was read from a file.

use super::stepped::Study;
use crate::scenario::Scenario;

impl<'s> From<&'s Scenario> for Study<'s> {
    fn from(scenario: &'s Scenario) -> Self {
        Self {
            clock_offset_minutes: scenario.clock_offset_minutes,
            weekday: scenario.weekday,
            percentiles: scenario.percentiles.clone(),
            scenario: scenario.digest.clone(),
            ..Self::of(&scenario.model, &scenario.experiment).adaptive(scenario.adaptive)
        }
    }
}
