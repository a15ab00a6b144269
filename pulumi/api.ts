import * as crypto from "node:crypto";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AccessLogs } from "./accessLogs";
import { gatewayResponses } from "./gatewayResponses";
import { type OpenApiDocument, outline } from "./openapi";
import type { RustFunction } from "./rustFunction";

export interface LikesApiArgs {
  readonly document: OpenApiDocument;
  readonly ingest: RustFunction;
  readonly get: RustFunction;
  /** The origins whose pages may read the answers; all if empty. */
  readonly corsOrigins: readonly pulumi.Input<string>[];
  readonly region: pulumi.Input<string>;
  /** The domain of the partition's endpoints. */
  readonly dnsSuffix: pulumi.Input<string>;
  readonly traced: boolean;
  readonly throttleRate: number;
  readonly throttleBurst: number;
  /** Whether the API is protected from deletion: a new one has another URL. */
  readonly protect: boolean;
  readonly accessLogs: AccessLogs;
  /** The readers of the stream that would miss a like accepted before they are ready. */
  readonly readers: readonly pulumi.Resource[];
}

/** The stage's name, the first segment of every path. */
const STAGE = "v1";

/** The inputs that say what a part of the definition belongs to. */
const OWNERS = ["restApi", "restApiId", "parentId", "resourceId"];

/** How long a browser may cache a preflight: two hours, the most that Chromium allows. */
const PREFLIGHT_SECONDS = 7200;

/**
 * What is logged for each request. The client chooses none of it freely, or it could make the log as large as it likes.
 *
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
 */
const ACCESS_LOG = JSON.stringify({
  apiId: "$context.apiId",
  requestId: "$context.requestId",
  traceId: "$context.xrayTraceId",
  time: "$context.requestTime",
  ip: "$context.identity.sourceIp",
  method: "$context.httpMethod",
  resource: "$context.resourcePath",
  status: "$context.status",
  latency: "$context.responseLatency",
  integrationStatus: "$context.integration.status",
  integrationLatency: "$context.integration.latency",
  integrationError: "$context.integration.error",
  responseType: "$context.error.responseType",
  error: "$context.error.message",
});

