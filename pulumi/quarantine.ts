import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { policy, tlsOnly } from "./policy";

/** The longest retention that SQS allows: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const RETENTION_SECONDS = 14 * 24 * 60 * 60;

/**
 * The queue of records that can never be counted, sent by UpdateCount, and of Lambda's notices about records that left
 * the stream uncounted.
 */
export class Quarantine extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;

  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:Quarantine", name, {}, opts);
    const queue = new aws.sqs.Queue(
      name,
      { messageRetentionSeconds: RETENTION_SECONDS, sqsManagedSseEnabled: true },
      { parent: this },
    );
    new aws.sqs.QueuePolicy(
      name,
      { queueUrl: queue.url, policy: policy(tlsOnly("sqs:*", queue.arn)) },
      { parent: this },
    );
    this.url = queue.url;
    this.arn = queue.arn;
    this.name = queue.name;
    this.registerOutputs({ url: this.url, arn: this.arn, name: this.name });
  }
}
