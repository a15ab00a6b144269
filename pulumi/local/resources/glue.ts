import type { Inputs } from "../inputs";
import type { Creators } from "../resource";

const column = (inputs: Inputs) => ({ Name: inputs.string("name"), Type: inputs.string("type") });

export const glue: Creators = {
  "aws:glue/catalogDatabase:CatalogDatabase": (_, inputs) => {
    const Name = inputs.string("name");
    return async ({ glue }) => {
      await glue.createDatabase({ DatabaseInput: { Name } });
      return { id: Name };
    };
  },
  "aws:glue/catalogTable:CatalogTable": (_, inputs) => {
    const DatabaseName = inputs.string("databaseName");
    const Name = inputs.string("name");
    const TableInput = {
      Name,
      TableType: inputs.string("tableType"),
      Parameters: inputs.map<string>("parameters"),
      PartitionKeys: inputs.list("partitionKeys", column),
      StorageDescriptor: inputs.object("storageDescriptor", (storage) => ({
        Location: storage.string("location"),
        InputFormat: storage.string("inputFormat"),
        OutputFormat: storage.string("outputFormat"),
        Columns: storage.list("columns", column),
        SerdeInfo: storage.object("serDeInfo", (serde) => ({
          SerializationLibrary: serde.string("serializationLibrary"),
          Parameters: serde.map<string>("parameters"),
        })),
      })),
    };
    return async ({ glue }) => {
      await glue.createTable({ DatabaseName, TableInput });
      return { id: `${DatabaseName}:${Name}` };
    };
  },
};
