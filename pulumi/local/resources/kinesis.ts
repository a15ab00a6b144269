import { waitUntilStreamExists } from "@aws-sdk/client-kinesis";
import type { Creators } from "../resource";

export const kinesis: Creators = {
  "aws:kinesis/stream:Stream": (StreamName, inputs) => {
    const StreamModeDetails = inputs.object("streamModeDetails", (details) => ({
      StreamMode: details.string("streamMode") as "ON_DEMAND" | "PROVISIONED",
    }));
    const ShardCount = inputs.optionalNumber("shardCount");
    const RetentionPeriodHours = inputs.number("retentionPeriod");
    const EncryptionType = inputs.string("encryptionType") as "KMS";
    const KeyId = inputs.string("kmsKeyId");
    return async ({ kinesis }) => {
      await kinesis.createStream({ StreamName, StreamModeDetails, ShardCount });
      await waitUntilStreamExists({ client: kinesis, maxWaitTime: 30, minDelay: 1 }, { StreamName });
      await kinesis.increaseStreamRetentionPeriod({ StreamName, RetentionPeriodHours });
      await kinesis.startStreamEncryption({ StreamName, EncryptionType, KeyId });
      const stream = await kinesis.describeStreamSummary({ StreamName });
      const arn = stream.StreamDescriptionSummary?.StreamARN;
      return { id: StreamName, outputs: { name: StreamName, arn } };
    };
  },
};
