/** Values that each setting can change between, for tests of what a change does. */

type Values = Record<string, string>;

const CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1a2b-3c";
const OWN_NAME = { websiteUrl: "https://likes.example", websiteCertificateArn: CERTIFICATE };
const OTLP = { otlpEndpoint: "http://localhost:4318" };
const LAYER = "arn:aws:lambda:eu-west-1:901920570463:layer:aws-otel-collector-arm64-ver-0-117-0:1";

/** For each setting in `Pulumi.yaml`, what differs from the stack `dev` before a change of it, and after. */
export const CHANGES: Record<string, { readonly from?: Values; readonly to: Values }> = {
  architecture: { to: { architecture: "x86_64" } },
  streamMode: { to: { streamMode: "PROVISIONED" } },
  shards: { from: { streamMode: "PROVISIONED" }, to: { streamMode: "PROVISIONED", shards: "2" } },
  retentionHours: { to: { retentionHours: "24" } },
  batchSize: { to: { batchSize: "100" } },
  batchWindowSeconds: { to: { batchWindowSeconds: "10" } },
  corsOrigins: { to: { corsOrigins: '["https://films.example"]' } },
  website: { to: { website: "false" } },
  websiteUrl: { to: OWN_NAME },
  websiteCertificateArn: { from: OWN_NAME, to: { ...OWN_NAME, websiteCertificateArn: `${CERTIFICATE}4d` } },
  throttleRate: { to: { throttleRate: "10" } },
  throttleBurst: { to: { throttleBurst: "10" } },
  wafRequestsPer5Minutes: { to: { wafRequestsPer5Minutes: "2000" } },
  tracingPercent: { to: { tracingPercent: "5" } },
  otlpEndpoint: { from: { tracingPercent: "5" }, to: { tracingPercent: "5", ...OTLP } },
  collectorLayerArn: {
    from: { tracingPercent: "5", ...OTLP },
    to: { tracingPercent: "5", ...OTLP, collectorLayerArn: LAYER },
  },
  collectorConfigUri: {
    from: { tracingPercent: "5", ...OTLP, collectorLayerArn: LAYER },
    to: {
      tracingPercent: "5",
      ...OTLP,
      collectorLayerArn: LAYER,
      collectorConfigUri: "https://likes.example/c.yaml",
    },
  },
  updateReservedConcurrency: { to: { updateReservedConcurrency: "20" } },
  monthlyBudgetUsd: {
    from: { alarmEmail: "ann@likes.example" },
    to: { alarmEmail: "ann@likes.example", monthlyBudgetUsd: "100" },
  },
  apiGatewayLogsRole: { to: { apiGatewayLogsRole: "false" } },
  alarmEmail: { to: { alarmEmail: "ann@likes.example" } },
  alarmTopicArn: { to: { alarmTopicArn: "arn:aws:sns:eu-west-1:123456789012:pager" } },
  protect: { to: { protect: "true" } },
  logRetentionDays: { to: { logRetentionDays: "90" } },
  archiveBufferSeconds: { to: { archiveBufferSeconds: "900" } },
  archiveColdAfterDays: { to: { archiveColdAfterDays: "10" } },
  archiveExpireAfterDays: { to: { archiveExpireAfterDays: "0" } },
};

const everything: Values = Object.assign({}, ...Object.values(CHANGES).map(({ to }) => to));

/** Combinations of settings that together register every resource that the program has. */
export const COMBINATIONS: Record<string, Values> = {
  "as configured": {},
  "every setting changed": everything,
  "every setting changed, with the website": { ...everything, website: "true" },
};
