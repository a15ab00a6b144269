/** Reads and validates the program's settings; `Pulumi.yaml` declares their types and defaults. */
import * as pulumi from "@pulumi/pulumi";
import type { Collector } from "./collector";

/** The validated settings of one stack. */
export interface Settings {
  readonly architecture: "arm64" | "x86_64";
  readonly streamMode: "ON_DEMAND" | "PROVISIONED";
  /** Only for a `PROVISIONED` stream. */
  readonly shards: number;
  readonly retentionHours: number;
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  /** 0 for none. */
  readonly updateReservedConcurrency: number;
  /** The origins whose pages may read the API's answers, in addition to the website's; only `*` for all. */
  readonly corsOrigins: readonly string[];
  /** Whether to serve the website. */
  readonly website: boolean;
  /** The website's URL; undefined for CloudFront's own name. */
  readonly websiteUrl: string | undefined;
  /** The certificate for that URL; undefined for CloudFront's own name and on the local stack. */
  readonly websiteCertificateArn: string | undefined;
  readonly throttleRate: number;
  readonly throttleBurst: number;
  /** 0 for no web ACL. */
  readonly wafRequestsPer5Minutes: number;
  /** 0 for none. */
  readonly tracingPercent: number;
  /** The collector of spans; undefined for none. */
  readonly collector: Collector | undefined;
  readonly apiGatewayLogsRole: boolean;
  /** Undefined to notify nobody. */
  readonly alarmEmail: string | undefined;
  /** An SNS topic that exists, to notify as well; none if undefined. */
  readonly alarmTopicArn: string | undefined;
  /** 0 for no budget; else there is an alarmEmail. */
  readonly monthlyBudgetUsd: number;
  readonly protect: boolean;
  readonly logRetentionDays: number;
  readonly archiveBufferSeconds: number;
  /** 0 for never. */
  readonly archiveColdAfterDays: number;
  /** 0 for never. */
  readonly archiveExpireAfterDays: number;
}

/**
 * The ledger must remember a like for longer than any copy of it can exist: of its 30 days, acceptance takes 1 and
 * quarantine 14, and 1 is a margin.
 */
const MAX_RETENTION_HOURS = 14 * 24;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html */
const MIN_WAF_REQUESTS = 10;
const MAX_WAF_REQUESTS = 2_000_000_000;

/** An origin as browsers send it: a scheme and a host, no path. */
const ORIGIN = /^https?:\/\/[^/\s,]+$/;

/** The local stack's website, served without TLS. */
const LOOPBACK = /^http:\/\/127\.0\.0\.1:/;

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html */
const CERTIFICATE = /^arn:aws[\w-]*:acm:us-east-1:\d{12}:certificate\/[\w-]+$/;

/** Of a standard topic: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html */
const TOPIC = /^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]+$/;

/** https://docs.aws.amazon.com/lambda/latest/api/API_LayerVersionContentOutput.html */
const LAYER = /^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:layer:[\w-]+:\d+$/;

/** An address without TLS and without a path, to which OTLP adds its own. */
const OTLP_ENDPOINT = /^http:\/\/[^/\s]+$/;

/**
 * Reads the stack's settings.
 *
 * @throws pulumi.RunError listing every invalid setting.
 */
