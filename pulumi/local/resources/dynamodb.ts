import { type BillingMode, type ScalarAttributeType, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import type { Creators } from "../resource";

export const dynamodb: Creators = {
  "aws:dynamodb/table:Table": (TableName, inputs) => {
    const hashKey = inputs.string("hashKey");
    const AttributeDefinitions = inputs.list("attributes", (attribute) => ({
      AttributeName: attribute.string("name"),
      AttributeType: attribute.string("type") as ScalarAttributeType,
    }));
    const BillingMode = inputs.string("billingMode") as BillingMode;
    const SSESpecification = inputs.object("serverSideEncryption", (encryption) => ({
      Enabled: encryption.boolean("enabled"),
    }));
    const DeletionProtectionEnabled = inputs.boolean("deletionProtectionEnabled");
    const recovery = inputs.object("pointInTimeRecovery", (recovery) => recovery.boolean("enabled"));
    const TimeToLiveSpecification = inputs.object("ttl", (ttl) => ({
      AttributeName: ttl.string("attributeName"),
      Enabled: ttl.boolean("enabled"),
    }));
    return async ({ dynamodb }) => {
      const created = await dynamodb.createTable({
        TableName,
        KeySchema: [{ AttributeName: hashKey, KeyType: "HASH" }],
        AttributeDefinitions,
        BillingMode,
        SSESpecification,
        DeletionProtectionEnabled,
      });
      await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30, minDelay: 1 }, { TableName });
      if (recovery !== undefined) {
        await dynamodb.updateContinuousBackups({
          TableName,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: recovery },
        });
      }
      if (TimeToLiveSpecification) {
        await dynamodb.updateTimeToLive({ TableName, TimeToLiveSpecification });
      }
      return { id: TableName, outputs: { name: TableName, arn: created.TableDescription?.TableArn } };
    };
  },
};
