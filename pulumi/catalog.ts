import * as fs from "node:fs";
import * as path from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type Archive, dayFolder, LIKES, QUERIES } from "./archive";

export interface CatalogArgs {
  readonly archive: Archive;
}

/** The archive as a table of lines for Athena, with a saved query that finds the likes in them. */
export class Catalog extends pulumi.ComponentResource {
  /** The database that holds the table `lines`. */
  readonly database: pulumi.Output<string>;
  /** The workgroup for queries. */
  readonly workgroup: pulumi.Output<string>;

  constructor(name: string, args: CatalogArgs, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:Catalog", name, {}, opts);
    const inside = { parent: this };
    const { bucket } = args.archive;
    // Athena does not allow hyphens in database names, and Pulumi's generated suffix would add one.
    // https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html
    const database = new aws.glue.CatalogDatabase(
      name,
      { name: `${name}_${pulumi.getStack()}`.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_") },
      inside,
    );
    const location = pulumi.interpolate`s3://${bucket}/${LIKES}`;
    new aws.glue.CatalogTable(
      name,
      {
        name: "lines",
        databaseName: database.name,
        tableType: "EXTERNAL_TABLE",
        // Athena computes the partitions, so none has to be added:
        // https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
        parameters: {
          EXTERNAL: "TRUE",
          "projection.enabled": "true",
          "projection.day.type": "date",
          "projection.day.format": "yyyy-MM-dd",
          "projection.day.range": "2026-01-01,NOW",
          "storage.location.template": pulumi.interpolate`${location}${dayFolder(`\${day}`)}`,
        },
        partitionKeys: [{ name: "day", type: "string" }],
        storageDescriptor: {
          location,
          inputFormat: "org.apache.hadoop.mapred.TextInputFormat",
          outputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
          columns: [{ name: "line", type: "string" }],
          // The archive is raw, and queries decide which lines hold a like. The JSON SerDe would fail on a line that is
          // not JSON, or read missing fields as empty.
          serDeInfo: {
            serializationLibrary: "org.apache.hadoop.hive.serde2.RegexSerDe",
            parameters: { "input.regex": "(?s)(.*)" },
          },
        },
      },
      inside,
    );
    const workgroup = new aws.athena.Workgroup(
      name,
      {
        // Saved queries and query history do not block its deletion.
        forceDestroy: true,
        configuration: {
          enforceWorkgroupConfiguration: true,
          publishCloudwatchMetricsEnabled: true,
          resultConfiguration: {
            outputLocation: pulumi.interpolate`s3://${bucket}/${QUERIES}`,
            encryptionConfiguration: { encryptionOption: "SSE_S3" },
          },
        },
      },
      inside,
    );
    const likes = readQuery("likes.sql");
    const queries = { likes, verify: `WITH likes AS (\n${likes}\n)\n${readQuery("verify.sql")}` };
    for (const [query, text] of Object.entries(queries)) {
      new aws.athena.NamedQuery(
        `${name}-${query}`,
        { name: query, database: database.name, workgroup: workgroup.name, query: text },
        inside,
      );
    }
    this.database = database.name;
    this.workgroup = workgroup.name;
    this.registerOutputs({ database: this.database, workgroup: this.workgroup });
  }
}

function readQuery(file: string): string {
  return fs.readFileSync(path.join(__dirname, "..", "queries", file), "utf8").trim();
}
