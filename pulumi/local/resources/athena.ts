import type { Creators } from "../resource";

export const athena: Creators = {
  "aws:athena/workgroup:Workgroup": (Name, inputs) => {
    const Configuration = inputs.object("configuration", (configuration) => ({
      EnforceWorkGroupConfiguration: configuration.boolean("enforceWorkgroupConfiguration"),
      PublishCloudWatchMetricsEnabled: configuration.boolean("publishCloudwatchMetricsEnabled"),
      ResultConfiguration: configuration.object("resultConfiguration", (result) => ({
        OutputLocation: result.string("outputLocation"),
        EncryptionConfiguration: result.object("encryptionConfiguration", (encryption) => ({
          EncryptionOption: encryption.string("encryptionOption") as "SSE_S3",
        })),
      })),
    }));
    return async ({ athena }) => {
      await athena.createWorkGroup({ Name, Configuration });
      return { id: Name, outputs: { name: Name } };
    };
  },
  "aws:athena/namedQuery:NamedQuery": (_, inputs) => {
    const query = {
      Name: inputs.string("name"),
      Database: inputs.string("database"),
      WorkGroup: inputs.string("workgroup"),
      QueryString: inputs.string("query"),
    };
    return async ({ athena }) => {
      const { NamedQueryId } = await athena.createNamedQuery(query);
      return { id: NamedQueryId ?? "" };
    };
  },
};
