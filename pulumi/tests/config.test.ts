import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { ALL_ON, program } from "./program";

test("every stack file of the project is valid", async () => {
  for (const stack of ["dev", "prod", "local"]) {
    await program(stack);
  }
});

test("docs/configuration.md has every setting, and no other", () => {
  const project = path.join(__dirname, "..", "..");
  const { config } = parse(fs.readFileSync(path.join(project, "Pulumi.yaml"), "utf8"));
  const page = fs.readFileSync(path.join(project, "docs", "configuration.md"), "utf8");
  const [, table = ""] = /^\| key \| default \|.*\n((?:\|.*\n)*)/m.exec(page) ?? [];
  const keys = table.split("\n").flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)]);
  assert.deepEqual(keys.map(([, key]) => key).sort(), Object.keys(config).sort());
});

test("all invalid settings are reported at once, each with what is allowed", async () => {
  const wrong = {
    architecture: "arm",
    streamMode: "on demand",
    shards: "0",
    retentionHours: "337",
    batchSize: "10001",
    batchWindowSeconds: "1.5",
    corsOrigins: '["likes.example/"]',
    website: "1",
    websiteUrl: "https://likes.example/page",
    websiteCertificateArn: "arn:aws:acm:eu-west-1:123456789012:certificate/a",
    throttleRate: "many",
    wafRequestsPer5Minutes: "9",
    tracingPercent: "101",
    otlpEndpoint: "https://likes.example/otlp",
    collectorLayerArn: "arn:aws:lambda:eu-west-1:123456789012:layer:collector",
    monthlyBudgetUsd: "10.5",
    alarmEmail: "ann",
    alarmTopicArn: "arn:aws:sns:eu-west-1:123456789012:pager.fifo",
    protect: "yes",
    logRetentionDays: "8",
    archiveColdAfterDays: "90",
    archiveExpireAfterDays: "30",
  };
  await assert.rejects(program("dev", wrong), (error: Error) => {
    for (const rule of [
      "likestream:architecture must be arm64 or x86_64; it is arm",
      "likestream:streamMode must be ON_DEMAND or PROVISIONED; it is on demand",
      "likestream:shards must be a whole number from 1 to 10000; it is 0",
      "likestream:retentionHours must be a whole number from 24 to 336; it is 337",
      "likestream:batchSize must be a whole number from 1 to 10000; it is 10001",
      "likestream:batchWindowSeconds must be a whole number from 0 to 300; it is 1.5",
      'likestream:corsOrigins must be origins such as "https://likes.example", or only "*"; it is ["likes.example/"]',
      "likestream:website must be true or false; it is 1",
      "likestream:websiteUrl must be a scheme and a host without a path; it is https://likes.example/page",
      "likestream:websiteCertificateArn must be the ARN of a certificate in us-east-1",
      "likestream:throttleRate must be a whole number from 1 to 100000; it is many",
      "likestream:wafRequestsPer5Minutes must be 0 or at least 10; it is 9",
      "likestream:tracingPercent must be a whole number from 0 to 100; it is 101",
      "likestream:otlpEndpoint must be an address without TLS, such as http://localhost:4318, or empty; it is https://",
      "likestream:collectorLayerArn must be the ARN of a version of a Lambda layer, or empty; it is arn:",
      "likestream:monthlyBudgetUsd must be a whole number from 0 to 1000000000; it is 10.5",
      "likestream:alarmTopicArn must be the ARN of a standard SNS topic, or empty",
      "likestream:alarmEmail must be an e-mail address or empty; it is ann",
      "likestream:protect must be true or false; it is yes",
      "likestream:logRetentionDays must be one of 1, 3, 5, 7,",
      "likestream:archiveExpireAfterDays must be 0 or greater than archiveColdAfterDays (90); it is 30",
    ]) {
      assert.ok(error.message.includes(rule), `${rule}\n${error.message}`);
    }
    return true;
  });
});

test("a budget needs someone to notify", async () => {
  await program("dev", { monthlyBudgetUsd: "10", alarmEmail: "ann@likes.example" });
  await assert.rejects(
    program("dev", { monthlyBudgetUsd: "10" }),
    /likestream:monthlyBudgetUsd must be 0 without an alarmEmail to notify; it is 10/,
  );
});

test("a reservation for UpdateCount covers every shard of a provisioned stream", async () => {
  const provisioned = { streamMode: "PROVISIONED", shards: "4" };
  await program("dev", { ...provisioned, updateReservedConcurrency: "4" });
  await program("dev", { shards: "4", updateReservedConcurrency: "3" });
  await assert.rejects(
    program("dev", { ...provisioned, updateReservedConcurrency: "3" }),
    /likestream:updateReservedConcurrency must be 0 or at least shards \(4\).*it is 3/,
  );
});

test("a collector needs a rate of traces, a layer needs an endpoint, and a configuration needs a layer", async () => {
  const { tracingPercent, otlpEndpoint, collectorLayerArn, collectorConfigUri } = ALL_ON;
  await program("dev", { tracingPercent, otlpEndpoint, collectorLayerArn, collectorConfigUri });
  const wrong: [Record<string, string>, RegExp][] = [
    [{ otlpEndpoint }, /likestream:otlpEndpoint must be empty without a tracingPercent/],
    [
      { tracingPercent, collectorLayerArn },
      /likestream:collectorLayerArn must be empty without an otlpEndpoint/,
    ],
    [
      { tracingPercent, otlpEndpoint, collectorConfigUri },
      /likestream:collectorConfigUri must be empty without a collectorLayerArn/,
    ],
  ];
  for (const [config, message] of wrong) {
    await assert.rejects(program("dev", config), message);
  }
});

test("a website URL needs a certificate unless it is on this machine", async () => {
  const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1a2b-3c";
  const fits = (config: Record<string, string>) => program("dev", config);
  await fits({ websiteUrl: "https://likes.example", websiteCertificateArn: certificate });
  await fits({ websiteUrl: "http://127.0.0.1:4580" });
  const wrong: Record<string, string>[] = [
    { websiteUrl: "https://likes.example" },
    { websiteUrl: "http://likes.example" },
    { websiteUrl: "http://likes.example", websiteCertificateArn: certificate },
  ];
  for (const config of wrong) {
    await assert.rejects(
      fits(config),
      /likestream:websiteUrl must be empty, or an https:/,
      JSON.stringify(config),
    );
  }
});
