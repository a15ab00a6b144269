/** Draws a dashboard as SVG. */

import { LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { init, setPlatformAPI, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Alarms, Graph, Place, Range } from "./widgets";

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** Wide enough for every font: which one is used is not known here. */
const textWidth = (text: string, size: number) => 0.62 * size * text.length;

setPlatformAPI({
  measureText: (text, font) => {
    return { width: textWidth(text, Number(/([\d.]+)px/.exec(font ?? "")?.[1] ?? 12)) };
  },
});

/** The size of a cell of the dashboard's grid, in pixels. */
const CELL = { width: 68, height: 42 };
const GAP = 6;
const MARGIN = 14;
const HEADER = 56;

const FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif";
const INK = "#16191f";
const FAINT = "#687078";
const RULE = "#eaeded";

/** The colours that CloudWatch gives to the lines of a graph. */
const LINES = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f"];

const STATES: Record<string, { readonly fill: string; readonly line: string; readonly text: string }> = {
  ALARM: { fill: "#fdf3f1", line: "#d13212", text: "#d13212" },
  OK: { fill: "#f2f8f0", line: "#1d8102", text: "#1d8102" },
  INSUFFICIENT_DATA: { fill: "#f2f3f3", line: "#aab7b8", text: FAINT },
};

export interface Picture {
  readonly title: string;
  readonly range: Range;
  readonly alarms: readonly Alarms[];
  readonly graphs: readonly Graph[];
}

export function draw({ title, range, alarms, graphs }: Picture): string {
  const all = [...alarms, ...graphs];
  const width = 2 * MARGIN + CELL.width * Math.max(...all.map(({ x, width }) => x + width));
  const height = HEADER + MARGIN + CELL.height * Math.max(...all.map(({ y, height }) => y + height));
  const time = (milliseconds: number) => new Date(milliseconds).toISOString();
  const subtitle = `${time(range.from).slice(0, 10)}, ${time(range.from).slice(11, 16)} to ${time(range.to).slice(11, 16)} UTC; one data point per ${span(range.period)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="#f2f3f3"/>`,
    text(MARGIN + GAP / 2, 26, title, { size: 18, weight: "bold" }),
    text(MARGIN + GAP / 2, 46, subtitle, { size: 12, fill: FAINT }),
    ...alarms.map((widget) => card(widget, states(widget))),
    ...graphs.map((widget) => card(widget, lines(widget, range))),
    "</svg>\n",
  ].join("\n");
}

/** A widget's size, in pixels. */
function sizeOf({ width, height }: Place) {
  return { width: width * CELL.width - GAP, height: height * CELL.height - GAP };
}

/** A widget in its place. */
function card(place: Place, content: string): string {
  const { width, height } = sizeOf(place);
  const [x, y] = [MARGIN + place.x * CELL.width + GAP / 2, HEADER + place.y * CELL.height + GAP / 2];
  const frame = `<rect width="${width}" height="${height}" rx="3" fill="#fff" stroke="#d5dbdb"/>`;
  return `<g transform="translate(${x} ${y})">${frame}${content}</g>`;
}

/** The alarms, each in the colour of its state. */
function states(widget: Alarms): string {
  const { width } = sizeOf(widget);
  const columns = 5;
  const [cell, row] = [(width - 20) / columns, 30];
  const pills = widget.alarms.map(({ name, state }, at) => {
    const { fill, line, text: ink } = STATES[state] ?? { fill: "#fff", line: FAINT, text: FAINT };
    const [x, y] = [12 + (at % columns) * cell, 40 + Math.floor(at / columns) * row];
    const label = state === "INSUFFICIENT_DATA" ? "no data" : state;
    return [
      `<rect x="${x}" y="${y}" width="${cell - 8}" height="${row - 7}" rx="2" fill="${fill}" stroke="${line}"/>`,
      text(x + 8, y + 16, name, { size: 12 }),
      text(x + cell - 16, y + 16, label, { size: 11, weight: "bold", fill: ink, anchor: "end" }),
    ].join("");
  });
  return text(12, 24, widget.title, { size: 13, weight: "bold" }) + pills.join("");
}

/** A graph of lines over time. */
function lines(widget: Graph, range: Range): string {
  const { width, height } = sizeOf(widget);
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  const isSum = widget.series.every(({ stat }) => stat === "Sum");
  const axis = { axisLine: { lineStyle: { color: "#aab7b8" } }, axisTick: { show: false } };
  const label = { color: FAINT, fontSize: 10, fontFamily: FONT };
  const legendRows = rowsOf(
    widget.series.map(({ label }) => label),
    width - 16,
  );
  const title = broken(widget.title, 12.5, width - 20);
  const top = 36 + 15 * title.length;
  const highest = Math.max(0, ...widget.series.flatMap(({ points }) => points.map(([, value]) => value)));
  chart.setOption({
    animation: false,
    color: LINES,
    textStyle: { fontFamily: FONT },
    title: {
      text: title.join("\n"),
      left: 8,
      top: 8,
      textStyle: { fontSize: 12.5, lineHeight: 15, color: INK },
    },
    grid: { left: 46, right: 16, top, bottom: 32 + 15 * legendRows },
    legend: {
      left: 8,
      bottom: 6,
      width: width - 16,
      itemWidth: 10,
      itemHeight: 8,
      itemGap: 8,
      icon: "rect",
      selectedMode: false,
      textStyle: { fontSize: 10, color: INK },
    },
    xAxis: {
      type: "time",
      min: range.from,
      max: range.to,
      splitNumber: 4,
      ...axis,
      axisLabel: { ...label, hideOverlap: true, formatter: "{HH}:{mm}" },
    },
    yAxis: {
      type: "value",
      min: 0,
      ...(highest > 0 ? {} : { max: 1, interval: 0.5 }),
      splitNumber: 3,
      name: isSum ? `per ${span(range.period)}` : "",
      nameTextStyle: { ...label, align: "left", padding: [0, 0, 0, -34] },
      nameGap: 8,
      ...axis,
      axisLine: { show: false },
      splitLine: { lineStyle: { color: RULE } },
      axisLabel: { ...label, formatter: short },
    },
    series: widget.series.map(({ label: name, points }) => ({
      type: "line",
      name,
      data: points,
      symbol: "circle",
      symbolSize: 3,
      showSymbol: points.length < 20,
      lineStyle: { width: 1.6 },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** How many rows a legend with these labels takes. */
function rowsOf(labels: readonly string[], width: number): number {
  let [rows, used] = [1, 0];
  for (const label of labels) {
    const needed = 24 + textWidth(label, 10);
    if (used > 0 && used + needed > width) {
      rows += 1;
      used = 0;
    }
    used += needed;
  }
  return rows;
}

/** A text in lines of at most this width. */
function broken(text: string, size: number, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1) ?? ""} ${word}`.trim();
    if (lines.length > 0 && textWidth(longer, size) <= width) {
      lines[lines.length - 1] = longer;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

function span(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds === 60 ? "" : `${seconds / 60} `}min` : `${seconds} s`;
}

function short(value: number): string {
  const [divisor, suffix] = value >= 1e6 ? [1e6, "M"] : value >= 1e3 ? [1e3, "k"] : [1, ""];
  return `${Number((value / divisor).toPrecision(3))}${suffix}`;
}

interface TextOptions {
  readonly size: number;
  readonly weight?: string;
  readonly fill?: string;
  readonly anchor?: string;
}

function text(x: number, y: number, content: string, options: TextOptions): string {
  const { size, weight = "normal", fill = INK, anchor = "start" } = options;
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
