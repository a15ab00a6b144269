/** What all that a stack has stored costs in a month. */
import { type Line, line } from "./line";
import { Q } from "./quantities";
import { ENTRY_BYTES, EVENT_BYTES } from "./samples";
import type { Setup } from "./setup";
import type { Traffic } from "./traffic";

/** Months have 30 days here. */
const DAYS = 30;

export function storage(traffic: Traffic, setup: Setup, objects: number, logBytes: number): Line[] {
  return [
    ...retained(traffic, setup),
    ...ledger(traffic, setup),
    ...archive(traffic, setup, objects),
    line(
      "CloudWatch: logs",
      "logStorage",
      logBytes * Q.storedLogShare * Math.min(traffic.months, setup.logRetentionDays / DAYS),
    ),
  ];
}

/** The stream's records older than a day, and older than a week. A provisioned stream pays for the first by the shard. */
function retained({ likes }: Traffic, { streamMode, retentionHours }: Setup): Line[] {
  const written = likes * Math.ceil(EVENT_BYTES / Q.kinesisBytes) * Q.kinesisBytes;
  const week = 7 * 24;
  const extended = Math.max(0, Math.min(retentionHours, week) - 24) / Q.monthHours;
  const long = Math.max(0, retentionHours - week) / Q.monthHours;
  return [
    line(
      "Kinesis: older than a day",
      "kinesisRetention",
      streamMode === "ON_DEMAND" ? written * extended : 0,
    ),
    line("Kinesis: older than a week", "kinesisLongRetention", written * long),
  ];
}

/** The likes of users stay for ever, others for 30 days. */
function ledger({ likes, userShare, months }: Traffic, { backups }: Setup): Line[] {
  const entries = likes * (userShare * months + (1 - userShare));
  const size = entries * (ENTRY_BYTES + Q.itemOverheadBytes);
  return [
    line("DynamoDB: ledger", "dynamodbStorage", size),
    line("DynamoDB: backups of the ledger", "dynamodbBackups", backups ? size : 0),
  ];
}

/** Objects of 128 KB and more move to Glacier Instant Retrieval; smaller ones stay. */
function archive({ likes, months }: Traffic, setup: Setup, objects: number): Line[] {
  const { coldAfterDays, expireAfterDays } = setup;
  const monthly = likes * Q.archivedBytes;
  const kept = expireAfterDays > 0 ? Math.min(months, expireAfterDays / DAYS) : months;
  const moves = coldAfterDays > 0 && monthly / objects >= Q.glacierBytes;
  const warm = moves ? Math.min(kept, coldAfterDays / DAYS) : kept;
  return [
    line("S3: archive", "s3Standard", monthly * warm),
    line("S3: archive in Glacier", "s3Glacier", monthly * (kept - warm)),
    line("S3: moves to Glacier", "s3Transitions", kept > warm ? objects : 0),
  ];
}
