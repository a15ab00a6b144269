//! The plots: lines that carry their own names, ours in the accent colour, on white, so that they suit a dark page too.

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::ReportError;
use crate::{
    contender::{Function, Kind, NOTHING},
    events::Popularity,
    instance::Memory,
    results::Results,
    statistics::significant,
};

const SIZE: (u32, u32) = (860, 420);
const FONT: &str = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif";
const ACCENT: RGBColor = RGBColor(0xc2, 0x18, 0x5b);
const INK: RGBColor = RGBColor(0x24, 0x29, 0x2f);
const MUTED: RGBColor = RGBColor(0x6e, 0x77, 0x81);
const GRID: RGBColor = RGBColor(0xe6, 0xe8, 0xeb);
/// The least distance between the baselines of two names.
const LINE_HEIGHT: i32 = 16;

struct Line {
    name: String,
    is_ours: bool,
    points: Vec<(f64, f64)>,
}

struct Plot {
    title: &'static str,
    subtitle: String,
    ticks: Vec<f64>,
    tick: fn(f64) -> String,
    lines: Vec<Line>,
}

/// The plots that these results are enough for, by name.
///
/// # Errors
/// If one cannot be drawn.
pub(super) fn plots(results: &Results) -> Result<Vec<(&'static str, String)>, ReportError> {
    let plots = [("cold", cold(results)), ("batches", batches(results)), ("scaling", scaling(results))];
    let enough = plots.into_iter().filter(|(_, plot)| plot.lines.iter().any(|line| line.points.len() > 1));
    enough
        .map(|(name, plot)| Ok((name, draw(&plot).map_err(|error| ReportError::Plot(error.to_string()))?)))
        .collect()
}

fn cold(results: &Results) -> Plot {
    let mut lines: Vec<Line> = Vec::new();
    for cold in results.cold.iter().filter(|cold| cold.function == Function::Ingest) {
        let Memory::Megabytes(megabytes) = cold.memory else { continue };
        // It has no request to wait for, which no function does.
        if cold.contender == NOTHING {
            continue;
        }
        let point = (whole(megabytes), cold.init.median + cold.call.median);
        add(&mut lines, &cold.contender, cold.kind, point);
    }
    Plot {
        title: "Cold start of POST /likes",
        subtitle: "initialization and first call, ms, by the memory that sets the CPU share, MB".to_owned(),
        ticks: vec![128.0, 256.0, 512.0, 1024.0, 1769.0],
        tick: significant,
        lines,
    }
}

fn batches(results: &Results) -> Plot {
    let mut lines: Vec<Line> = Vec::new();
    for batches in results.batches.iter().filter(|batches| batches.popularity == Popularity::Zipf) {
        let point = (whole(batches.batch as u64), batches.cpu_us_a_like.median);
        add(&mut lines, &batches.contender, batches.kind, point);
    }
    Plot {
        title: "CPU time to count a like",
        subtitle: "µs, by the likes of a batch, of 200 movies by Zipf's law".to_owned(),
        ticks: vec![1.0, 10.0, 100.0, 1000.0, 10_000.0],
        tick: significant,
        lines,
    }
}

fn scaling(results: &Results) -> Plot {
    let mut lines: Vec<Line> = Vec::new();
    for scaling in &results.scaling {
        let point = (f64::from(scaling.shards), scaling.likes_a_second);
        add(&mut lines, &scaling.contender, scaling.kind, point);
    }
    let first = lines.first().and_then(|line| line.points.first()).copied();
    if let Some((shards, likes)) = first {
        let points = [1.0, 4.0, 16.0].map(|all| (all, likes * all / shards)).to_vec();
        lines.push(Line { name: "in proportion".to_owned(), is_ours: false, points });
    }
    Plot {
        title: "One movie that everybody likes",
        subtitle: format!("likes a second, by shards; all of them on {}", results.setting.processor),
        ticks: vec![1.0, 4.0, 16.0],
        tick: significant,
        lines,
    }
}

fn add(lines: &mut Vec<Line>, name: &str, kind: Kind, point: (f64, f64)) {
    match lines.iter_mut().find(|line| line.name == name) {
        Some(line) => line.points.push(point),
        None => lines.push(Line { name: name.to_owned(), is_ours: kind == Kind::Ours, points: vec![point] }),
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn whole(number: u64) -> f64 {
    number as f64
}

fn text(size: i32, color: RGBColor, anchor: HPos) -> TextStyle<'static> {
    let pos = Pos::new(anchor, VPos::Center);
    TextStyle { font: (FONT, size).into_font(), color: color.to_backend_color(), pos }
}

fn draw(plot: &Plot) -> Result<String, Box<dyn std::error::Error>> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        root.draw(&Text::new(plot.title, (20, 24), text(18, INK, HPos::Left)))?;
        root.draw(&Text::new(plot.subtitle.clone(), (20, 46), text(13, MUTED, HPos::Left)))?;
        draw_lines(&root, plot)?;
        root.present()?;
    }
    Ok(svg)
}

