//! Draws a part of the pipeline.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
    widgets::{Block, BorderType, Paragraph, Widget, Wrap},
};

use super::{
    bars,
    palette::Palette,
    view::{Content, Panel, Row, View},
};

/// The columns of a row: a label, a mark for what is bad, a value, and the start of its period.
const LABEL: u16 = 11;
const MARK: u16 = 2;
const VALUE: u16 = 8;
/// How many rows a reason may take.
const MAX_REASON_ROWS: usize = 4;
/// How high a chart is at least and at most, with the lines above and below it.
const MIN_CHART: u16 = 4;
const MAX_CHART: u16 = 14;

/// How high a panel is at most: with all its rows and the highest chart.
pub(super) fn height(panel: &Panel, width: u16) -> u16 {
    let rows: u16 = panel.rows.iter().map(|row| row_height(row, width.saturating_sub(2))).sum();
    rows.saturating_add(MAX_CHART + 2)
}

/// Draws a panel of the view, with an arrow to the next.
pub(super) fn draw(
    view: &View,
    panel: &Panel,
    arrow: bool,
    area: Rect,
    buffer: &mut Buffer,
    palette: &Palette,
) {
    let title = Span::styled(format!(" {} ", panel.title), palette.title);
    let mut block =
        Block::bordered().border_type(BorderType::Rounded).border_style(palette.frame).title(title);
    if arrow {
        block = block.title(Line::styled(" → ", palette.title).right_aligned());
    }
    let inner = block.inner(area);
    block.render(area, buffer);
    let shown = shown(&panel.rows, inner.width, inner.height);
    let rows: u16 = shown.iter().map(|(_, height)| *height).sum();
    // Charts side by side have the same height, if the panel with the most rows has space for one.
    let all = |panel: &Panel| panel.rows.iter().map(|row| row_height(row, inner.width)).sum::<u16>();
    let common = inner.height.saturating_sub(view.panels.iter().map(all).max().unwrap_or(0));
    let own = inner.height.saturating_sub(rows);
    let chart = if common < MIN_CHART { own.min(inner.height / 2) } else { common };
    let chart = if chart < MIN_CHART { 0 } else { chart };
    let [rows, chart] = Layout::vertical([Constraint::Fill(1), Constraint::Length(chart)]).areas(inner);
    let mut top = rows.y;
    for (row, height) in shown {
        draw_row(view, row, Rect { y: top, height, ..rows }, buffer, palette);
        top += height;
    }
    draw_chart(view, panel, chart, buffer, palette);
}

/// The rows that there is space for, and how many lines each takes: signs of a fault before others, in the order of the
/// panel.
fn shown(rows: &[Row], width: u16, height: u16) -> Vec<(&Row, u16)> {
    let mut left = height;
    let mut takes: Vec<_> = rows.iter().map(|_| 0).collect();
    for is_bad in [true, false] {
        for (row, takes) in rows.iter().zip(&mut takes).filter(|(row, _)| row.is_bad == is_bad) {
            *takes = row_height(row, width).min(left);
            left -= *takes;
        }
    }
    rows.iter().zip(takes).filter(|(_, takes)| *takes > 0).collect()
}

/// The first metric of a panel, over the whole window.
fn draw_chart(view: &View, panel: &Panel, area: Rect, buffer: &mut Buffer, palette: &Palette) {
    let first = panel.rows.iter().find_map(|row| match &row.content {
        Content::Figure { values, highest, .. } => Some((row.label, values, highest)),
        _ => None,
    });
    let (Some((label, values, highest)), false) = (first, area.is_empty()) else { return };
    // As wide as the bars, each of which takes the same number of cells.
    let periods = u16::try_from(values.len()).unwrap_or(u16::MAX);
    let cells = area.width.checked_div(periods).unwrap_or(0).max(1);
    let area = Rect { width: area.width.min(periods.saturating_mul(cells)), ..area };
    let [top, bars, axis] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)]).areas(area);
    Line::styled(format!("{label}, up to {highest}"), palette.dim).render(top, buffer);
    bars::draw(values, bars, buffer, palette);
    let [from, until] = view.window.map(|time| super::figure::time(time, view.period));
    Line::styled(from, palette.dim).render(axis, buffer);
    Line::styled(until, palette.dim).right_aligned().render(axis, buffer);
}

fn draw_row(view: &View, row: &Row, area: Rect, buffer: &mut Buffer, palette: &Palette) {
    let time = if view.period % 60 == 0 { 5 } else { 8 };
    let columns = [Constraint::Length(LABEL), Constraint::Length(MARK), Constraint::Fill(1)];
    let [label, mark, rest] = Layout::horizontal(columns).areas(area);
    Line::raw(row.label).render(label, buffer);
    let figure = if row.is_bad { palette.bad } else { palette.figure };
    if row.is_bad {
        Line::styled("!", palette.bad).render(mark, buffer);
    }
    match &row.content {
        Content::Figure { value, at, values, .. } => {
            let columns = [Constraint::Length(VALUE), Constraint::Length(time), Constraint::Fill(1)];
            let [left, middle, right] = Layout::horizontal(columns).spacing(1).areas(rest);
            Line::styled(value.as_str(), figure).right_aligned().render(left, buffer);
            Line::styled(at.as_str(), palette.dim).render(middle, buffer);
            bars::draw(values, right, buffer, palette);
        }
        Content::NoData => {
            let width = VALUE.min(rest.width);
            let text = Line::styled("no data", palette.dim).right_aligned();
            text.render(Rect { width, ..rest }, buffer);
        }
        Content::Fact(text) => Line::styled(text.as_str(), figure).render(rest, buffer),
        Content::Unread(why) => {
            let text = format!("not read: {why}");
            Paragraph::new(text).style(palette.bad).wrap(Wrap { trim: true }).render(rest, buffer);
        }
    }
}

/// How many lines a row takes.
fn row_height(row: &Row, width: u16) -> u16 {
    let Content::Unread(why) = &row.content else { return 1 };
    let columns = usize::from(width.saturating_sub(LABEL + MARK)).max(1);
    // A line ends at a word, so there may be one more.
    let rows = (why.chars().count() + "not read: ".len()).div_ceil(columns) + 1;
    u16::try_from(rows.min(MAX_REASON_ROWS)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_a_fault_are_shown_first_if_there_is_no_space_for_all_rows() {
        let row = |label, is_bad| Row { label, content: Content::NoData, is_bad };
        let rows = [row("a", false), row("b", false), row("c", true), row("d", false)];
        let shown = |height| shown(&rows, 30, height).iter().map(|(row, _)| row.label).collect::<String>();
        assert_eq!([0, 1, 2, 3, 4, 9].map(shown), ["", "c", "ac", "abc", "abcd", "abcd"]);
    }

    #[test]
    fn a_reason_takes_several_lines_but_not_all() {
        let row = |why: &str| Row { label: "a", content: Content::Unread(why.to_owned()), is_bad: true };
        assert_eq!(row_height(&row("short"), 80), 2);
        assert_eq!(row_height(&row(&"long ".repeat(50)), 80), 4);
    }
}
