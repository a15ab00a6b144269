/** Shapes that posters are composed of. */
import { svg } from "./dom";

export function circle(cx: number, cy: number, r: number, fill: string, opacity = 1): SVGElement {
  return svg("circle", { cx, cy, r, fill, opacity });
}

export function rect(x: number, y: number, width: number, height: number, fill: string, rx = 0): SVGElement {
  return svg("rect", { x, y, width, height, fill, rx });
}

export function path(d: string, fill: string, opacity = 1): SVGElement {
  return svg("path", { d, fill, opacity });
}

/** A line without a filled area, with round ends. */
export function stroke(d: string, colour: string, width: number, opacity = 1): SVGElement {
  return svg("path", {
    d,
    fill: "none",
    stroke: colour,
    "stroke-width": width,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
    opacity,
  });
}

/** @param points As in SVG: `"0,0 10,0 10,10"`. */
export function polygon(points: string, fill: string, opacity = 1): SVGElement {
  return svg("polygon", { points, fill, opacity });
}

/** Wedges of light from a point, between two angles in degrees; 0 points to the right, 90 down. */
export function rays(
  [x, y]: readonly [x: number, y: number],
  from: number,
  to: number,
  count: number,
  fill: string,
  opacity: number,
): SVGElement[] {
  const step = (to - from) / count;
  const at = (degrees: number) => {
    const angle = (degrees * Math.PI) / 180;
    return `${Math.round(x + 160 * Math.cos(angle))},${Math.round(y + 160 * Math.sin(angle))}`;
  };
  return Array.from({ length: count }, (_, index) => {
    const start = from + index * step;
    return polygon(`${x},${y} ${at(start + step * 0.25)} ${at(start + step * 0.75)}`, fill, opacity);
  });
}

/** Points of light, scattered the same way each time. */
export function scatter(
  count: number,
  width: number,
  height: number,
  radius: (index: number) => number,
  fill: string,
): SVGElement[] {
  return Array.from({ length: count }, (_, index) =>
    circle((index * 47 + 5) % width, (index * 29 + 3) % height, radius(index), fill),
  );
}