fn draw_lines(
    root: &DrawingArea<SVGBackend<'_>, Shift>,
    plot: &Plot,
) -> Result<(), Box<dyn std::error::Error>> {
    let values = plot.lines.iter().flat_map(|line| line.points.iter().map(|point| point.1));
    let (lowest, highest) =
        values.fold((f64::MAX, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let decades = decades(lowest, highest);
    let (Some(&left), Some(&right)) = (plot.ticks.first(), plot.ticks.last()) else { return Ok(()) };
    let (Some(&bottom), Some(&top)) = (decades.first(), decades.last()) else { return Ok(()) };
    let mut chart = ChartBuilder::on(root)
        .margin_top(66)
        .margin_bottom(34)
        .margin_left(60)
        .margin_right(190)
        .build_cartesian_2d((left..right).log_scale(), (bottom..top).log_scale())?;
    for &value in &decades {
        chart.draw_series([PathElement::new(vec![(left, value), (right, value)], GRID)])?;
        let (x, y) = chart.backend_coord(&(left, value));
        root.draw(&Text::new(significant_tick(value), (x - 10, y), text(12, MUTED, HPos::Right)))?;
    }
    for &value in &plot.ticks {
        let (x, y) = chart.backend_coord(&(value, bottom));
        root.draw(&Text::new(
            (plot.tick)(value).trim_end_matches(".00").trim_end_matches(".0").to_owned(),
            (x, y + 18),
            text(12, MUTED, HPos::Center),
        ))?;
    }
    let mut names = Vec::new();
    // Ours is drawn last, on top of the others.
    let (ours, others): (Vec<_>, Vec<_>) = plot.lines.iter().partition(|line| line.is_ours);
    for line in others.into_iter().chain(ours) {
        let (color, width) = if line.is_ours { (ACCENT, 3) } else { (MUTED, 1) };
        chart.draw_series(LineSeries::new(line.points.iter().copied(), color.stroke_width(width)))?;
        let dot = |&point: &(f64, f64)| Circle::new(point, width.cast_signed() + 1, color.filled());
        chart.draw_series(line.points.iter().map(dot))?;
        if let Some(&last) = line.points.last() {
            let (x, y) = chart.backend_coord(&last);
            let label = format!("{} {}", line.name, significant(last.1));
            names.push((x + 12, y, label, if line.is_ours { ACCENT } else { INK }));
        }
    }
    for (x, y, label, color) in apart(names) {
        root.draw(&Text::new(label, (x, y), text(13, color, HPos::Left)))?;
    }
    Ok(())
}

/// Powers of ten from at most the lowest value to at least the highest.
#[expect(clippy::cast_possible_truncation, reason = "a power of ten fits")]
fn decades(lowest: f64, highest: f64) -> Vec<f64> {
    let [first, last] = [lowest.log10().floor(), highest.log10().ceil()].map(|power| power as i32);
    (first..=last.max(first + 1)).map(|power| 10f64.powi(power)).collect()
}

fn significant_tick(value: f64) -> String {
    if value >= 1.0 {
        significant(value).trim_end_matches(".00").trim_end_matches(".0").to_owned()
    } else {
        value.to_string()
    }
}

/// Moves names down that would overlap another one in the same column.
fn apart<T>(mut names: Vec<(i32, i32, String, T)>) -> Vec<(i32, i32, String, T)> {
    names.sort_by_key(|name| (name.0, name.1));
    let mut last: Option<(i32, i32)> = None;
    for name in &mut names {
        if let Some((column, above)) = last
            && column == name.0
        {
            name.1 = name.1.max(above + LINE_HEIGHT);
        }
        last = Some((name.0, name.1));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_the_powers_of_ten_around_its_values() {
        assert_eq!(decades(3.0, 450.0), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(decades(10.0, 10.0), [10.0, 100.0]);
    }

    #[test]
    fn names_in_a_column_do_not_overlap_and_those_in_another_stay() {
        let names =
            vec![(9, 100, "b".to_owned(), ()), (9, 98, "a".to_owned(), ()), (5, 99, "c".to_owned(), ())];
        let places: Vec<_> = apart(names).into_iter().map(|(x, y, name, ())| (name, x, y)).collect();
        assert_eq!(places, [("c".to_owned(), 5, 99), ("a".to_owned(), 9, 98), ("b".to_owned(), 9, 114)]);
    }
}
