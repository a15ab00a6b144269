import assert from "node:assert/strict";
import { before, test } from "node:test";
import { arn, type Program, program } from "./program";

let dev: Program;
let prod: Program;
before(async () => {
  dev = await program("dev", { alarmEmail: "ann@likes.example" });
  prod = await program("prod");
});

test("everything stored is encrypted", () => {
  const stream = dev.one("aws:kinesis/stream:Stream").inputs;
  assert.equal(stream.encryptionType, "KMS");
  assert.equal(stream.kmsKeyId, "alias/aws/kinesis");
  for (const queue of dev.all("aws:sqs/queue:Queue")) {
    assert.equal(queue.inputs.sqsManagedSseEnabled, true, queue.name);
  }
  const encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
  assert.deepEqual(
    dev
      .all(encryption)
      .map(({ inputs }) => [inputs.bucket, inputs.rules[0].applyServerSideEncryptionByDefault.sseAlgorithm]),
    dev.all("aws:s3/bucket:Bucket").map(({ name }) => [name, "AES256"]),
  );
  assert.equal(dev.one("aws:sns/topic:Topic").inputs.kmsMasterKeyId, "arn:aws:kms/key:Key:likes-dev");
});

test("each bucket is private, versioned, and owns its objects", () => {
  const buckets = dev.all("aws:s3/bucket:Bucket").map(({ name }) => name);
  const of = (type: string) => dev.all(type).map(({ inputs }) => inputs);
  assert.deepEqual(
    of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"),
    buckets.map((bucket) => ({
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    })),
  );
  assert.deepEqual(
    of("aws:s3/bucketVersioning:BucketVersioning"),
    buckets.map((bucket) => ({ bucket, versioningConfiguration: { status: "Enabled" } })),
  );
  assert.deepEqual(
    of("aws:s3/bucketOwnershipControls:BucketOwnershipControls"),
    buckets.map((bucket) => ({ bucket, rule: { objectOwnership: "BucketOwnerEnforced" } })),
  );
});

test("buckets and queues require TLS, and CloudFront reads the website's bucket", () => {
  const policies = [
    dev.one("aws:s3/bucketPolicy:BucketPolicy", "likes-archive"),
    dev.one("aws:s3/bucketPolicy:BucketPolicy", "likes-website"),
  ];
  const [bucket, website] = policies.map(({ inputs }) => JSON.parse(inputs.policy).Statement);
  const denied = { Effect: "Deny", Principal: "*", Condition: { Bool: { "aws:SecureTransport": "false" } } };
  const arns = {
    bucket: "arn:aws:s3/bucket:Bucket:likes-archive",
    website: "arn:aws:s3/bucket:Bucket:likes-website",
  };
  assert.deepEqual(bucket, [
    { Sid: "TlsOnly", ...denied, Action: "s3:*", Resource: [arns.bucket, `${arns.bucket}/*`] },
  ]);
  const cloudFront = {
    Effect: "Allow",
    Principal: { Service: "cloudfront.amazonaws.com" },
    Condition: {
      StringEquals: { "AWS:SourceArn": "arn:aws:cloudfront/distribution:Distribution:likes-website" },
    },
  };
  assert.deepEqual(website, [
    { Sid: "TlsOnly", ...denied, Action: "s3:*", Resource: [arns.website, `${arns.website}/*`] },
    { ...cloudFront, Action: "s3:GetObject", Resource: `${arns.website}/*` },
    { ...cloudFront, Action: "s3:ListBucket", Resource: arns.website },
  ]);
  const queues = dev
    .all("aws:sqs/queuePolicy:QueuePolicy")
    .map(({ inputs }) => [inputs.queueUrl, JSON.parse(inputs.policy).Statement]);
  assert.deepEqual(
    queues,
    dev.all("aws:sqs/queue:Queue").map(({ name }) => {
      const statement = {
        Sid: "TlsOnly",
        ...denied,
        Action: "sqs:*",
        Resource: [arn("aws:sqs/queue:Queue", name)],
      };
      return [`https://${name}`, [statement]];
    }),
  );
});

test("all logs are kept for the configured time", () => {
  const groups = prod.all("aws:cloudwatch/logGroup:LogGroup");
  // Those of the functions, of the API's access log and of Firehose.
  assert.equal(groups.length, prod.all("aws:lambda/function:Function").length + 2);
  for (const group of groups) {
    assert.equal(group.inputs.retentionInDays, 90, group.name);
  }
});

