//! Charts of days of every shape: nothing clipped, nothing upon another, all marks on
//! the paper. `CASIM_CHARTS=DIR cargo test` also writes them there, to be looked at.

use super::scene::{Mark, SMALL, Step, Text, WIDTH};
use super::*;
use crate::kernel::SimSpan;
use crate::model::protocol::Protocol;
use crate::output::sample::{self, Day};
use crate::results::objectives::Verdict;
use crate::results::{Mounting, NONE, SeriesKey, Stretch};

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
        ("databases", with_databases(sample::small())),
        ("all_letters", all_letters(sample::day(Day { sites: 12, load: 20, ..usual }))),
    ]
}

/// The same with databases that fail over, so that every lane has something.
fn with_databases(mut result: RunResult) -> RunResult {
    let minute = 60_000_000_000;
    let stretch = |home, on, how, from: i64, to: i64| {
        Stretch::new((home, vec![1, 2, 3]), (on, how), (from * minute, to * minute))
    };
    result.databases = vec![
        stretch(0, 0, Mounting::Home, -30, 20),
        stretch(0, NONE, Mounting::Down, 20, 21),
        stretch(0, 1, Mounting::Copy, 21, 90),
        stretch(0, 0, Mounting::Home, 90, 120),
        stretch(1, 1, Mounting::Home, -30, 120),
    ];
    result
}

/// The same with site names in Chinese and Arabic letters, long ones.
fn all_letters(mut result: RunResult) -> RunResult {
    for (index, name) in result.names.sites.iter_mut().enumerate() {
        *name = match index % 3 {
            0 => continue,
            1 => format!("北京总部数据中心与区域办公室网络运营与服务支持部门 {name}"),
            _ => format!("المكتب الرئيسي ومركز البيانات الإقليمي {name}"),
        };
    }
    result.names.populations = result.names.sites.iter().map(|site| format!("{site} 员工")).collect();
    result
}

/// The same with its goals judged.
fn judged(result: &RunResult) -> RunResult {
    let mut judged = result.clone();
    judged.objectives = Verdict::of(result, &sample::slo()).findings;
    judged
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
        for result in [judged(&result), result] {
            for chart in all(&result).into_iter().chain(for_png(&result, Vec::new())) {
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

/// A row of a chart over the day begins where its interval does, and has that interval's value: the first of
/// them with the window.
#[test]
fn charts_over_the_day_show_each_interval_where_it_is() {
    let (_, run) = shapes().swap_remove(0);
    let begins: Vec<String> = (0..40).map(|n| (run.warmup.0 + n * run.interval.0).to_string()).collect();
    let charts = all(&run);
    let mut seen = 0;
    for (name, column, is_of) in [
        (
            "server_utilisation",
            "utilisation",
            (|key| matches!(key, SeriesKey::Server(_))) as fn(&SeriesKey) -> bool,
        ),
        ("link_utilisation", "utilisation", |key| matches!(key, SeriesKey::Link(_))),
        ("p95_over_day", "p95_all_ms", |key| matches!(key, SeriesKey::Protocol(_))),
    ] {
        let chart = charts.iter().find(|chart| chart.name == name).expect(name);
        let mut reader = csv::Reader::from_reader(&chart.data[..]);
        let head = reader.headers().unwrap().clone();
        let at = |wanted: &str| head.iter().position(|own| own == wanted).expect(wanted);
        let (start, value) = (at("start_s"), at(column));
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let shown: Vec<Option<f64>> =
            run.series
                .iter()
                .filter(|one| is_of(&one.key))
                .flat_map(|one| &one.points)
                .map(|point| {
                    if column == "p95_all_ms" { point.p95_all.map(|ns| ns / 1e6) } else { point.utilisation }
                })
                .collect();
        for row in &rows {
            let seconds: f64 = row[start].parse().unwrap();
            let place =
                begins.iter().position(|begin| (begin.parse::<f64>().unwrap() / 1e9 - seconds).abs() < 1e-6);
            let place = place.unwrap_or_else(|| panic!("{name}: nothing begins at {seconds} s"));
            let Ok(told) = row[value].parse::<f64>() else { continue };
            let all = shown.iter().skip(place).step_by(40).flatten();
            assert!(
                all.into_iter().any(|own| (own - told).abs() <= 1e-3 * own.abs() + 1e-6),
                "{name}: {told} at {seconds} s"
            );
            seen += 1;
        }
        assert!(
            rows.iter().any(|row| row[start].parse::<f64>().unwrap() == run.warmup.as_secs_f64()),
            "{name}"
        );
    }
    assert!(seen >= 40, "{seen}");
}

pub(super) fn sound(place: &str, scene: &Scene) {
    let texts = texts(scene);
    assert!(!scene.title.is_empty() && scene.width == WIDTH, "{place}");
    for (i, a) in texts.iter().enumerate() {
        assert!(a.size >= SMALL, "{place}: `{}` cannot be read at half size", a.text);
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
    let looks: std::collections::BTreeSet<_> =
        Protocol::ALL.map(|protocol| looks::style(Some(protocol)).colour).into_iter().collect();
    assert_eq!(looks.len(), Protocol::ALL.len());
}

/// `CASIM_CHARTS=DIR` writes the charts of every shape there, and with `CASIM_RESULTS=FILE:FILE`
/// those of kept results (`result.bin`), to be looked at.
#[test]
fn charts_are_drawn() {
    let Some(folder) = std::env::var_os("CASIM_CHARTS").map(std::path::PathBuf::from) else {
        // One of each layout is enough to know that drawing works.
        for chart in all(&judged(&sample::small())) {
            let mut files = files(&chart).unwrap();
            files.push(png_file(&chart).unwrap());
            assert!(files.iter().all(|(_, bytes)| !bytes.is_empty()), "{}", chart.name);
        }
        return;
    };
    let kept = std::env::var("CASIM_RESULTS").unwrap_or_default();
    let kept = kept.split(':').filter(|path| !path.is_empty()).map(|path| {
        let path = std::path::Path::new(path);
        let name = path.parent().and_then(|parent| parent.file_name()).unwrap_or_default();
        (name.to_string_lossy().into_owned(), crate::store::read::<RunResult>(path).unwrap().1)
    });
    let kept: Vec<(String, RunResult)> = kept.collect();
    let shapes = shapes().into_iter().map(|(shape, result)| (shape.to_owned(), judged(&result)));
    let drawn: Vec<(String, RunResult)> = if kept.is_empty() { shapes.collect() } else { kept };
    for (shape, result) in drawn {
        let pngs = for_png(&result, all(&result));
        for (chart, png) in all(&result).iter().zip(&pngs) {
            let mut files = files(chart).unwrap();
            files.push(png_file(png).unwrap());
            for (name, bytes) in files {
                let path = folder.join(&shape).join(name.trim_start_matches("charts/"));
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
        }
    }
}
