import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface LikeTablesArgs {
  /** Whether the tables are protected from deletion. */
  readonly protect: boolean;
}

/** The counts, and the ledger of the likes that they include. */
export class LikeTables extends pulumi.ComponentResource {
  readonly counts: aws.dynamodb.Table;
  readonly ledger: aws.dynamodb.Table;

  constructor(name: string, args: LikeTablesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:LikeTables", name, {}, opts);
    const table = (suffix: string, hashKey: string, extra: Partial<aws.dynamodb.TableArgs> = {}) =>
      new aws.dynamodb.Table(
        `${name}-${suffix}`,
        {
          hashKey,
          attributes: [{ name: hashKey, type: "S" }],
          billingMode: "PAY_PER_REQUEST",
          // Encrypted with a key that DynamoDB owns, which is free; `true` would select the AWS managed key, whose
          // requests are billed: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/EncryptionAtRest.html
          serverSideEncryption: { enabled: false },
          pointInTimeRecovery: { enabled: true },
          deletionProtectionEnabled: args.protect,
          ...extra,
        },
        { parent: this, protect: args.protect },
      );
    this.counts = table("counts", "movieId");
    this.ledger = table("ledger", "likeKey", { ttl: { attributeName: "expiresAt", enabled: true } });
    this.registerOutputs({ counts: this.counts.name, ledger: this.ledger.name });
  }
}
