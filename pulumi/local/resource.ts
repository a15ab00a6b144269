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
  /** The created event source mappings. */
  readonly mappings: Mapping[];
  /** Starts a delivery stream, and returns once it is active: what arrives from then on is delivered. */
  readonly deliver: Deliver;
}

export type Deliver = (delivery: Delivery) => Promise<void>;

/** An event source mapping on the emulator. */
export interface Mapping {
  readonly name: string;
  readonly uuid: string;
}

/** A delivery stream on the emulator: from a Kinesis stream to S3. */
export interface Delivery {
  readonly name: string;
  readonly streamArn: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly intervalSeconds: number;
}

/**
 * Reads all inputs of a resource and returns the function that creates it.
 *
 * `name` is the resource's name in the program and also its physical name: the emulator holds one stack.
 */
export type Creator = (name: string, inputs: Inputs) => (target: Target) => Promise<Created>;

/** Creators by resource type. */
export type Creators = Record<string, Creator>;