test("each function logs JSON to its own log group", () => {
  for (const { name, inputs } of dev.all("aws:lambda/function:Function")) {
    assert.deepEqual(inputs.loggingConfig, { logFormat: "JSON", logGroup: name });
  }
});

test("deleting a stack leaves the account's role for API Gateway's logs to the region's other APIs", () => {
  const retained = dev.resources.filter(({ options }) => options.retainOnDelete);
  assert.deepEqual(retained.map(({ type, name }) => `${type} ${name}`).sort(), [
    "aws:apigateway/account:Account likes-access",
    "aws:iam/role:Role likes-access",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment likes-access",
  ]);
});

test("in a protected stack nothing that holds state or has an address can be deleted or replaced", () => {
  const guarded = (stack: Program) =>
    stack.resources
      .filter(({ options }) => options.protect)
      .map(({ type, name }) => `${type} ${name}`)
      .sort();
  assert.deepEqual(guarded(prod), [
    "aws:apigateway/restApi:RestApi likes",
    "aws:apigateway/stage:Stage likes",
    "aws:cloudfront/distribution:Distribution likes-website",
    "aws:dynamodb/table:Table likes-counts",
    "aws:dynamodb/table:Table likes-ledger",
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream likes-delivery",
    "aws:kinesis/stream:Stream likes",
    "aws:s3/bucket:Bucket likes-archive",
    "aws:sqs/queue:Queue likes-quarantine",
  ]);
  assert.deepEqual(guarded(dev), []);
});

test("in a protected stack neither tables nor archive can be deleted", () => {
  for (const table of prod.all("aws:dynamodb/table:Table")) {
    assert.equal(table.inputs.deletionProtectionEnabled, true, table.name);
    assert.deepEqual(table.inputs.pointInTimeRecovery, { enabled: true }, table.name);
  }
  assert.equal(prod.one("aws:s3/bucket:Bucket", "likes-archive").inputs.forceDestroy, false);
  assert.equal(dev.one("aws:s3/bucket:Bucket", "likes-archive").inputs.forceDestroy, true);
});

test("incomplete uploads are aborted, and old versions expire", () => {
  const lifecycles = prod
    .all("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    .map(({ inputs }) => [inputs.bucket, inputs.rules]);
  const { "likes-archive": archive, "likes-website": website, ...others } = Object.fromEntries(lifecycles);
  assert.deepEqual(others, {});
  const all = {
    id: "all",
    status: "Enabled",
    filter: { prefix: "" },
    abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
    noncurrentVersionExpiration: { noncurrentDays: 30 },
  };
  assert.deepEqual(website, [all]);
  assert.deepEqual(archive, [
    all,
    { id: "queries", status: "Enabled", filter: { prefix: "queries/" }, expiration: { days: 7 } },
    {
      id: "likes",
      status: "Enabled",
      filter: { prefix: "likes/" },
      transitions: [{ days: 90, storageClass: "GLACIER_IR" }],
    },
  ]);
});

test("each function's errors and each queue's messages have an alarm", () => {
  const alarms = dev.all("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => inputs);
  for (const [type, metricName, dimension] of [
    ["aws:lambda/function:Function", "Errors", "FunctionName"],
    ["aws:sqs/queue:Queue", "ApproximateNumberOfMessagesVisible", "QueueName"],
  ] as const) {
    const watched = alarms.filter((alarm) => alarm.metricName === metricName);
    assert.deepEqual(
      watched.map(({ dimensions }) => dimensions[dimension]).sort(),
      dev
        .all(type)
        .map(({ name }) => name)
        .sort(),
    );
  }
});

test("records that Lambda discards ring an alarm, whether or not their message was sent", () => {
  const alarms = dev.all("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => inputs);
  const { metricsConfig } = dev.one("aws:lambda/eventSourceMapping:EventSourceMapping").inputs;
  assert.deepEqual(metricsConfig, { metrics: ["EventCount"] });
  for (const metricName of ["OnFailureDestinationDeliveredEventCount", "DroppedEventCount"]) {
    const watched = alarms.filter((alarm) => alarm.metricName === metricName);
    assert.deepEqual(
      watched.map(({ namespace, dimensions, statistic, threshold }) => ({
        namespace,
        dimensions,
        statistic,
        threshold,
      })),
      [
        {
          namespace: "AWS/Lambda",
          dimensions: { EventSourceMappingUUID: "likes-update-uuid" },
          statistic: "Sum",
          threshold: 0,
        },
      ],
    );
  }
});
