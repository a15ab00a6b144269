/** Every resource type that the local stack supports. */
import type { Creators } from "../resource";
import { apiGateway } from "./apiGateway";
import { athena } from "./athena";
import { budgets } from "./budgets";
import { cloudFront } from "./cloudFront";
import { cloudWatch } from "./cloudWatch";
import { dynamodb } from "./dynamodb";
import { firehose } from "./firehose";
import { glue } from "./glue";
import { iam } from "./iam";
import { kinesis } from "./kinesis";
import { lambda } from "./lambda";
import { notifications } from "./notifications";
import { s3 } from "./s3";
import { sqs } from "./sqs";
import { waf } from "./waf";

export const CREATORS: Creators = {
  ...apiGateway,
  ...athena,
  ...budgets,
  ...cloudFront,
  ...cloudWatch,
  ...dynamodb,
  ...firehose,
  ...glue,
  ...iam,
  ...kinesis,
  ...lambda,
  ...notifications,
  ...s3,
  ...sqs,
  ...waf,
};
