/** The films on the page. Their ids are those of IMDb. */
import type { Motif } from "./motifs";
import type { Poster } from "./poster";

export interface Film {
  readonly id: string;
  readonly title: string;
  readonly year: number;
  readonly line: string;
  readonly poster: Poster;
}

type Row = [
  id: string,
  title: string,
  year: number,
  line: string,
  motif: Motif,
  ...colours: [string, string, string],
];

const ROWS: Row[] = [
  [
    "tt0017136",
    "Metropolis",
    1927,
    "A city runs on those who live below it.",
    "tower",
    "#2b2118",
    "#c98a3b",
    "#f3dfb4",
  ],
  [
    "tt0034583",
    "Casablanca",
    1942,
    "Of all the bars in town, she walks into his.",
    "arch",
    "#1d2733",
    "#8795a6",
    "#f2e6c9",
  ],
  [
    "tt0047478",
    "Seven Samurai",
    1954,
    "Farmers with nothing hire swords for rice.",
    "blades",
    "#3a1518",
    "#c2412d",
    "#f6d9a8",
  ],
  [
    "tt0050083",
    "12 Angry Men",
    1957,
    "One juror is not sure, and the room is hot.",
    "table",
    "#20303a",
    "#4f7d8c",
    "#f0c987",
  ],
  ["tt0054215", "Psycho", 1960, "Twelve cabins, twelve vacancies.", "house", "#14141a", "#5c6370", "#e9e4d8"],
  [
    "tt0062622",
    "2001: A Space Odyssey",
    1968,
    "A black slab, a bone, and a calm red eye.",
    "slab",
    "#07090f",
    "#b3261e",
    "#f4f1ea",
  ],
  [
    "tt0068646",
    "The Godfather",
    1972,
    "The youngest son wanted no part in it.",
    "lapels",
    "#120d0a",
    "#7a4a24",
    "#e8c48a",
  ],
  [
    "tt0076759",
    "Star Wars",
    1977,
    "A farm boy, two droids, and that's no moon.",
    "station",
    "#0b1026",
    "#5661a8",
    "#ffe08a",
  ],
  [
    "tt0078748",
    "Alien",
    1979,
    "Seven crew members wake up, and then there are eight.",
    "egg",
    "#07130f",
    "#2f7d57",
    "#d7f5c6",
  ],
  [
    "tt0083658",
    "Blade Runner",
    1982,
    "Rain, neon, and a test for who is human.",
    "city",
    "#130b26",
    "#c2327a",
    "#59d6e6",
  ],
  [
    "tt0088763",
    "Back to the Future",
    1985,
    "At 88 miles an hour, it is 1955 again.",
    "bolt",
    "#161a3a",
    "#e4572e",
    "#ffd166",
  ],
  [
    "tt0095327",
    "Grave of the Fireflies",
    1988,
    "A brother, a sister, and a tin of sweets.",
    "tin",
    "#1b1a12",
    "#7c4a1e",
    "#ffd873",
  ],
  [
    "tt0103064",
    "Terminator 2: Judgment Day",
    1991,
    "The machine comes back, this time to protect.",
    "skull",
    "#0c1420",
    "#44617f",
    "#ff5a4d",
  ],
  [
    "tt0110357",
    "The Lion King",
    1994,
    "A cub runs from the crown he must one day wear.",
    "rock",
    "#4a1505",
    "#e4791b",
    "#ffd56b",
  ],
  [
    "tt0110912",
    "Pulp Fiction",
    1994,
    "A watch, a suitcase and a dance, out of order.",
    "suitcase",
    "#2a0f0f",
    "#d2a017",
    "#fff1c2",
  ],
  [
    "tt0111161",
    "The Shawshank Redemption",
    1994,
    "Twenty years, a small hammer, and hope.",
    "wall",
    "#101d2b",
    "#3f6f9a",
    "#f3e7c4",
  ],
  [
    "tt0114369",
    "Se7en",
    1995,
    "Two detectives follow a list of sins.",
    "box",
    "#130f0c",
    "#6e1f17",
    "#d9cbb0",
  ],
  [
    "tt0118715",
    "The Big Lebowski",
    1998,
    "All he wants back is his rug.",
    "bowling",
    "#26303f",
    "#b5643c",
    "#f1d9a7",
  ],
  [
    "tt0120737",
    "The Fellowship of the Ring",
    2001,
    "Nine set out to destroy one small ring.",
    "ring",
    "#17210f",
    "#59702e",
    "#f6c945",
  ],
  ["tt0133093", "The Matrix", 1999, "He takes the red one.", "code", "#03100a", "#0f6b3c", "#7dffb0"],
  [
    "tt0211915",
    "Amélie",
    2001,
    "A waitress mends the lives of others in secret.",
    "dessert",
    "#3b0d14",
    "#2c7a4b",
    "#f6c64f",
  ],
  [
    "tt0245429",
    "Spirited Away",
    2001,
    "A girl takes a job in a bathhouse for gods.",
    "train",
    "#14213d",
    "#2a7f9e",
    "#f7d6e0",
  ],
  [
    "tt0816692",
    "Interstellar",
    2014,
    "An hour there is seven years at home.",
    "hole",
    "#05070d",
    "#3b4a6b",
    "#ffcf9e",
  ],
  [
    "tt6751668",
    "Parasite",
    2019,
    "A poor family moves in, one lie at a time.",
    "stairs",
    "#14201a",
    "#4d7a57",
    "#e8e2c8",
  ],
];

export const FILMS: readonly Film[] = ROWS.map(([id, title, year, line, motif, ...colours]) => ({
  id,
  title,
  year,
  line,
  poster: { motif, colours },
}));

/** The sort orders. */
export const ORDERS = { title: "Title", year: "Year", likes: "Most liked" } as const;

export type Order = keyof typeof ORDERS;

/** The films that contain every word of a search, sorted. */
export function choose(search: string, order: Order, likes: (id: string) => number): Film[] {
  const words = fold(search).split(/\s+/).filter(Boolean);
  const found = FILMS.filter(({ title, year, line }) => {
    const text = fold(`${title} ${year} ${line}`);
    return words.every((word) => text.includes(word));
  });
  const byTitle = (one: Film, other: Film) => sortTitle(one).localeCompare(sortTitle(other), "en");
  const compare = {
    title: byTitle,
    year: (one: Film, other: Film) => one.year - other.year || byTitle(one, other),
    likes: (one: Film, other: Film) => likes(other.id) - likes(one.id) || byTitle(one, other),
  };
  return found.sort(compare[order]);
}

function sortTitle({ title }: Film): string {
  return title.replace(/^The /, "");
}

/** Text in lower case without accents, so that "amelie" finds "Amélie". */
function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
