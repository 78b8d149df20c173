//! Who holds which databases, over time: a lane a Mailbox server, as high as what is mounted on
//! it, and one for what is mounted nowhere.

use std::collections::BTreeMap;

use super::axis::{Scale, count_label};
use super::chart::{Chart, Picture};
use super::happenings::{Names, shade};
use super::layout::Layout;
use super::letters::{fit_apart, text_width, widest};
use super::looks::{BLUE, SKY, VERMILION, readable_on};
use super::plot::Plot;
use super::scene::{Anchor, Colour, FAINT, Head, INK, MARGIN, MUTED, SMALL, Scene, TEXT};
use super::time::{Instant, clock_axis, happenings, over, when};
use super::titles;
use crate::kernel::{NANOS_PER_SEC, SimSpan};
use crate::output::lookup::name as named;
use crate::output::tables::columns::{Column, Table, columns, int, name};
use crate::output::words::duration;
use crate::results::{NONE, RunResult, Stretch};

/// The chart.
#[derive(Debug)]
pub(super) struct Databases;

/// What one server holds for a while.
#[derive(Clone, Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    /// [`NONE`]: nobody.
    server: u32,
    /// Begin and end, ns since the window began.
    span: (u64, u64),
    /// Databases of its own, and of others; of nobody all are others.
    held: [u64; 2],
}

impl Table for Databases {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "databases_over_time";
    const ROW: &'static str = "a Mailbox server x stretch of the window in which what is mounted on it stays the same, of the first replication; only where databases moved";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "start_s" S "begin of the stretch, s since the run began" => |row| Instant::since_run(row.run, row.run.warmup.0 + row.span.0).start(),
        "local_time" Clock "the same on the scenario's clock" => |row| Instant::since_run(row.run, row.run.warmup.0 + row.span.0).clock(),
        "end_s" S "end of it, s since the run began" => |row| Instant::since_run(row.run, row.run.warmup.0 + row.span.1).start(),
        "server" Word "Mailbox server; blank: mounted nowhere" => |row| name(named(&row.run.names.servers, row.server)),
        "own" Count "databases mounted there whose home it is" => |row| int(row.held[0]),
        "of_others" Count "databases mounted there on copies; of those mounted nowhere all" => |row| int(row.held[1]),
    }];
}

impl Chart for Databases {
    const LACKS: &'static str = "no database left its server";
    const OVER_TIME: bool = true;

    fn is_drawn(run: &RunResult) -> bool {
        !run.databases.is_empty()
    }

    fn draw(run: &RunResult) -> Picture<'_, Self> {
        let lanes = lanes(run);
        let scene = scene(run, &lanes);
        Picture { layout: Layout::Drawing(scene), rows: lanes.into_values().flatten().collect() }
    }
}

/// Lanes that have room.
const MOST: usize = 16;
const HIGH: f64 = 48.0;
/// A stretch that is less high has no number.
const TOLD: f64 = 12.0;
const GAP: f64 = 8.0;
/// What is mounted on a server whose home it is, on copies, and nowhere.
const FILLS: [Colour; 3] = [SKY, BLUE, VERMILION];

/// Of the first replication, what each server holds, in order of servers; nobody comes last.
fn lanes(run: &RunResult) -> BTreeMap<u32, Vec<Row<'_>>> {
    let first = run.databases.first().and_then(|stretch| stretch.replication);
    let shown: Vec<&Stretch> =
        run.databases.iter().filter(|of| of.replication == first && of.end > 0).collect();
    let edges = |of: &&Stretch| [of.begin.max(0).unsigned_abs(), of.end.max(0).unsigned_abs()];
    let mut instants: Vec<u64> = shown.iter().flat_map(edges).collect();
    instants.sort_unstable();
    instants.dedup();
    let mut lanes: BTreeMap<u32, Vec<Row<'_>>> = BTreeMap::new();
    for server in shown.iter().flat_map(|of| [of.home, of.on]) {
        lanes.entry(server).or_default();
    }
    for (&server, lane) in &mut lanes {
        for pair in instants.windows(2) {
            let mut held = [0, 0];
            let at = pair[0] as i64;
            for of in shown.iter().filter(|of| of.on == server && (of.begin..of.end).contains(&at)) {
                held[usize::from(of.home != server)] += of.databases.len() as u64;
            }
            match lane.last_mut() {
                Some(last) if last.held == held => last.span.1 = pair[1],
                _ => lane.push(Row { run, server, span: (pair[0], pair[1]), held }),
            }
        }
    }
    lanes.retain(|server, lane| *server != NONE || lane.iter().any(|row| row.held[1] > 0));
    lanes
}

