/** What the posters show: one motif for each film. What matters is in the middle, since small posters are cut at the sides. */
import { circle, path, polygon, rays, rect, scatter, stroke } from "./shapes";

export const WIDTH = 120;
export const HEIGHT = 90;

interface Colours {
  readonly ground: string;
  readonly dim: string;
  readonly bright: string;
}

export const MOTIFS = {
  /** Metropolis: a stepped tower before beams of light. */
  tower: ({ ground, dim, bright }) => [
    ...rays([60, 22], -10, 190, 9, dim, 0.45),
    rect(18, 56, 16, 34, dim),
    rect(86, 50, 16, 40, dim),
    rect(36, 62, 48, 28, bright),
    rect(43, 42, 34, 48, bright),
    rect(50, 24, 20, 66, bright),
    rect(57, 8, 6, 82, bright),
    ...[47, 55.5, 63, 70.5].map((x) => rect(x, 48, 2, 42, ground)),
    rect(59, 24, 2, 66, ground),
  ],
  /** Casablanca: an aeroplane in an arch. */
  arch: ({ ground, dim, bright }) => [
    rect(0, 0, WIDTH, HEIGHT, dim),
    path("M36 90 V52 C26 26 46 8 60 8 C74 8 94 26 84 52 V90z", bright),
    path(
      "M60 8 C46 8 26 26 36 52 V90 H28 V52 C18 20 44 2 60 2 C76 2 102 20 92 52 V90 H84 V52 C94 26 74 8 60 8z",
      ground,
    ),
    path(
      "M57 34 H63 L64 45 L82 52 V56 L64 53 L63 66 L69 70 V73 H51 V70 L57 66 L56 53 L38 56 V52 L56 45z",
      ground,
    ),
  ],
  /** Seven Samurai: seven blades before a red sun. */
  blades: ({ dim, bright, ground }) => [
    circle(60, 45, 34, dim),
    ...[27, 38, 49, 60, 71, 82, 93].flatMap((x, index) => {
      const top = 12 + Math.abs(3 - index) * 4;
      return [
        path(`M${x - 1.8} 74 V${top + 9} L${x + 1.8} ${top} V74z`, bright),
        rect(x - 4, 73, 8, 2.4, bright, 1),
        rect(x - 1.6, 76, 3.2, 14, ground),
        stroke(`M${x} 78 V90`, bright, 1.6),
      ];
    }),
  ],
  /** 12 Angry Men: a table with twelve seats, one of them taken by doubt. */
  table: ({ dim, bright }) => [
    rect(30, 30, 60, 30, dim, 4),
    ...[38, 52.6, 67.3, 82].flatMap((x, index) => [
      circle(x, 20, 5.4, index === 2 ? bright : dim),
      circle(x, 70, 5.4, dim),
    ]),
    ...[38, 52].flatMap((y) => [circle(20, y, 5.4, dim), circle(100, y, 5.4, dim)]),
    rect(61, 34, 13, 9, bright, 1),
  ],
  /** Psycho: a house on a hill, with light in one window. */
  house: ({ ground, dim, bright }) => [
    path("M0 90 V78 Q40 62 70 62 T120 74 V90z", dim),
    path("M44 64 V38 L40 38 L52 26 V16 L60 8 L68 16 V26 L82 38 H78 V64z", dim),
    rect(57, 17, 6, 9, ground),
    rect(49, 42, 7, 11, bright),
    rect(66, 42, 7, 11, ground),
    rect(58, 53, 6, 11, ground),
    stroke("M61 66 Q50 76 66 90", ground, 3),
  ],
  /** 2001: A Space Odyssey: a calm red eye in a black slab. */
  slab: ({ ground, dim, bright }) => [
    rect(0, 0, WIDTH, HEIGHT, dim, 0),
    rect(34, -4, 52, 98, ground),
    circle(60, 45, 22, bright),
    circle(60, 45, 20, ground),
    circle(60, 45, 15, dim),
    circle(60, 45, 9, dim),
    circle(60, 45, 6, bright),
    circle(54, 38, 2.2, bright, 0.8),
  ],
  /** The Godfather: a dinner jacket with a flower. */
  lapels: ({ ground, dim, bright }) => [
    polygon("38,0 82,0 60,84", bright),
    polygon("0,90 0,12 38,0 60,90", dim),
    polygon("120,90 120,12 82,0 60,90", dim),
    polygon("38,0 60,84 28,46 34,40 24,34", ground),
    polygon("82,0 60,84 92,46 86,40 96,34", ground),
    polygon("46,8 60,15 74,8 74,24 60,17 46,24", ground),
    circle(60, 16, 3.6, ground),
    ...[34, 48, 62].map((y) => circle(60, y, 1.5, ground)),
    circle(90, 58, 7, bright),
    stroke("M90 58 m-3 0 a3 3 0 1 1 3 3 a5 5 0 0 1 -5 -4", dim, 1.4),
  ],
  /** Star Wars: no moon. */
  station: ({ ground, dim, bright }) => [
    ...scatter(22, WIDTH, HEIGHT, (index) => 0.5 + (index % 3) * 0.3, bright),
    circle(60, 45, 31, dim),
    path("M60 14 A31 31 0 0 1 60 76 A44 44 0 0 0 60 14z", ground, 0.45),
    rect(29, 44, 62, 2.6, ground),
    circle(50, 30, 8.5, ground, 0.55),
    circle(50, 30, 2, bright),
    stroke("M50 30 L8 60", bright, 1.6),
  ],
  /** Alien: an egg that opens. */
  egg: ({ ground, dim, bright }) => [
    path("M0 90 V78 Q60 66 120 78 V90z", dim, 0.5),
    ...rays([60, 40], 230, 310, 3, bright, 0.16),
    path("M60 14 C80 14 90 48 86 64 C82 80 38 80 34 64 C30 48 40 14 60 14z", dim),
    path("M60 20 L64 36 L78 42 L64 44 L60 66 L56 44 L42 42 L56 36z", bright),
    path("M60 30 L61.5 39 L66 42 L61.5 42 L60 54 L58.5 42 L54 42 L58.5 39z", ground),
  ],
  /** Blade Runner: a city in the rain. */
  city: ({ ground, dim, bright }) => [
    ...[
      [4, 40],
      [20, 58],
      [36, 46],
      [52, 74],
      [70, 50],
      [86, 62],
      [104, 44],
    ].flatMap(([x = 0, height = 0], index) => [
      rect(x, HEIGHT - height, 14, height, dim, 0),
      ...Array.from({ length: 4 }, (_, row) =>
        rect(x + 3 + ((row + index) % 2) * 5, HEIGHT - height + 6 + row * 9, 3, 4, row % 3 ? ground : bright),
      ),
    ]),
    rect(56, 24, 6, 26, bright, 1),
    ...Array.from({ length: 16 }, (_, index) => {
      const [x, y] = [(index * 37) % 128, (index * 23) % 80];
      return stroke(`M${x} ${y} l-4 11`, bright, 0.8, 0.55);
    }),
  ],
  /** Back to the Future: a bolt of lightning, and burning tracks. */
  bolt: ({ dim, bright }) => [
    polygon("54,52 57,52 40,90 18,90", dim),
    polygon("63,52 66,52 102,90 80,90", dim),
    polygon("55,56 56,56 34,90 26,90", bright),
    polygon("64,56 65,56 94,90 86,90", bright),
    polygon("64,2 46,32 57,32 50,56 76,24 64,24 74,2", bright),
    rect(0, 51, WIDTH, 1.4, dim),
  ],
  /** Grave of the Fireflies: a tin, and fireflies. */
  tin: ({ ground, dim, bright }) => [
    path("M0 90 V80 H120 V90z", dim, 0.4),
    rect(42, 36, 36, 46, dim, 4),
    rect(46, 28, 28, 9, bright, 2),
    rect(42, 48, 36, 20, bright),
    ...[50, 60, 70].map((x, index) => circle(x, 58, 3.6, index === 1 ? dim : ground)),
    ...[
      [22, 26],
      [32, 56],
      [92, 20],
      [98, 50],
      [60, 14],
      [84, 70],
      [14, 68],
      [36, 12],
    ].flatMap(([x = 0, y = 0], index) => [
      circle(x, y, 5, bright, 0.18),
      circle(x, y, 1.4 + (index % 2) * 0.6, bright),
    ]),
  ],
  /** Terminator 2: a metal skull with one red eye. */
  skull: ({ ground, dim, bright }) => [
    path("M60 10 C84 10 90 30 86 46 L80 56 L77 80 H43 L40 56 L34 46 C30 30 36 10 60 10z", dim),
    path("M40 38 H56 L54 50 H42z", ground),
    path("M64 38 H80 L78 50 H66z", ground),
    circle(72, 44, 4.2, bright),
    circle(72, 44, 9, bright, 0.25),
    path("M60 50 L64 60 H56z", ground),
    ...[47, 52, 57, 62, 67, 72].map((x) => rect(x, 66, 1.6, 14, ground)),
    rect(43, 71.5, 34, 1.6, ground),
  ],
  /** The Lion King: a rock before the rising sun. */
  rock: ({ ground, dim, bright }) => [
    rect(0, 0, WIDTH, HEIGHT, dim),
    circle(70, 50, 30, bright),
    path("M0 90 V50 L14 42 L60 38 L86 30 L90 33 L66 50 L54 60 L50 90z", ground),
    path("M76 32 l2 -9 3 -3 5 1 2 4 -2 3 -1 5z", ground),
    path("M0 90 V82 Q60 74 120 84 V90z", ground),
  ],
  /** Pulp Fiction: a suitcase with a glow. */
  suitcase: ({ ground, dim, bright }) => [
    ...rays([60, 58], 190, 350, 8, bright, 0.5),
    polygon("32,56 40,22 80,22 88,56", dim),
    polygon("37,56 43,27 77,27 83,56", bright),
    rect(28, 56, 64, 24, dim, 2),
    rect(28, 56, 64, 2.4, bright),
    rect(50, 64, 20, 4, ground, 2),
    rect(36, 62, 4, 8, ground, 1),
    rect(80, 62, 4, 8, ground, 1),
  ],
  /** The Shawshank Redemption: a hole in a wall of bricks. */
  wall: ({ ground, dim, bright }) => [
    ...Array.from({ length: 9 }, (_, row) =>
      Array.from({ length: 7 }, (_, column) =>
        rect(column * 20 - (row % 2) * 10 - 2, row * 10 + 0.8, 18.4, 8.4, dim, 0.8),
      ),
    ).flat(),
    path("M44 26 L56 20 L72 23 L82 34 L84 52 L76 66 L62 72 L46 67 L37 54 L38 38z", ground),
    path("M49 31 L58 26 L70 29 L77 38 L78 51 L71 61 L61 65 L50 61 L44 51 L44 40z", bright),
    path("M58 65 V54 L49 41 L51 39.6 L59 47 H62 L70 39.6 L72 41 L63 54 V65z", ground),
    circle(60.5, 43, 3.2, ground),
  ],
  /** Se7en: a box under pylons. */
  box: ({ ground, dim, bright }) => [
    rect(0, 66, WIDTH, 24, dim, 0),
    stroke("M16 66 L22 18 L28 66 M12 28 H32 M14 38 H30 M100 66 L105 28 L110 66 M97 36 H113", dim, 1.4),
    stroke("M-4 30 Q8 34 12 28 M32 28 Q66 46 97 36 M113 36 H124", dim, 0.8),
    polygon("60,30 88,42 60,54 32,42", bright),
    polygon("32,42 60,54 60,84 32,71", bright, 0.82),
    polygon("88,42 60,54 60,84 88,71", bright, 0.58),
    polygon("71,34.8 77,37.2 49,49.3 43,46.8", ground, 0.7),
    polygon("43,46.8 49,49.3 49,60 43,57.4", ground, 0.7),
  ],
  /** The Big Lebowski: a bowling ball and pins. */
  bowling: ({ ground, dim, bright }) => [
    polygon("36,0 84,0 120,90 0,90", dim, 0.28),
    ...[42, 60, 78].map((x, index) => {
      const y = index === 1 ? 12 : 6;
      return path(
        `M${x} ${y} c4 0 5 5 3.4 9 c-1 3 3.6 8 3.6 17 q0 6 -2 10 h-10 q-2 -4 -2 -10 c0 -9 4.6 -14 3.6 -17 c-1.6 -4 -.6 -9 3.4 -9z`,
        bright,
      );
    }),
    ...[42, 78].map((x) => rect(x - 3.4, 18, 6.8, 2, dim)),
    rect(56.6, 24, 6.8, 2, dim),
    circle(60, 66, 23, dim),
    circle(54, 58, 3, ground),
    circle(63, 55, 3, ground),
    circle(61, 65, 3.4, ground),
  ],
  /** The Fellowship of the Ring: the ring above a mountain of fire. */
  ring: ({ ground, dim, bright }) => [
    polygon("0,90 44,60 53,65 60,58 67,65 76,60 120,90", dim),
    polygon("53,65 60,58 67,65 62,72 65,80 58,74", bright),
    stroke("M60 10 a24 19 0 1 1 -.1 0z", bright, 6.5),
    stroke("M60 10 a24 19 0 1 1 -.1 0z", ground, 1, 0.75),
  ],
  /** The Matrix: falling code, and a capsule. */
  code: ({ ground, dim, bright }) => [
    ...Array.from({ length: 15 }, (_, column) => {
      const start = (column * 37) % 60;
      return Array.from({ length: 8 }, (_, row) => {
        const y = (start + row * 8) % 92;
        return rect(column * 8 + 2, y, 3 + ((row + column) % 3), 5, row === 7 ? bright : dim, 0.6);
      });
    }).flat(),
    rect(32, 32, 56, 26, ground, 13),
    rect(35, 35, 50, 20, bright, 10),
    path("M60 35 H75 A10 10 0 0 1 75 55 H60z", dim),
    rect(42, 38.5, 30, 2.6, ground, 1.3),
  ],
  /** Amélie: a spoon that cracks the crust of a dessert. */
  dessert: ({ ground, dim, bright }) => [
    circle(56, 48, 35, dim),
    circle(56, 48, 29, bright),
    stroke(
      "M58 50 L50 40 L52 30 M50 40 L38 38 M58 50 L52 60 L40 64 M52 60 L56 70 M58 50 L70 56",
      ground,
      1.5,
    ),
    stroke("M70 36 L100 6", ground, 7),
    path("M74 32 C80 40 72 56 58 52 C52 40 64 28 74 32z", ground),
    stroke("M72 34 L100 6", dim, 3.6),
    path("M71 35 C75 41 70 52 60 49.6 C56.6 41 64 32 71 35z", dim),
  ],
  /** Spirited Away: a train across the sea. */
  train: ({ ground, dim, bright }) => [
    circle(82, 22, 11, bright),
    rect(0, 60, WIDTH, 30, dim),
    rect(16, 42, 70, 18, bright, 3),
    rect(90, 42, 46, 18, bright, 3),
    ...[22, 35, 48, 61, 74, 96, 109].map((x) => rect(x, 46, 8, 7, ground, 1)),
    rect(0, 60, WIDTH, 1.6, ground),
    ...[22, 35, 48, 61, 74, 96].map((x, index) => rect(x, 65, 8, 3 + (index % 2) * 3, bright, 1)),
    stroke("M10 76 H34 M52 80 H84 M92 74 H110 M24 85 H50", bright, 1.2, 0.6),
  ],
  /** Interstellar: a black hole. */
  hole: ({ ground, dim, bright }) => [
    ...scatter(26, WIDTH, HEIGHT, (index) => 0.4 + (index % 3) * 0.25, dim),
    circle(60, 45, 30, bright, 0.16),
    circle(60, 45, 26, bright),
    circle(60, 45, 23.5, dim),
    circle(60, 45, 19, ground),
    path("M6 47 Q60 33 114 43 Q60 57 6 47z", bright),
    path("M24 46.2 Q60 40 96 44 Q60 49 24 46.200z", ground, 0.5),
  ],
  /** Parasite: stairs down from a lit door. */
  stairs: ({ ground, dim, bright }) => [
    rect(72, 8, 20, 26, bright),
    polygon("72,34 92,34 40,90 -10,90", bright, 0.22),
    path("M120 34 H66 V43 H56 V52 H46 V61 H36 V70 H26 V79 H16 V90 H120z", dim),
    path(
      "M66 34 H120 V36 H66z M56 43 H66 V45 H56z M46 52 H56 V54 H46z M36 61 H46 V63 H36z M26 70 H36 V72 H26z M16 79 H26 V81 H16z",
      bright,
    ),
    path("M80 34 V22 q0 -5 3 -5 t3 5 V34z", ground),
    circle(83, 14.6, 2.6, ground),
  ],
} satisfies Record<string, (colours: Colours) => SVGElement[]>;

export type Motif = keyof typeof MOTIFS;
