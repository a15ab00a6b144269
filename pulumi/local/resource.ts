/** How registered resources are created on the emulator. */
import type { Clients, Site } from "./clients";
import type { Inputs } from "./inputs";

/** A created resource: its id and the outputs known only after creation. */
export interface Created {
  readonly id: string;
  readonly outputs?: Record<string, unknown>;
}

/** Where resources are created. */
export interface Target extends Clients {
  readonly site: Site;
  /** The UUIDs of the created event source mappings. */
  readonly mappings: string[];
}

/**
 * Reads all inputs of a resource and returns the function that creates it.
 *
 * `name` is the resource's name in the program and also its physical name: the emulator holds one stack.
 */
export type Creator = (name: string, inputs: Inputs) => (target: Target) => Promise<Created>;

/** Creators by resource type. */
export type Creators = Record<string, Creator>;
