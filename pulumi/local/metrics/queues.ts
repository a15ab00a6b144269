/** How many messages wait in each queue, which no process of the local stack would log. */
import type { SQS } from "@aws-sdk/client-sqs";
import type { Datum } from "./datum";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html */
const NAME = "ApproximateNumberOfMessagesVisible";

export async function queueMetrics(sqs: SQS, time: number): Promise<Datum[]> {
  const { QueueUrls = [] } = await sqs.listQueues();
  return Promise.all(
    QueueUrls.map(async (QueueUrl) => {
      const AttributeNames = ["ApproximateNumberOfMessages" as const];
      const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames });
      const waiting = Number(Attributes?.ApproximateNumberOfMessages);
      const dimensions = { QueueName: QueueUrl.split("/").at(-1) ?? "" };
      return { namespace: "AWS/SQS", name: NAME, dimensions, unit: "Count", time, values: [[waiting, 1]] };
    }),
  );
}
