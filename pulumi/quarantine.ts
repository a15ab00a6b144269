import * as pulumi from "@pulumi/pulumi";
import { privateQueue } from "./privateQueue";

export interface QuarantineArgs {
  /** Whether the queue is protected from deletion. */
  readonly protect: boolean;
}

/**
 * The queue of records that can never be counted, sent by UpdateCount, and of Lambda's messages about records that it
 * discarded.
 */
export class Quarantine extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: QuarantineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:Quarantine", name, {}, opts);
    const queue = privateQueue(name, this, args.protect);
    this.url = queue.url;
    this.arn = queue.arn;
    this.name = queue.name;
    this.registerOutputs({ url: this.url, arn: this.arn, name: this.name });
  }
}
