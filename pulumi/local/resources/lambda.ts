import * as fs from "node:fs/promises";
import {
  type Architecture,
  type EventSourcePosition,
  type FunctionResponseType,
  type LogFormat,
  type Runtime,
  type TracingMode,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import * as pulumi from "@pulumi/pulumi";
import { InputError } from "../inputs";
import type { Creators } from "../resource";

export const lambda: Creators = {
  "aws:lambda/function:Function": (FunctionName, inputs) => {
    const code = inputs.any("code");
    if (!(code instanceof pulumi.asset.FileArchive)) {
      throw new InputError('the input "code" must be a FileArchive');
    }
    const settings = {
      Runtime: inputs.string("runtime") as Runtime,
      Handler: inputs.string("handler"),
      Architectures: inputs.strings("architectures") as Architecture[] | undefined,
      Role: inputs.string("role"),
      MemorySize: inputs.number("memorySize"),
      Timeout: inputs.number("timeout"),
      Environment: inputs.object("environment", (environment) => ({
        Variables: environment.map<string>("variables"),
      })),
      LoggingConfig: inputs.object("loggingConfig", (logging) => ({
        LogFormat: logging.string("logFormat") as LogFormat,
        LogGroup: logging.string("logGroup"),
      })),
      TracingConfig: inputs.object("tracingConfig", (tracing) => ({
        Mode: tracing.string("mode") as TracingMode,
      })),
    };
    const ReservedConcurrentExecutions = inputs.optionalNumber("reservedConcurrentExecutions");
    return async ({ lambda, site }) => {
      const ZipFile = await fs.readFile(await code.path);
      const { FunctionArn } = await lambda.createFunction({ FunctionName, Code: { ZipFile }, ...settings });
      await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30, minDelay: 1 }, { FunctionName });
      if (ReservedConcurrentExecutions !== undefined) {
        await lambda.putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions });
      }
      const invokeArn = `arn:aws:apigateway:${site.region}:lambda:path/2015-03-31/functions/${FunctionArn}/invocations`;
      return { id: FunctionName, outputs: { name: FunctionName, arn: FunctionArn, invokeArn } };
    };
  },
  "aws:lambda/permission:Permission": (StatementId, inputs) => {
    const permission = {
      Action: inputs.string("action"),
      FunctionName: inputs.string("function"),
      Principal: inputs.string("principal"),
      SourceArn: inputs.string("sourceArn"),
    };
    return async ({ lambda }) => {
      await lambda.addPermission({ StatementId, ...permission });
      return { id: StatementId };
    };
  },
  "aws:lambda/eventSourceMapping:EventSourceMapping": (name, inputs) => {
    const mapping = {
      EventSourceArn: inputs.string("eventSourceArn"),
      FunctionName: inputs.string("functionName"),
      StartingPosition: inputs.string("startingPosition") as EventSourcePosition,
      // The emulator's default is 10.
      BatchSize: inputs.optionalNumber("batchSize") ?? 100,
      MaximumBatchingWindowInSeconds: inputs.optionalNumber("maximumBatchingWindowInSeconds"),
      ParallelizationFactor: inputs.optionalNumber("parallelizationFactor"),
      FunctionResponseTypes: inputs.strings("functionResponseTypes") as FunctionResponseType[] | undefined,
      BisectBatchOnFunctionError: inputs.optionalBoolean("bisectBatchOnFunctionError"),
      MaximumRetryAttempts: inputs.optionalNumber("maximumRetryAttempts"),
      MaximumRecordAgeInSeconds: inputs.optionalNumber("maximumRecordAgeInSeconds"),
      DestinationConfig: inputs.object("destinationConfig", (destination) => ({
        OnFailure: destination.object("onFailure", (failure) => ({
          Destination: failure.string("destinationArn"),
        })),
      })),
    };
    return async ({ lambda, mappings }) => {
      // The local stack's own process does its work: the emulator's mapping treats a batch with reported failures as done.
      const { UUID } = await lambda.createEventSourceMapping({ ...mapping, Enabled: false });
      const uuid = UUID ?? "";
      mappings.push({ name, uuid });
      return { id: uuid, outputs: { uuid } };
    };
  },
};
