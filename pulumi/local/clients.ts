/** Clients of the emulator's services. */
import { APIGateway } from "@aws-sdk/client-api-gateway";
import { Athena } from "@aws-sdk/client-athena";
import { Budgets } from "@aws-sdk/client-budgets";
import { CloudFront } from "@aws-sdk/client-cloudfront";
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { Firehose } from "@aws-sdk/client-firehose";
import { Glue } from "@aws-sdk/client-glue";
import { IAM } from "@aws-sdk/client-iam";
import { Kinesis } from "@aws-sdk/client-kinesis";
import { KMS } from "@aws-sdk/client-kms";
import { Lambda } from "@aws-sdk/client-lambda";
import { S3 } from "@aws-sdk/client-s3";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { WAFV2 } from "@aws-sdk/client-wafv2";
import type { Credentials } from "./credentials";

/** The emulator's address, region and credentials. */
export interface Site {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
}

/** The account that the emulator's root credentials belong to. */
export const ACCOUNT_ID = "000000000000";

export type Clients = ReturnType<typeof connect>;

/** Creates clients of all services. */
export function connect({ endpoint, region, credentials }: Site) {
  // Clients modify the object that they are given.
  const config = { endpoint, region, credentials: { ...credentials } };
  return {
    apiGateway: new APIGateway(config),
    athena: new Athena(config),
    budgets: new Budgets(config),
    cloudFront: new CloudFront(config),
    cloudWatch: new CloudWatch(config),
    dynamodb: new DynamoDB(config),
    firehose: new Firehose(config),
    glue: new Glue(config),
    iam: new IAM(config),
    kinesis: new Kinesis(config),
    kms: new KMS(config),
    lambda: new Lambda(config),
    logs: new CloudWatchLogs(config),
    s3: new S3({ ...config, forcePathStyle: true }),
    sns: new SNS(config),
    sqs: new SQS(config),
    waf: new WAFV2(config),
  };
}
