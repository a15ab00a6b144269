/** What replaces the resources that hold state or have an address. */

/** The version of the AWS provider that `STATEFUL` describes. */
export const PROVIDER_VERSION = "7.48.0";

/** The inputs that the program sets, by what a change of them does. */
interface Inputs {
  /** The file under `internal/service` of terraform-provider-aws, which the provider wraps, with the schema. */
  readonly schema: string;
  /** `ForceNew` in the schema, or partly so: a change deletes the resource and creates another. */
  readonly replacing: readonly string[];
  readonly updating: readonly string[];
}

/** The types of resources that hold state or have an address, and what their replacement depends on. */
export const STATEFUL: Record<string, Inputs> = {
  "aws:apigateway/restApi:RestApi": {
    schema: "apigateway/rest_api.go",
    replacing: [],
    updating: ["description", "endpointConfiguration"],
  },
  "aws:apigateway/stage:Stage": {
    schema: "apigateway/stage.go",
    replacing: ["restApi", "stageName"],
    updating: ["accessLogSettings", "deployment", "xrayTracingEnabled"],
  },
  "aws:athena/workgroup:Workgroup": {
    schema: "athena/workgroup.go",
    replacing: [],
    updating: ["configuration", "forceDestroy"],
  },
  "aws:cloudfront/distribution:Distribution": {
    schema: "cloudfront/distribution.go",
    replacing: [],
    updating: [
      "aliases",
      "comment",
      "defaultCacheBehavior",
      "defaultRootObject",
      "enabled",
      "httpVersion",
      "isIpv6Enabled",
      "orderedCacheBehaviors",
      "origins",
      "restrictions",
      "viewerCertificate",
    ],
  },
  "aws:cloudwatch/logGroup:LogGroup": {
    schema: "logs/group.go",
    replacing: [],
    updating: ["retentionInDays"],
  },
  "aws:cloudwatch/logStream:LogStream": {
    schema: "logs/stream.go",
    replacing: ["logGroupName"],
    updating: [],
  },
  "aws:dynamodb/table:Table": {
    schema: "dynamodb/table.go",
    replacing: ["hashKey"],
    updating: [
      "attributes",
      "billingMode",
      "deletionProtectionEnabled",
      "pointInTimeRecovery",
      "serverSideEncryption",
      "ttl",
    ],
  },
  "aws:glue/catalogDatabase:CatalogDatabase": {
    schema: "glue/catalog_database.go",
    replacing: ["name"],
    updating: [],
  },
  "aws:glue/catalogTable:CatalogTable": {
    schema: "glue/catalog_table.go",
    replacing: ["databaseName", "name"],
    updating: ["parameters", "partitionKeys", "storageDescriptor", "tableType"],
  },
  // Firehose is replaced with its role.
  "aws:iam/role:Role": {
    schema: "iam/role.go",
    replacing: [],
    updating: ["assumeRolePolicy"],
  },
  // Another one starts at the latest record, so the archive would miss the likes in between:
  // https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html
  "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": {
    schema: "firehose/delivery_stream.go",
    replacing: ["destination", "kinesisSourceConfiguration"],
    updating: ["extendedS3Configuration"],
  },
  "aws:kinesis/stream:Stream": {
    schema: "kinesis/stream.go",
    replacing: [],
    updating: ["encryptionType", "kmsKeyId", "retentionPeriod", "shardCount", "streamModeDetails"],
  },
  "aws:kms/key:Key": {
    schema: "kms/key.go",
    replacing: [],
    updating: ["deletionWindowInDays", "description", "enableKeyRotation", "policy"],
  },
  // Another one starts at the oldest record.
  "aws:lambda/eventSourceMapping:EventSourceMapping": {
    schema: "lambda/event_source_mapping.go",
    replacing: ["eventSourceArn", "startingPosition"],
    updating: [
      "batchSize",
      "bisectBatchOnFunctionError",
      "destinationConfig",
      "functionName",
      "functionResponseTypes",
      "maximumBatchingWindowInSeconds",
      "maximumRecordAgeInSeconds",
      "maximumRetryAttempts",
      "metricsConfig",
    ],
  },
  "aws:lambda/function:Function": {
    schema: "lambda/function.go",
    replacing: [],
    updating: [
      "architectures",
      "code",
      "environment",
      "handler",
      "layers",
      "loggingConfig",
      "memorySize",
      "reservedConcurrentExecutions",
      "role",
      "runtime",
      "timeout",
      "tracingConfig",
    ],
  },
  "aws:s3/bucket:Bucket": {
    schema: "s3/bucket.go",
    replacing: [],
    updating: ["forceDestroy"],
  },
  "aws:sns/topic:Topic": {
    schema: "sns/topic.go",
    replacing: [],
    updating: ["kmsMasterKeyId"],
  },
  "aws:sqs/queue:Queue": {
    schema: "sqs/queue.go",
    replacing: [],
    updating: ["messageRetentionSeconds", "sqsManagedSseEnabled"],
  },
};