/// The lanes for which there is room: those in which something changes first.
fn shown<'l, 'r>(lanes: &'l BTreeMap<u32, Vec<Row<'r>>>) -> Vec<&'l Vec<Row<'r>>> {
    let mut shown: Vec<(usize, &Vec<Row<'r>>)> = lanes.values().enumerate().collect();
    if shown.len() > MOST {
        shown.sort_by_key(|(at, lane)| (lane.len() < 2, lane[0].server != NONE, *at));
        shown.truncate(MOST);
        shown.sort_by_key(|(at, _)| *at);
    }
    shown.into_iter().map(|(_, lane)| lane).collect()
}

fn head(run: &RunResult, lanes: &BTreeMap<u32, Vec<Row<'_>>>, drawn: usize) -> Head {
    let all: u64 = lanes.values().filter_map(|lane| lane.first()).map(|row| row.held[0] + row.held[1]).sum();
    let lost = lanes.get(&NONE).into_iter().flatten();
    let at_once = |lane: &[Row<'_>]| lane.iter().map(|row| row.held[1]).max().unwrap_or(0);
    let finding = match lost.clone().max_by_key(|row| row.held[1]).filter(|row| row.held[1] > 0) {
        Some(most) => {
            let lasts = |row: &Row<'_>| row.span.1 - row.span.0;
            let all_time: u64 = lost.filter(|row| row.held[1] > 0).map(lasts).sum();
            let longer = (all_time > lasts(most)).then(|| duration(all_time as f64));
            let times = [most.span.0, most.span.1].map(|at| when(run, SimSpan(at)));
            titles::databases_lost((most.held[1], all), &times, longer.as_deref())
        }
        None => {
            let most = lanes.values().max_by_key(|lane| at_once(lane));
            let (server, many) = most.map_or((NONE, 0), |lane| (lane[0].server, at_once(lane)));
            titles::databases_moved(named(&run.names.servers, server), many)
        }
    };
    let mut how = "Databases mounted on each server".to_owned();
    if drawn < lanes.len() {
        how += &format!("; {drawn} of {} servers, those whose databases moved first", lanes.len());
    }
    if run.databases.iter().any(|of| of.replication.is_some()) {
        how += "; the first replication";
    }
    Head { topic: format!("Who holds which databases {}", over(run)), finding, how }
}

/// What a lane is called.
fn label(run: &RunResult, server: u32) -> &str {
    if server == NONE { "mounted nowhere" } else { named(&run.names.servers, server) }
}

fn scene(run: &RunResult, lanes: &BTreeMap<u32, Vec<Row<'_>>>) -> Scene {
    let drawn = shown(lanes);
    let mut scene = Scene::new(400.0, &head(run, lanes, drawn.len()));
    if drawn.is_empty() {
        return Scene::nothing(&head(run, lanes, 0), "Databases moved before the window alone");
    }
    key(&mut scene, lanes.contains_key(&NONE));
    let names: Vec<&str> = drawn.iter().map(|lane| label(run, lane[0].server)).collect();
    let names = fit_apart(&names, 220.0, TEXT, false);
    let left = MARGIN + widest(names.iter().map(String::as_str), TEXT, false) + 10.0;
    let right = scene.width - MARGIN - 8.0;
    let axis = clock_axis(run);
    let (x, ticks) = axis.ticks(right - left);
    let along = |value: f64| left + x.share(value).clamp(0.0, 1.0) * (right - left);
    let all = happenings(run);
    let above = Names::place(&all, along, (left, scene.width - MARGIN));
    let top = scene.top + above.height() + 4.0;
    let bottom = top + drawn.len() as f64 * (HIGH + GAP);
    scene.set_height(bottom + 62.0);
    shade(&mut scene, &all, along, (top, bottom));
    above.draw(&mut scene, top - 4.0);
    let most =
        drawn.iter().flat_map(|lane| lane.iter()).map(|row| row.held[0] + row.held[1]).max().unwrap_or(1);
    for (number, (lane, name)) in drawn.iter().zip(&names).enumerate() {
        let base = top + (number + 1) as f64 * (HIGH + GAP) - GAP / 2.0;
        scene.line(vec![(left, base), (right, base)], 1.0, FAINT, &[]);
        scene.label(left - 8.0, base - HIGH / 2.0 + 0.36 * TEXT, Anchor::End, INK, name);
        scene.group(name, |scene| draw_lane(scene, lane, (base, HIGH / most.max(1) as f64), along));
        say(&mut scene, run, lane);
    }
    let plot = Plot { left, right, top, bottom, x, y: Scale::Linear { low: 0.0, high: 1.0 } };
    plot.base(&mut scene, &ticks, true, MARGIN);
    scene.label(right, bottom + 42.0, Anchor::End, MUTED, &axis.caption());
    scene
}

/// The stretches of a lane above `base`, each database `each` high.
fn draw_lane(scene: &mut Scene, lane: &[Row<'_>], (base, each): (f64, f64), along: impl Fn(f64) -> f64) {
    let at = |ns: u64| along(ns as f64 / NANOS_PER_SEC as f64);
    for (number, row) in lane.iter().enumerate() {
        let (from, to) = (at(row.span.0), at(row.span.1));
        let nobody = row.server == NONE;
        let mut low = base;
        for (of, &many) in row.held.iter().enumerate().filter(|(_, many)| **many > 0) {
            let high = each * many as f64;
            let fill = FILLS[of + usize::from(nobody)];
            scene.rect(from, low - high, (to - from).max(1.5), high, fill);
            let words = count_label(many as f64);
            let (room, y) = (text_width(&words, SMALL, false) + 8.0, low - high / 2.0 + 0.36 * SMALL);
            // Beside a stretch that is too short, where nothing is held behind it.
            let behind = lane.get(number + 1).filter(|next| next.held == [0, 0]);
            let beside = behind.is_some_and(|next| at(next.span.1) - to > room);
            if high >= TOLD && to - from > room {
                scene.text(from + 4.0, y, Anchor::Start, SMALL, false, readable_on(fill), &words);
            } else if high >= TOLD && beside {
                scene.text(to + 4.0, y, Anchor::Start, SMALL, false, INK, &words);
            }
            low -= high;
        }
    }
}

/// A lane in words.
fn say(scene: &mut Scene, run: &RunResult, lane: &[Row<'_>]) {
    let stretch = |row: &Row<'_>| {
        let [own, others] = row.held;
        let from = when(run, SimSpan(row.span.0));
        if row.server == NONE {
            format!("{others} from {from}")
        } else {
            format!("{own} and {others} of others from {from}")
        }
    };
    let words: Vec<String> = lane.iter().take(12).map(stretch).collect();
    scene.say(&format!("{}: {}", label(run, lane[0].server), words.join(", ")));
}

/// What the colours stand for.
fn key(scene: &mut Scene, nowhere: bool) {
    let entries = ["on their own server", "on copies, of other servers", "mounted nowhere"];
    let y = scene.top + 4.0;
    let mut x = MARGIN;
    for (fill, words) in FILLS.iter().zip(entries).take(if nowhere { 3 } else { 2 }) {
        scene.rect(x, y - 11.0, 14.0, 14.0, *fill);
        scene.text(x + 20.0, y, Anchor::Start, SMALL, false, MUTED, words);
        x += 20.0 + text_width(words, SMALL, false) + 22.0;
    }
    scene.top += 22.0;
}
