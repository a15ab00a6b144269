/** Posters, each drawn as a motif of its own in three colours. */
import { svg } from "./dom";
import { HEIGHT, MOTIFS, type Motif, WIDTH } from "./motifs";
import { rect } from "./shapes";

/** What a poster shows, and its colours: the ground, a dim and a bright one. */
export interface Poster {
  readonly motif: Motif;
  readonly colours: readonly [ground: string, dim: string, bright: string];
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
    ...MOTIFS[motif]({ ground, dim, bright }),
  );
}
