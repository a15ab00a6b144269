//! Charts of a metric's values: a bar for each period.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    widgets::{Sparkline, Widget},
};

use super::palette::Palette;

/// The eighths of a cell that a bar can end at.
const LEVELS: f64 = 8.0;
/// What stands for no data in a chart of one row.
const NO_DATA: &str = "·";

/// Draws the values from the oldest to the latest in the area: the latest ones if there are too many, wider bars if there
/// is space.
pub(super) fn draw(values: &[Option<f64>], area: Rect, buffer: &mut Buffer, palette: &Palette) {
    let width = usize::from(area.width);
    let values = values.get(values.len().saturating_sub(width)..).unwrap_or_default();
    let Some(cells) = width.checked_div(values.len()).filter(|cells| *cells > 0) else { return };
    let levels = f64::from(area.height) * LEVELS;
    let bars = levels_of(values, levels);
    let bars = bars.iter().flat_map(|bar| std::iter::repeat_n(*bar, cells));
    let absent = if area.height == 1 { NO_DATA } else { " " };
    Sparkline::default()
        .data(bars.collect::<Vec<_>>())
        .max(u64::from(area.height) * 8)
        .style(palette.chart)
        .absent_value_style(palette.dim)
        .absent_value_symbol(absent)
        .render(area, buffer);
}

/// Each value as a level from 1 to `levels`, so that 0 differs from no data.
fn levels_of(values: &[Option<f64>], levels: f64) -> Vec<Option<u64>> {
    let highest = values.iter().copied().flatten().fold(0.0, f64::max);
    let level = |value: f64| if highest > 0.0 { (value / highest * levels).round().max(1.0) } else { 1.0 };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a level is small and not negative"
    )]
    let level = |value: &Option<f64>| value.map(|value| level(value) as u64);
    values.iter().map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: &[Option<f64>], width: u16, height: u16) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        draw(values, area, &mut buffer, &Palette::COLOURED);
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        (0..height).map(row).collect()
    }

    #[test]
    fn no_data_is_not_drawn_as_zero() {
        let values = [None, Some(0.0), Some(25.0), Some(50.0), Some(100.0)];
        assert_eq!(drawn(&values, 5, 1), ["·▁▂▄█"]);
        assert_eq!(drawn(&values, 5, 2), ["    █", " ▁▄██"]);
        assert_eq!(drawn(&[Some(0.0), None], 2, 1), ["▁·"]);
    }

    #[test]
    fn the_latest_values_are_drawn_and_fill_the_width() {
        let values = [Some(8.0), Some(4.0), Some(2.0)];
        assert_eq!(drawn(&values, 2, 1), ["█▄"]);
        assert_eq!(drawn(&values, 7, 1), ["██▄▄▂▂ "]);
        assert_eq!(drawn(&[], 2, 1), ["  "]);
        assert_eq!(drawn(&values, 0, 1), [""]);
    }
}