/** The REST API: `POST /likes`, `GET /likes` and its preflight. */
export class LikesApi extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;
  /** The stage's base URL, without a trailing slash. */
  readonly invokeUrl: pulumi.Output<string>;
  /** The origin of that URL, known before the stage exists. */
  readonly origin: pulumi.Output<string>;
  readonly id: pulumi.Output<string>;
  readonly stageArn: pulumi.Output<string>;

  private readonly api: aws.apigateway.RestApi;
  private readonly likes: aws.apigateway.Resource;
  /** Everything that a deployment takes a snapshot of, by name. */
  private readonly snapshot: Record<string, { resource: pulumi.Resource; args: object }> = {};

  constructor(
    private readonly componentName: string,
    args: LikesApiArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("likestream:index:LikesApi", componentName, {}, opts);
    const name = componentName;
    this.api = new aws.apigateway.RestApi(
      name,
      {
        description: "Likestream",
        endpointConfiguration: { types: "REGIONAL" },
      },
      { parent: this, protect: args.protect },
    );
    const restApi = this.api.id;
    this.origin = pulumi.interpolate`https://${restApi}.execute-api.${args.region}.${args.dnsSuffix}`;
    // Pulumi deletes what is gone from the program last, when the deployment has already taken its snapshot. So if the
    // parts of the path are no longer the same ones, they are all deleted first, with the path, and created again. The
    // stage serves the last deployment until the next one is complete.
    const [parts, setParts] = pulumi.deferredOutput<string[]>();
    this.likes = this.deployed(
      aws.apigateway.Resource,
      "likes",
      { restApi, parentId: this.api.rootResourceId, pathPart: "likes" },
      { deleteBeforeReplace: true, replacementTrigger: parts },
    );
    const validator = this.deployed(aws.apigateway.RequestValidator, "all", {
      restApi,
      name: "all",
      validateRequestBody: true,
      validateRequestParameters: true,
    });
    const model = this.deployed(aws.apigateway.Model, "new-like", {
      restApi,
      name: "NewLike",
      contentType: "application/json",
      schema: JSON.stringify(outline(args.document, "NewLike")),
    });
    this.method("POST", args.ingest, {
      requestValidatorId: validator.id,
      requestModels: { "application/json": model.name },
    });
    this.method("GET", args.get, {
      requestValidatorId: validator.id,
      requestParameters: { "method.request.querystring.movieId": true },
    });
    // Headers set by API Gateway itself cannot depend on the caller. With several origins they admit every page: these
    // answers hold no secret, and the functions' answers name the page's own origin.
    const [origin, ...others] = args.corsOrigins;
    const allowOrigin = origin && others.length === 0 ? origin : "*";
    this.preflight(allowOrigin);
    for (const response of gatewayResponses(allowOrigin)) {
      const suffix = response.responseType.toLowerCase().replaceAll("_", "-");
      this.deployed(aws.apigateway.Response, suffix, { restApiId: restApi, ...response });
    }

    const ofPath = Object.keys(this.snapshot).filter(
      (part) => "resourceId" in (this.snapshot[part]?.args ?? {}),
    );
    setParts(pulumi.output(ofPath.sort()));

    const stage = this.stage(args);
    this.id = restApi;
    this.name = this.api.name;
    this.stageArn = stage.arn;
    this.invokeUrl = stage.invokeUrl;
    this.registerOutputs({ name: this.name, invokeUrl: this.invokeUrl });
  }

  /** Creates a part of the API's definition; changing it causes a new deployment. */
  private deployed<A extends object, R extends pulumi.Resource>(
    type: new (name: string, args: A, opts: pulumi.CustomResourceOptions) => R,
    suffix: string,
    args: A,
    opts: pulumi.CustomResourceOptions = {},
  ): R {
    const resource = new type(`${this.componentName}-${suffix}`, args, { parent: this, ...opts });
    this.snapshot[`${type.name}/${suffix}`] = { resource, args };
    return resource;
  }

  /** A method with a function behind it. */
  private method(
    httpMethod: "GET" | "POST",
    handler: RustFunction,
    validation: Pick<aws.apigateway.MethodArgs, "requestValidatorId" | "requestModels" | "requestParameters">,
  ): void {
    const suffix = httpMethod.toLowerCase();
    const where = { restApi: this.api.id, resourceId: this.likes.id, httpMethod };
    const method = this.deployed(aws.apigateway.Method, suffix, {
      ...where,
      authorization: "NONE",
      ...validation,
    });
    this.deployed(
      aws.apigateway.Integration,
      suffix,
      { ...where, type: "AWS_PROXY", integrationHttpMethod: "POST", uri: handler.invokeArn },
      { dependsOn: [method] },
    );
    new aws.lambda.Permission(
      `${this.componentName}-${suffix}`,
      {
        action: "lambda:InvokeFunction",
        function: handler.name,
        principal: "apigateway.amazonaws.com",
        sourceArn: pulumi.interpolate`${this.api.executionArn}/${STAGE}/${httpMethod}/likes`,
      },
      { parent: this },
    );
  }

  /** The CORS preflight for sending a like, answered by API Gateway itself. */
  private preflight(allowOrigin: pulumi.Input<string>): void {
    const where = { restApi: this.api.id, resourceId: this.likes.id, httpMethod: "OPTIONS" };
    const headers: Record<string, pulumi.Input<string>> = {
      "Access-Control-Allow-Origin": allowOrigin,
      "Access-Control-Allow-Methods": "GET,POST",
      "Access-Control-Allow-Headers": "content-type,idempotency-key",
      "Access-Control-Max-Age": String(PREFLIGHT_SECONDS),
    };
    const parameters = <V>(value: (header: pulumi.Input<string>) => V) =>
      Object.fromEntries(
        Object.entries(headers).map(([name, header]) => [`method.response.header.${name}`, value(header)]),
      );
    const method = this.deployed(aws.apigateway.Method, "options", { ...where, authorization: "NONE" });
    const integration = this.deployed(
      aws.apigateway.Integration,
      "options",
      { ...where, type: "MOCK", requestTemplates: { "application/json": '{"statusCode":200}' } },
      { dependsOn: [method] },
    );
    const response = this.deployed(
      aws.apigateway.MethodResponse,
      "options",
      { ...where, statusCode: "200", responseParameters: parameters(() => true) },
      { dependsOn: [method] },
    );
    this.deployed(
      aws.apigateway.IntegrationResponse,
      "options",
      {
        ...where,
        statusCode: "200",
        responseParameters: parameters((header) => pulumi.interpolate`'${header}'`),
      },
      { dependsOn: [integration, response] },
    );
  }

  private stage(args: LikesApiArgs): aws.apigateway.Stage {
    const deployment = new aws.apigateway.Deployment(
      this.componentName,
      { restApi: this.api.id, triggers: this.fingerprints() },
      { parent: this, dependsOn: Object.values(this.snapshot).map(({ resource }) => resource) },
    );
    const stage = new aws.apigateway.Stage(
      this.componentName,
      {
        restApi: this.api.id,
        deployment: deployment.id,
        stageName: STAGE,
        xrayTracingEnabled: args.traced,
        accessLogSettings: { destinationArn: args.accessLogs.logGroupArn, format: ACCESS_LOG },
      },
      {
        parent: this,
        protect: args.protect,
        dependsOn: [...args.accessLogs.ready, ...args.readers],
      },
    );
    new aws.apigateway.MethodSettings(
      this.componentName,
      {
        restApi: this.api.id,
        stageName: stage.stageName,
        methodPath: "*/*",
        settings: {
          // Metrics per method cost as much as custom ones, and the alarms need only those per API.
          // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
          metricsEnabled: false,
          throttlingRateLimit: args.throttleRate,
          throttlingBurstLimit: args.throttleBurst,
        },
      },
      { parent: this },
    );
    return stage;
  }

  /**
   * Hashes of all parts of the definition, so that changing any of them causes a deployment. The ids of what the parts
   * belong to are left out: with the path, Pulumi would delete a deployment that depends on its id, and a deployment that
   * a stage uses cannot be deleted.
   */
  private fingerprints(): Record<string, pulumi.Output<string>> {
    const sha256 = (text: string) => crypto.createHash("sha256").update(text).digest("hex");
    return Object.fromEntries(
      Object.entries(this.snapshot).map(([name, { args }]) => {
        const own = Object.entries(args).filter(([key]) => !OWNERS.includes(key));
        return [name, pulumi.jsonStringify(Object.fromEntries(own)).apply(sha256)];
      }),
    );
  }
}