export function readSettings(config = new pulumi.Config()): Settings {
  const errors: string[] = [];
  const check = (holds: boolean, key: string, rule: string) => {
    if (!holds) {
      errors.push(`likestream:${key} must be ${rule}; it is ${config.get(key)}`);
    }
  };
  const oneOf = <T extends string>(key: string, allowed: readonly T[]): T => {
    const value = config.require(key) as T;
    check(allowed.includes(value), key, allowed.join(" or "));
    return value;
  };
  const integer = (key: string, min: number, max: number): number => {
    const value = Number(config.require(key));
    check(
      Number.isInteger(value) && value >= min && value <= max,
      key,
      `a whole number from ${min} to ${max}`,
    );
    return value;
  };
  const boolean = (key: string): boolean => {
    const value = config.require(key);
    check(value === "true" || value === "false", key, "true or false");
    return value === "true";
  };

  const corsOrigins = config.requireObject<string[]>("corsOrigins");
  check(
    corsOrigins.every((origin) => ORIGIN.test(origin)) ||
      (corsOrigins.length === 1 && corsOrigins[0] === "*"),
    "corsOrigins",
    'origins such as "https://likes.example", or only "*"',
  );
  const websiteUrl = config.get("websiteUrl") || undefined;
  const websiteCertificateArn = config.get("websiteCertificateArn") || undefined;
  check(
    websiteCertificateArn === undefined || CERTIFICATE.test(websiteCertificateArn),
    "websiteCertificateArn",
    "the ARN of a certificate in us-east-1, which CloudFront requires, or empty",
  );
  check(
    websiteUrl === undefined || (websiteCertificateArn ? /^https:/ : LOOPBACK).test(websiteUrl),
    "websiteUrl",
    "empty, or an https:// URL whose host the certificate in websiteCertificateArn covers",
  );
  check(
    websiteUrl === undefined || ORIGIN.test(websiteUrl),
    "websiteUrl",
    "a scheme and a host without a path",
  );
  const alarmEmail = config.get("alarmEmail") || undefined;
  check(alarmEmail === undefined || /^\S+@\S+$/.test(alarmEmail), "alarmEmail", "an e-mail address or empty");
  const alarmTopicArn = config.get("alarmTopicArn") || undefined;
  check(
    alarmTopicArn === undefined || TOPIC.test(alarmTopicArn),
    "alarmTopicArn",
    "the ARN of a standard SNS topic, or empty",
  );
  const logRetentionDays = integer("logRetentionDays", 1, 3653);
  check(
    LOG_RETENTION_DAYS.includes(logRetentionDays),
    "logRetentionDays",
    `one of ${LOG_RETENTION_DAYS.join(", ")}`,
  );

  const settings: Settings = {
    architecture: oneOf("architecture", ["arm64", "x86_64"]),
    streamMode: oneOf("streamMode", ["ON_DEMAND", "PROVISIONED"]),
    shards: integer("shards", 1, 10_000),
    retentionHours: integer("retentionHours", 24, MAX_RETENTION_HOURS),
    batchSize: integer("batchSize", 1, 10_000),
    batchWindowSeconds: integer("batchWindowSeconds", 0, 300),
    updateReservedConcurrency: integer("updateReservedConcurrency", 0, 10_000),
    corsOrigins,
    website: boolean("website"),
    websiteUrl,
    websiteCertificateArn,
    throttleRate: integer("throttleRate", 1, 100_000),
    throttleBurst: integer("throttleBurst", 1, 100_000),
    wafRequestsPer5Minutes: integer("wafRequestsPer5Minutes", 0, MAX_WAF_REQUESTS),
    tracingPercent: integer("tracingPercent", 0, 100),
    collector: collector(config),
    apiGatewayLogsRole: boolean("apiGatewayLogsRole"),
    alarmEmail,
    alarmTopicArn,
    monthlyBudgetUsd: integer("monthlyBudgetUsd", 0, 1_000_000_000),
    protect: boolean("protect"),
    logRetentionDays,
    archiveBufferSeconds: integer("archiveBufferSeconds", 0, 900),
    archiveColdAfterDays: integer("archiveColdAfterDays", 0, 36_500),
    archiveExpireAfterDays: integer("archiveExpireAfterDays", 0, 36_500),
  };
  check(
    settings.archiveExpireAfterDays === 0 || settings.archiveExpireAfterDays > settings.archiveColdAfterDays,
    "archiveExpireAfterDays",
    `0 or greater than archiveColdAfterDays (${settings.archiveColdAfterDays})`,
  );
  check(
    settings.monthlyBudgetUsd === 0 || alarmEmail !== undefined,
    "monthlyBudgetUsd",
    "0 without an alarmEmail to notify",
  );
  check(
    settings.wafRequestsPer5Minutes === 0 || settings.wafRequestsPer5Minutes >= MIN_WAF_REQUESTS,
    "wafRequestsPer5Minutes",
    `0 or at least ${MIN_WAF_REQUESTS}`,
  );
  check(
    settings.updateReservedConcurrency === 0 ||
      settings.streamMode === "ON_DEMAND" ||
      settings.updateReservedConcurrency >= settings.shards,
    "updateReservedConcurrency",
    `0 or at least shards (${settings.shards}): Lambda runs UpdateCount once per shard`,
  );
  const { collector: exported } = settings;
  check(
    exported === undefined || OTLP_ENDPOINT.test(exported.endpoint),
    "otlpEndpoint",
    "an address without TLS, such as http://localhost:4318, or empty",
  );
  check(
    exported === undefined || settings.tracingPercent > 0,
    "otlpEndpoint",
    "empty without a tracingPercent, which says how many likes are traced",
  );
  const layerArn = config.get("collectorLayerArn") || undefined;
  check(
    layerArn === undefined || LAYER.test(layerArn),
    "collectorLayerArn",
    "the ARN of a version of a Lambda layer, or empty",
  );
  check(
    layerArn === undefined || exported !== undefined,
    "collectorLayerArn",
    "empty without an otlpEndpoint",
  );
  check(
    layerArn !== undefined || !config.get("collectorConfigUri"),
    "collectorConfigUri",
    "empty without a collectorLayerArn",
  );
  if (errors.length > 0) {
    throw new pulumi.RunError(`The stack's configuration is invalid:\n  ${errors.join("\n  ")}`);
  }
  return settings;
}

/** The collector of spans, if there is one. */
function collector(config: pulumi.Config): Collector | undefined {
  const endpoint = config.get("otlpEndpoint");
  return endpoint
    ? {
        endpoint,
        layerArn: config.get("collectorLayerArn") || undefined,
        configUri: config.get("collectorConfigUri") || undefined,
      }
    : undefined;
}
