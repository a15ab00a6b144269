import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { policy, tlsOnly } from "./policy";

export interface PrivateBucketArgs {
  /** Whether the bucket is protected from deletion while it holds objects. */
  readonly protect: boolean;
  /** Rules in addition to those that every bucket has. */
  readonly lifecycle?: readonly aws.types.input.s3.BucketLifecycleConfigurationRule[];
}

/** How long an object that was overwritten or deleted can be restored. */
const NONCURRENT_DAYS = 30;

/** A private, encrypted, versioned bucket; only policies grant access. */
export class PrivateBucket extends pulumi.ComponentResource {
  readonly bucket: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  /** Its regional host name. */
  readonly domainName: pulumi.Output<string>;

  private readonly block: aws.s3.BucketPublicAccessBlock;

  constructor(
    private readonly componentName: string,
    args: PrivateBucketArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const name = componentName;
    super("likestream:index:PrivateBucket", name, {}, opts);
    const inside = { parent: this };
    const bucket = new aws.s3.Bucket(
      name,
      { forceDestroy: !args.protect },
      { ...inside, protect: args.protect },
    );
    this.bucket = bucket.bucket;
    this.arn = bucket.arn;
    this.domainName = bucket.bucketRegionalDomainName;
    this.block = new aws.s3.BucketPublicAccessBlock(
      name,
      {
        bucket: this.bucket,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      inside,
    );
    new aws.s3.BucketOwnershipControls(
      name,
      { bucket: this.bucket, rule: { objectOwnership: "BucketOwnerEnforced" } },
      inside,
    );
    new aws.s3.BucketServerSideEncryptionConfiguration(
      name,
      {
        bucket: this.bucket,
        rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
      },
      inside,
    );
    const versioning = new aws.s3.BucketVersioning(
      name,
      { bucket: this.bucket, versioningConfiguration: { status: "Enabled" } },
      inside,
    );
    new aws.s3.BucketLifecycleConfiguration(
      name,
      {
        bucket: this.bucket,
        rules: [
          {
            id: "all",
            status: "Enabled",
            filter: { prefix: "" },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
            noncurrentVersionExpiration: { noncurrentDays: NONCURRENT_DAYS },
          },
          ...(args.lifecycle ?? []),
        ],
      },
      { ...inside, dependsOn: [versioning] },
    );
    this.registerOutputs({ bucket: this.bucket, arn: this.arn });
  }

  /** Sets the bucket policy: these statements, and no access without TLS. Call it once. */
  admit(...statements: pulumi.Input<object>[]): void {
    new aws.s3.BucketPolicy(
      this.componentName,
      {
        bucket: this.bucket,
        policy: policy(tlsOnly("s3:*", this.arn, pulumi.interpolate`${this.arn}/*`), ...statements),
      },
      // S3 rejects concurrent changes to a bucket's policy and its public access block.
      { parent: this, dependsOn: [this.block] },
    );
  }
}
