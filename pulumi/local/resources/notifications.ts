import type { Creators } from "../resource";

/** Topics and their encryption keys. */
export const notifications: Creators = {
  "aws:kms/key:Key": (_name, inputs) => {
    const Description = inputs.string("description");
    const Policy = inputs.string("policy");
    const rotate = inputs.boolean("enableKeyRotation");
    return async ({ kms }) => {
      const { KeyMetadata } = await kms.createKey({ Description, Policy });
      const KeyId = KeyMetadata?.KeyId;
      if (rotate) {
        await kms.enableKeyRotation({ KeyId });
      }
      return { id: KeyId ?? "", outputs: { keyId: KeyId, arn: KeyMetadata?.Arn } };
    };
  },
  "aws:sns/topic:Topic": (Name, inputs) => {
    const KmsMasterKeyId = inputs.string("kmsMasterKeyId");
    return async ({ sns }) => {
      const { TopicArn } = await sns.createTopic({ Name, Attributes: { KmsMasterKeyId } });
      return { id: TopicArn ?? "", outputs: { name: Name, arn: TopicArn } };
    };
  },
  "aws:sns/topicSubscription:TopicSubscription": (_name, inputs) => {
    const subscription = {
      TopicArn: inputs.string("topic"),
      Protocol: inputs.string("protocol"),
      Endpoint: inputs.string("endpoint"),
    };
    return async ({ sns }) => {
      const { SubscriptionArn } = await sns.subscribe({ ...subscription, ReturnSubscriptionArn: true });
      return { id: SubscriptionArn ?? "", outputs: { arn: SubscriptionArn } };
    };
  },
};
