//! Charts of days of every shape: nothing clipped, nothing upon another, all marks on
//! the paper. `CASIM_CHARTS=DIR cargo test` also writes them there, to be looked at.

use super::scene::{Mark, Step, Text, WHITE};
use super::*;
use crate::kernel::SimSpan;
use crate::model::protocol::Protocol;
use crate::output::sample::{self, Day};

const FEW: [Option<Protocol>; 5] = [
    Some(Protocol::Owa),
    Some(Protocol::Eas),
    Some(Protocol::OutlookAnywhere),
    Some(Protocol::Pop),
    Some(Protocol::Imap),
];

fn shapes() -> Vec<(&'static str, RunResult)> {
    let every = Protocol::ALL.map(Some);
    let eight = [0, 1, 2, 6, 7, 8, 9, 10].map(|i| Some(Protocol::ALL[i]));
    let quarter = SimSpan::from_secs(900);
    let usual = Day {
        sites: 3,
        protocols: &FEW,
        intervals: 40,
        interval: quarter,
        failures: 3,
        long_names: false,
        load: 100,
    };
    vec![
        ("three_sites", sample::day(usual)),
        ("eight_protocols", sample::day(Day { protocols: &eight, failures: 1, ..usual })),
        ("one_site", sample::day(Day { sites: 1, protocols: &FEW[..1], failures: 0, ..usual })),
        ("fifty_sites", sample::day(Day { sites: 50, protocols: &every, failures: 14, load: 20, ..usual })),
        ("long_names", sample::day(Day { sites: 4, long_names: true, protocols: &every, load: 2, ..usual })),
        ("short", sample::day(Day { intervals: 1, interval: SimSpan::from_secs(10), ..usual })),
        ("three_days", sample::day(Day { intervals: 72, interval: SimSpan::from_secs(3600), ..usual })),
        ("custom", sample::day(Day { protocols: &[None], ..usual })),
        ("nothing", sample::day(Day { sites: 0, protocols: &[], intervals: 0, failures: 0, ..usual })),
        ("small", sample::small()),
    ]
}

fn texts(scene: &Scene) -> Vec<&Text> {
    scene
        .marks
        .iter()
        .filter_map(|mark| if let Mark::Text(text) = mark { Some(text) } else { None })
        .collect()
}

#[test]
fn every_shape_of_day_gives_sound_charts() {
    for (shape, result) in shapes() {
        for slo in [sample::slo(), Slo::default()] {
            for chart in all(&result, &slo) {
                let place = format!("{} of {shape}", chart.name);
                sound(&place, &chart.scene);
                let mut reader = csv::Reader::from_reader(&chart.data[..]);
                let entry =
                    ALL.iter().map(|entry| (entry.describe)()).find(|chart_of| chart_of.name == chart.name);
                assert_eq!(reader.headers().unwrap().len(), entry.unwrap().columns.len(), "{place}");
                assert!(reader.records().all(|row| row.is_ok()), "{place}");
            }
        }
    }
}

fn sound(place: &str, scene: &Scene) {
    let texts = texts(scene);
    for (i, a) in texts.iter().enumerate() {
        let [left, top, right, bottom] = a.bounds();
        assert!(
            left >= 0.0 && top >= 0.0 && right <= scene.width && bottom <= scene.height,
            "{place}: `{}` is clipped",
            a.text
        );
        for b in &texts[..i] {
            let [l, t, r, o] = b.bounds();
            let apart = right <= l || r <= left || bottom <= t || o <= top;
            assert!(apart, "{place}: `{}` overlaps `{}`", a.text, b.text);
        }
    }
    for mark in &scene.marks {
        let points: Vec<(f64, f64)> = match mark {
            Mark::Line { points, .. } => points.clone(),
            Mark::Rect { x, y, w, h, .. } => vec![(*x, *y), (x + w, y + h)],
            Mark::Dot { x, y, .. } => vec![(*x, *y)],
            Mark::Shape { steps, .. } => {
                let ends = steps.iter().filter_map(|step| match *step {
                    Step::Move(to) | Step::Line(to) | Step::Curve(.., to) => Some(to),
                    Step::Close => None,
                });
                ends.collect()
            }
            Mark::Text(_) | Mark::Open { .. } | Mark::Close => continue,
        };
        for (x, y) in points {
            let inside = (0.0..=scene.width).contains(&x) && (0.0..=scene.height).contains(&y);
            assert!(inside, "{place}: ({x}, {y}) is off the paper");
        }
    }
}

/// Protocols differ in colour, wherever they stand.
#[test]
fn protocols_never_look_alike() {
    let result = sample::day(Day {
        sites: 2,
        protocols: &Protocol::ALL.map(Some),
        intervals: 8,
        interval: SimSpan::from_secs(900),
        failures: 0,
        long_names: false,
        load: 50,
    });
    let chart = chart::drawn::<latency::Latency>(&result, &Slo::default());
    let mut looks: Vec<_> = chart
        .scene
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Line { width, colour, dash, .. } if *width > 2.0 => {
                Some((colour, dash.len(), *colour == WHITE))
            }
            _ => None,
        })
        .collect();
    assert_eq!(looks.len(), 11, "one a panel");
    // Panels have no dashes: each protocol has a colour of its own.
    let colours: std::collections::BTreeSet<_> = looks.drain(..).map(|(colour, ..)| colour).collect();
    assert_eq!(colours.len(), 11);
}

#[test]
fn charts_are_drawn() {
    let Some(folder) = std::env::var_os("CASIM_CHARTS").map(std::path::PathBuf::from) else {
        // One of each layout is enough to know that drawing works.
        for chart in all(&sample::small(), &sample::slo()) {
            assert!(
                files(&chart, true).unwrap().iter().all(|(_, bytes)| !bytes.is_empty()),
                "{}",
                chart.name
            );
        }
        return;
    };
    for (shape, result) in shapes() {
        for chart in all(&result, &sample::slo()) {
            for (name, bytes) in files(&chart, true).unwrap() {
                let path = folder.join(shape).join(name.trim_start_matches("charts/"));
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
        }
    }
}
