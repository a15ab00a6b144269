/** How a registered resource becomes one on the emulator. */
import type { Clients, Site } from "./clients";
import type { Inputs } from "./inputs";

/** What the program sees of a resource once it is there: its id and the outputs that it does not know before. */
export interface Created {
  readonly id: string;
  readonly outputs?: Record<string, unknown>;
}

/** Where resources are created. */
export interface Target extends Clients {
  readonly site: Site;
  /** The event source mappings that were created, by their UUIDs. */
  readonly mappings: string[];
}

/**
 * Reads a resource's inputs, all of them, and returns what creates it.
 *
 * `name` is the resource's own in the program, and serves as its physical name: the emulator holds one stack.
 */
export type Creator = (name: string, inputs: Inputs) => (target: Target) => Promise<Created>;

/** Creators by the types of their resources. */
export type Creators = Record<string, Creator>;
