import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { policy, tlsOnly } from "./policy";

/** The longest retention that SQS allows: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const RETENTION_SECONDS = 14 * 24 * 60 * 60;

/** An encrypted queue that requires TLS and keeps its messages as long as SQS allows. */
export function privateQueue(name: string, parent: pulumi.Resource, protect: boolean): aws.sqs.Queue {
  const queue = new aws.sqs.Queue(
    name,
    { messageRetentionSeconds: RETENTION_SECONDS, sqsManagedSseEnabled: true },
    { parent, protect },
  );
  new aws.sqs.QueuePolicy(
    name,
    { queueUrl: queue.url, policy: policy(tlsOnly("sqs:*", queue.arn)) },
    { parent },
  );
  return queue;
}
