/** Posters, each drawn as a motif in three colours. */
import { svg } from "./dom";

const WIDTH = 120;
const HEIGHT = 90;

/** Shapes in the second and third colour, on the first. */
const MOTIFS = {
  moon: (dim, bright) => [
    circle(84, 30, 17, bright),
    circle(77, 26, 15, dim, 0.55),
    ...stars(bright),
    path(`M0 ${HEIGHT} Q60 52 ${WIDTH} ${HEIGHT}z`, dim),
  ],
  sun: (dim, bright) => [
    circle(60, 60, 27, bright),
    ...[38, 50, 62, 74].map((y, index) => rect(0, y + 12, WIDTH, 3 + index * 2, dim)),
  ],
  hills: (dim, bright) => [
    circle(88, 26, 12, bright),
    path(`M0 72 L30 40 L54 66 L78 34 L${WIDTH} 74 V${HEIGHT} H0z`, dim),
    path(`M0 84 Q40 62 76 80 T${WIDTH} 76 V${HEIGHT} H0z`, bright, 0.35),
  ],
  waves: (dim, bright) => [
    circle(30, 26, 11, bright),
    ...[46, 58, 70, 82].map((y, index) =>
      path(`M0 ${y} q15 -10 30 0 t30 0 t30 0 t30 0 V${HEIGHT} H0z`, index % 2 ? bright : dim, 0.6),
    ),
  ],
  skyline: (dim, bright) =>
    [8, 22, 34, 50, 62, 78, 92, 104].flatMap((x, index) => {
      const height = 26 + ((index * 29) % 44);
      const top = HEIGHT - height;
      return [
        rect(x, top, 11, height, dim),
        rect(x + 3, top + 7, 2, 3, bright),
        rect(x + 6, top + 15, 2, 3, bright),
      ];
    }),
  rings: (dim, bright) => [
    circle(60, 45, 13, bright),
    ...[22, 30, 38].map((radius) => ring(60, 45, radius, radius === 30 ? bright : dim)),
  ],
  eye: (dim, bright) => [
    path("M10 45 Q60 2 110 45 Q60 88 10 45z", dim),
    circle(60, 45, 19, bright),
    circle(60, 45, 9, dim),
    circle(66, 39, 3, bright),
  ],
  rain: (dim, bright) =>
    Array.from({ length: 26 }, (_, index) =>
      rect((index * 37) % WIDTH, (index * 23) % HEIGHT, 2, 8 + ((index * 11) % 18), index % 3 ? dim : bright),
    ),
  road: (dim, bright) => [
    path(`M50 30 H70 L${WIDTH} ${HEIGHT} H0z`, dim),
    ...[36, 48, 66].map((y, index) => rect(58 - index, y, 4 + index * 2, 7 + index * 4, bright)),
    circle(60, 22, 9, bright),
  ],
  grid: (dim, bright) =>
    Array.from({ length: 12 }, (_, index) =>
      rect(12 + (index % 4) * 26, 12 + Math.floor(index / 4) * 24, 18, 17, index === 6 ? bright : dim),
    ),
  blinds: (dim, bright) => [
    rect(22, 12, 76, 66, bright),
    ...[16, 27, 38, 49, 60, 71].map((y) => rect(18, y, 84, 6, dim)),
    rect(58, 8, 4, 74, dim),
  ],
  lamp: (dim, bright) => [
    path("M60 0 V20", dim),
    path("M46 34 L52 20 H68 L74 34z", dim),
    path(`M46 34 H74 L104 ${HEIGHT} H16z`, bright, 0.5),
    circle(60, 36, 5, bright),
  ],
  sparks: (dim, bright) => [
    path(`M0 ${HEIGHT} Q30 60 60 78 T${WIDTH} 70 V${HEIGHT}z`, dim),
    ...Array.from({ length: 16 }, (_, index) =>
      circle((index * 43 + 9) % WIDTH, (index * 31 + 7) % 66, 1 + (index % 3), bright, 0.9),
    ),
  ],
} satisfies Record<string, (dim: string, bright: string) => SVGElement[]>;

export type Motif = keyof typeof MOTIFS;

/** What a poster shows, and its colours: the ground, a dim and a bright one. */
export interface Poster {
  readonly motif: Motif;
  readonly colours: readonly [string, string, string];
}

/** Draws a poster, hidden from screen readers: the text beside it says as much. */
export function draw({ motif, colours }: Poster): SVGSVGElement {
  const [ground, dim, bright] = colours;
  return svg(
    "svg",
    {
      class: "poster",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "xMidYMid slice",
      "aria-hidden": "true",
    },
    rect(0, 0, WIDTH, HEIGHT, ground),
    ...MOTIFS[motif](dim, bright),
  );
}

function circle(cx: number, cy: number, r: number, fill: string, opacity = 1) {
  return svg("circle", { cx, cy, r, fill, opacity });
}

function ring(cx: number, cy: number, r: number, stroke: string) {
  return svg("ellipse", { cx, cy, rx: r, ry: r * 0.8, fill: "none", stroke, "stroke-width": 3 });
}

function rect(x: number, y: number, width: number, height: number, fill: string) {
  return svg("rect", { x, y, width, height, fill });
}

function path(d: string, fill: string, opacity = 1) {
  return svg("path", { d, fill, stroke: fill, "stroke-width": 1, opacity });
}

function stars(fill: string) {
  return Array.from({ length: 14 }, (_, index) =>
    circle((index * 47 + 5) % WIDTH, (index * 29 + 3) % 52, 0.8, fill),
  );
}
