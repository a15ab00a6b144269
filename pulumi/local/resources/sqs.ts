import type { Creators } from "../resource";

export const sqs: Creators = {
  "aws:sqs/queue:Queue": (QueueName, inputs) => {
    const Attributes = {
      MessageRetentionPeriod: String(inputs.number("messageRetentionSeconds")),
      SqsManagedSseEnabled: String(inputs.boolean("sqsManagedSseEnabled")),
    };
    return async ({ sqs }) => {
      const { QueueUrl } = await sqs.createQueue({ QueueName, Attributes });
      const read = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["QueueArn"] });
      const arn = read.Attributes?.QueueArn;
      return { id: QueueUrl ?? "", outputs: { name: QueueName, url: QueueUrl, arn } };
    };
  },
  "aws:sqs/queuePolicy:QueuePolicy": (name, inputs) => {
    const QueueUrl = inputs.string("queueUrl");
    const Policy = inputs.optionalString("policy");
    return async ({ sqs }) => {
      if (Policy) {
        await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
      }
      return { id: name };
    };
  },
};
