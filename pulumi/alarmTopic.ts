import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface AlarmTopicArgs {
  /** Who is notified, once they have confirmed the subscription. */
  readonly email: string;
  readonly accountId: pulumi.Input<string>;
  readonly partition: pulumi.Input<string>;
}

/** The ARN of a topic that notifies by e-mail, encrypted with a key that CloudWatch may use. */
export function alarmTopic(
  name: string,
  { email, accountId, partition }: AlarmTopicArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  // CloudWatch cannot publish to a topic that is encrypted with an AWS managed key:
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
  const key = new aws.kms.Key(
    name,
    {
      description: "Encrypts the alarm topic",
      enableKeyRotation: true,
      deletionWindowInDays: 7,
      policy: pulumi.jsonStringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { AWS: pulumi.interpolate`arn:${partition}:iam::${accountId}:root` },
            Action: "kms:*",
            Resource: "*",
          },
          {
            Effect: "Allow",
            Principal: { Service: "cloudwatch.amazonaws.com" },
            Action: ["kms:Decrypt", "kms:GenerateDataKey"],
            Resource: "*",
            Condition: { StringEquals: { "aws:SourceAccount": accountId } },
          },
        ],
      }),
    },
    opts,
  );
  const topic = new aws.sns.Topic(name, { kmsMasterKeyId: key.arn }, opts);
  new aws.sns.TopicSubscription(name, { topic: topic.arn, protocol: "email", endpoint: email }, opts);
  return topic.arn;
}
