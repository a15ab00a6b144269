import * as fs from "node:fs/promises";
import type {
  BucketVersioningStatus,
  CreateBucketCommandInput,
  ExpirationStatus,
  ObjectOwnership,
  ServerSideEncryption,
  TransitionStorageClass,
} from "@aws-sdk/client-s3";
import * as pulumi from "@pulumi/pulumi";
import { InputError } from "../inputs";
import type { Creators } from "../resource";

export const s3: Creators = {
  "aws:s3/bucket:Bucket": (Bucket, _inputs) => {
    return async ({ s3, site }) => {
      const bucket: CreateBucketCommandInput = { Bucket };
      if (site.region !== "us-east-1") {
        bucket.CreateBucketConfiguration = {
          LocationConstraint: site.region as NonNullable<
            CreateBucketCommandInput["CreateBucketConfiguration"]
          >["LocationConstraint"],
        };
      }
      await s3.createBucket(bucket);
      const bucketRegionalDomainName = `${Bucket}.s3.${site.region}.amazonaws.com`;
      return {
        id: Bucket,
        outputs: { bucket: Bucket, arn: `arn:aws:s3:::${Bucket}`, bucketRegionalDomainName },
      };
    };
  },
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": (name, inputs) => {
    const Bucket = inputs.string("bucket");
    const PublicAccessBlockConfiguration = {
      BlockPublicAcls: inputs.boolean("blockPublicAcls"),
      BlockPublicPolicy: inputs.boolean("blockPublicPolicy"),
      IgnorePublicAcls: inputs.boolean("ignorePublicAcls"),
      RestrictPublicBuckets: inputs.boolean("restrictPublicBuckets"),
    };
    return async ({ s3 }) => {
      await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration });
      return { id: name };
    };
  },
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": (name, inputs) => {
    const Bucket = inputs.string("bucket");
    const rule = inputs.object("rule", (rule) => ({
      ObjectOwnership: rule.string("objectOwnership") as ObjectOwnership,
    }));
    return async ({ s3 }) => {
      await s3.putBucketOwnershipControls({ Bucket, OwnershipControls: { Rules: rule && [rule] } });
      return { id: name };
    };
  },
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
    name,
    inputs,
  ) => {
    const Bucket = inputs.string("bucket");
    const Rules = inputs.list("rules", (rule) => ({
      ApplyServerSideEncryptionByDefault: rule.object("applyServerSideEncryptionByDefault", (encryption) => ({
        SSEAlgorithm: encryption.string("sseAlgorithm") as ServerSideEncryption,
      })),
    }));
    return async ({ s3 }) => {
      await s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules } });
      return { id: name };
    };
  },
  "aws:s3/bucketVersioning:BucketVersioning": (name, inputs) => {
    const Bucket = inputs.string("bucket");
    const VersioningConfiguration = inputs.object("versioningConfiguration", (versioning) => ({
      Status: versioning.string("status") as BucketVersioningStatus,
    }));
    return async ({ s3 }) => {
      await s3.putBucketVersioning({ Bucket, VersioningConfiguration });
      return { id: name };
    };
  },
  "aws:s3/bucketPolicy:BucketPolicy": (name, inputs) => {
    const Bucket = inputs.string("bucket");
    const Policy = inputs.optionalString("policy");
    return async ({ s3 }) => {
      if (Policy) {
        await s3.putBucketPolicy({ Bucket, Policy });
      }
      return { id: name };
    };
  },
  "aws:s3/bucketObjectv2:BucketObjectv2": (_name, inputs) => {
    const Key = inputs.string("key");
    const object = {
      Bucket: inputs.string("bucket"),
      Key,
      ContentType: inputs.string("contentType"),
      CacheControl: inputs.string("cacheControl"),
    };
    const content = inputs.optionalString("content");
    const source = inputs.any("source");
    if (content === undefined && !(source instanceof pulumi.asset.FileAsset)) {
      throw new InputError('the input "content", or "source" with a FileAsset, is required');
    }
    return async ({ s3 }) => {
      const Body = source instanceof pulumi.asset.FileAsset ? await fs.readFile(await source.path) : content;
      await s3.putObject({ ...object, Body });
      return { id: Key };
    };
  },
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (name, inputs) => {
    const Bucket = inputs.string("bucket");
    const Rules = inputs.list("rules", (rule) => ({
      ID: rule.string("id"),
      Status: rule.string("status") as ExpirationStatus,
      Filter: rule.object("filter", (filter) => ({ Prefix: filter.string("prefix") })),
      AbortIncompleteMultipartUpload: rule.object("abortIncompleteMultipartUpload", (abort) => ({
        DaysAfterInitiation: abort.number("daysAfterInitiation"),
      })),
      NoncurrentVersionExpiration: rule.object("noncurrentVersionExpiration", (expiration) => ({
        NoncurrentDays: expiration.number("noncurrentDays"),
      })),
      Transitions: rule.has("transitions")
        ? rule.list("transitions", (transition) => ({
            Days: transition.number("days"),
            StorageClass: transition.string("storageClass") as TransitionStorageClass,
          }))
        : undefined,
      Expiration: rule.object("expiration", (expiration) => ({ Days: expiration.number("days") })),
    }));
    return async ({ s3 }) => {
      await s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules } });
      return { id: name };
    };
  },
};
