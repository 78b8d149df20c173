//! Who will notice: users whose way changes, a bar each by how many they are.

use super::called::Called;
use super::letters::{text_width, wrap};
use super::looks::{BAD, GREY, ORANGE, cross};
use super::scene::{Anchor, Colour, Head, INK, MARGIN, MUTED, Scene, TEXT};

/// Distance of rows, and height of a bar.
const PITCH: f64 = 42.0;
const HIGH: f64 = 16.0;
/// Length of the longest bar.
const LONG: f64 = 200.0;

/// What a change of their way means to users.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Weight {
    /// Nothing.
    Nothing,
    /// They have to do something.
    Work,
    /// They are refused.
    Refused,
}

impl Weight {
    fn colour(self) -> Colour {
        match self {
            Self::Nothing => GREY,
            Self::Work => ORANGE,
            Self::Refused => BAD,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Nothing => "served in another way",
            Self::Work => "have to do something",
            Self::Refused => "refused",
        }
    }
}

/// A row.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// Whom.
    pub name: String,
    /// Protocol and way, in grey.
    pub words: String,
    /// How many.
    pub clients: f64,
    /// That in words, with what they have to do.
    pub note: String,
    /// What it means.
    pub weight: Weight,
}

/// Rows from the top.
#[derive(Clone, PartialEq, Debug)]
pub struct Notices {
    /// What stands above it.
    pub head: Head,
    /// Rows.
    pub rows: Vec<Row>,
    /// What the picture leaves out.
    pub foot: String,
}

impl Notices {
    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        if self.rows.is_empty() {
            return Scene::nothing(&self.head, &self.head.finding);
        }
        let mut scene = Scene::new(0.0, &self.head);
        let mut x = MARGIN;
        for weight in [Weight::Refused, Weight::Work, Weight::Nothing] {
            if self.rows.iter().any(|row| row.weight == weight) {
                let y = scene.top + 4.0;
                scene.rect(x, y - 11.0, 14.0, 14.0, weight.colour());
                scene.label(x + 20.0, y, Anchor::Start, INK, weight.words());
                x += 42.0 + text_width(weight.words(), TEXT, false);
            }
        }
        let top = scene.top + 20.0;
        let rows = self.rows.iter().map(|row| (row.name.as_str(), row.words.as_str()));
        let called = Called::of(rows, (200.0, 260.0));
        let left = MARGIN + called.wide + 16.0;
        let most = self.rows.iter().map(|row| row.clients).fold(1.0, f64::max);
        let mut y = top;
        for (index, row) in self.rows.iter().enumerate() {
            let long = (LONG * row.clients / most).max(2.0);
            let room = scene.width - MARGIN - left - long - 12.0;
            let lines = wrap(&row.note, room, TEXT, false, 4);
            let high = PITCH.max(18.0 * lines.len() as f64 + 8.0);
            let middle = y + high / 2.0;
            scene.say(&format!("{}, {}: {}", row.name, row.words, row.note));
            scene.group(&format!("{}, {}", row.name, row.words), |scene| {
                called.write(scene, index, middle);
                scene.rect(left, middle - HIGH / 2.0, long, HIGH, row.weight.colour());
                if row.weight == Weight::Refused {
                    cross(scene, left - 8.0, middle);
                }
                let mut baseline = middle - 9.0 * (lines.len() as f64 - 1.0) + 4.5;
                for line in &lines {
                    scene.label(left + long + 10.0, baseline, Anchor::Start, INK, line);
                    baseline += 18.0;
                }
            });
            y += high;
        }
        if !self.foot.is_empty() {
            y += 18.0;
            scene.label(MARGIN, y, Anchor::Start, MUTED, &self.foot);
        }
        scene.set_height(y + 16.0);
        scene
    }
}
