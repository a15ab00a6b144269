/** The client, without the custom element. It runs in browsers, in workers and in Node. */
export type { Why } from "./api.js";
export { type LikesEventMap, MovieEvent, StatusEvent } from "./events.js";
export type { Like } from "./like.js";
export { createLikes, Likes, type LikesOptions } from "./likes.js";
export type { Followed, Stage } from "./stage.js";
export type { Movie, Status } from "./state.js";
export type { Store } from "./storage.js";
