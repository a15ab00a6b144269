import * as pulumi from "@pulumi/pulumi";
import { PrivateBucket } from "./privateBucket";

/** The prefix of the likes. */
export const LIKES = "likes/";
/** The prefix of query results. */
export const QUERIES = "queries/";
/** How long query results are kept. */
const QUERIES_DAYS = 7;

export interface ArchiveArgs {
  /** 0 for never. */
  readonly coldAfterDays: number;
  /** 0 for never. */
  readonly expireAfterDays: number;
  /** Whether the bucket cannot be deleted while it holds objects. */
  readonly protect: boolean;
}

/** The bucket that keeps every event exactly as published. */
export class Archive extends pulumi.ComponentResource {
  readonly bucket: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: ArchiveArgs, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:Archive", name, {}, opts);
    const lifecycle = [
      {
        id: "queries",
        status: "Enabled",
        filter: { prefix: QUERIES },
        expiration: { days: QUERIES_DAYS },
      },
      ...likesLifecycle(args),
    ];
    const bucket = new PrivateBucket(name, { protect: args.protect, lifecycle }, { parent: this });
    bucket.admit();
    this.bucket = bucket.bucket;
    this.arn = bucket.arn;
    this.registerOutputs({ bucket: this.bucket, arn: this.arn });
  }
}

/** The prefix of a day's objects, in UTC. */
export function dayFolder(day: string): string {
  return `day=${day}/`;
}

/** The lifecycle of old likes. */
function likesLifecycle({ coldAfterDays, expireAfterDays }: ArchiveArgs) {
  if (coldAfterDays === 0 && expireAfterDays === 0) {
    return [];
  }
  return [
    {
      id: "likes",
      status: "Enabled",
      filter: { prefix: LIKES },
      ...(coldAfterDays > 0 && { transitions: [{ days: coldAfterDays, storageClass: "GLACIER_IR" }] }),
      ...(expireAfterDays > 0 && { expiration: { days: expireAfterDays } }),
    },
  ];
}
