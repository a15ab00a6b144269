import assert from "node:assert/strict";
import * as fs from "node:fs";
import { before, test } from "node:test";
import * as openapi from "../openapi";
import { type Program, program } from "./program";

/** The resources of an API's definition, which take effect only when deployed. */
const DEFINITION = [
  "GatewayResponse",
  "Integration",
  "IntegrationResponse",
  "Method",
  "MethodResponse",
  "Model",
  "RequestValidator",
  "Resource",
  "Response",
];

const triggers = (run: Program) =>
  run.one("aws:apigateway/deployment:Deployment").inputs.triggers as Record<string, string>;

/** The names of the triggers that changed. */
function changed(one: Program, other: Program): string[] {
  const [before, after] = [triggers(one), triggers(other)];
  return Object.keys({ ...before, ...after }).filter((key) => before[key] !== after[key]);
}

/** The website's origin in the form that API Gateway expects. */
const SITE = "'https://likes-website.cloudfront.net'";

let dev: Program;
before(async () => {
  dev = await program();
});

test("changing any part of the definition causes a deployment", () => {
  const parts = dev.resources
    .map(({ type, name }) => [type.split(":").at(-1) ?? "", name.replace(/^likes-/, "")])
    .filter(
      ([type = ""], index) =>
        dev.resources[index]?.type.startsWith("aws:apigateway/") && DEFINITION.includes(type),
    )
    .map((part) => part.join("/"));
  assert.ok(parts.length >= 20);
  assert.deepEqual(Object.keys(triggers(dev)).sort(), parts.sort());
});

test("a part that is gone from the program is deleted before the deployment takes its snapshot", () => {
  const path = "aws:apigateway/resource:Resource likes-likes";
  const { options } = dev.one("aws:apigateway/resource:Resource");
  const parts = dev.resources.filter(({ inputs }) => inputs.resourceId === "likes-likes-id");
  assert.ok(parts.length >= 8);
  // The parts' names decide whether the path is replaced, and it takes them with it.
  assert.ok(options.deleteBeforeReplace);
  const names = parts.map(({ type, name }) => `${type.split(":").at(-1)}/${name.replace(/^likes-/, "")}`);
  assert.deepEqual(options.replacementTrigger, names.sort());
  for (const part of parts) {
    assert.deepEqual(part.options.dependencies.resourceId, [path], part.name);
  }
  // It does not take the deployment with it, which the stage is using.
  const { dependencies } = dev.one("aws:apigateway/deployment:Deployment").options;
  const functions = ["likes-ingest", "likes-get"].map((name) => `aws:lambda/function:Function ${name}`);
  assert.ok(functions.every((name) => dependencies.triggers?.includes(name)));
  assert.ok(!dependencies.triggers?.includes(path));
});

test("no deployment happens without a change to the definition", async () => {
  assert.deepEqual(changed(dev, await program()), []);
  assert.deepEqual(changed(dev, await program("dev", { throttleRate: "7", logRetentionDays: "1" })), []);
});

test("changing the origins causes a deployment", async () => {
  const other = await program("dev", { corsOrigins: '["https://likes.example"]' });
  const parts = changed(dev, other);
  assert.ok(parts.includes("IntegrationResponse/options"));
  assert.ok(parts.includes("Response/throttled"));
  assert.ok(!parts.includes("Method/post"));
});

test("the model is taken from the OpenAPI document", () => {
  const { inputs } = dev.one("aws:apigateway/model:Model");
  assert.deepEqual(JSON.parse(inputs.schema), {
    $schema: "http://json-schema.org/draft-04/schema#",
    title: "NewLike",
    type: "object",
    required: ["movieId"],
  });
  const document = openapi.readOpenApi();
  const schemas = {
    ...document.components.schemas,
    NewLike: { type: "object", required: ["movieId", "at"] },
  };
  const other = openapi.outline({ components: { schemas } }, "NewLike");
  assert.deepEqual((other as { required: string[] }).required, ["movieId", "at"]);
  assert.throws(
    () => openapi.outline({ components: { schemas: {} } }, "NewLike"),
    /must have an object schema/,
  );
});

test("requests are validated before a function is invoked", () => {
  const { validateRequestBody, validateRequestParameters } = dev.one(
    "aws:apigateway/requestValidator:RequestValidator",
  ).inputs;
  assert.deepEqual([validateRequestBody, validateRequestParameters], [true, true]);
  const post = dev.one("aws:apigateway/method:Method", "likes-post").inputs;
  assert.equal(post.requestValidatorId, "likes-all-id");
  assert.deepEqual(post.requestModels, { "application/json": "NewLike" });
  const get = dev.one("aws:apigateway/method:Method", "likes-get").inputs;
  assert.equal(get.requestValidatorId, "likes-all-id");
  assert.deepEqual(get.requestParameters, { "method.request.querystring.movieId": true });
});

test("each method is answered by its function", () => {
  for (const [method, handler] of [
    ["post", "likes-ingest"],
    ["get", "likes-get"],
  ]) {
    const { type, uri, integrationHttpMethod } = dev.one(
      "aws:apigateway/integration:Integration",
      `likes-${method}`,
    ).inputs;
    assert.deepEqual([type, uri, integrationHttpMethod], ["AWS_PROXY", `invoke:${handler}`, "POST"]);
  }
});

test("API Gateway's own answers are problem details that pages may read", () => {
  const responses = dev.all("aws:apigateway/response:Response").map(({ inputs }) => inputs);
  const types = responses.map(({ responseType }) => responseType);
  for (const type of [
    "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS",
    "THROTTLED",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
  ]) {
    assert.ok(types.includes(type), type);
  }
  for (const { responseType, statusCode, responseParameters, responseTemplates } of responses) {
    assert.equal(responseParameters["gatewayresponse.header.Content-Type"], "'application/problem+json'");
    assert.equal(responseParameters["gatewayresponse.header.Access-Control-Allow-Origin"], SITE);
    const template: string = responseTemplates["application/json"];
    const problem = JSON.parse(template.replace("$context.error.messageString", '"its own words"'));
    assert.equal(problem.type, "about:blank");
    assert.equal(typeof problem.detail, "string");
    // A `5xx` is not changed but described as it is.
    const own = responseType.startsWith("INTEGRATION_") ? 504 : undefined;
    assert.equal(problem.status, statusCode ? Number(statusCode) : own, responseType);
  }
});

test("API Gateway's own 5xx keep their status, so that the alarm on 5xx sees them", () => {
  const ofServer = dev
    .all("aws:apigateway/response:Response")
    .map(({ inputs }) => inputs)
    .filter(({ responseType }) => /^INTEGRATION_|5XX$/.test(responseType))
    .map(({ responseType, statusCode }) => [responseType, statusCode]);
  assert.deepEqual(Object.fromEntries(ofServer), {
    DEFAULT_5XX: undefined,
    INTEGRATION_FAILURE: undefined,
    INTEGRATION_TIMEOUT: undefined,
  });
  const { metricName } = dev.one("aws:cloudwatch/metricAlarm:MetricAlarm", "likes-dev-api-failures").inputs;
  assert.equal(metricName, "5XXError");
});

test("an answer in place of a function that failed is the one in the OpenAPI document", () => {
  const { responseParameters, responseTemplates } = dev.one(
    "aws:apigateway/response:Response",
    "likes-integration-timeout",
  ).inputs;
  assert.equal(responseParameters["gatewayresponse.header.Retry-After"], "'1'");
  const { paths, components } = JSON.parse(fs.readFileSync("../openapi.json", "utf8"));
  for (const operation of [paths["/likes"].post, paths["/likes"].get]) {
    assert.deepEqual(operation.responses[504], { $ref: "#/components/responses/NoAnswer" });
  }
  assert.deepEqual(
    JSON.parse(responseTemplates["application/json"]),
    components.responses.NoAnswer.content["application/problem+json"].example,
  );
});

test("a throttled client is told when to retry", () => {
  const { statusCode, responseParameters, responseTemplates } = dev.one(
    "aws:apigateway/response:Response",
    "likes-throttled",
  ).inputs;
  assert.equal(statusCode, "429");
  assert.equal(responseParameters["gatewayresponse.header.Retry-After"], "'1'");
  const { responses } = JSON.parse(fs.readFileSync("../openapi.json", "utf8")).components;
  assert.deepEqual(
    JSON.parse(responseTemplates["application/json"]),
    responses.Throttled.content["application/problem+json"].example,
  );
});

test("a client that AWS WAF blocks is told when to retry", () => {
  const { responseType, statusCode, responseParameters } = dev.one(
    "aws:apigateway/response:Response",
    "likes-waf-filtered",
  ).inputs;
  assert.deepEqual([responseType, statusCode], ["WAF_FILTERED", "429"]);
  assert.equal(responseParameters["gatewayresponse.header.Retry-After"], "'60'");
});

test("a single origin is named in every answer, and several are left to the functions", async () => {
  const allowOrigin = (run: Program) => [
    run.one("aws:apigateway/integrationResponse:IntegrationResponse").inputs.responseParameters[
      "method.response.header.Access-Control-Allow-Origin"
    ],
    run.one("aws:apigateway/response:Response", "likes-throttled").inputs.responseParameters[
      "gatewayresponse.header.Access-Control-Allow-Origin"
    ],
    run.one("aws:lambda/function:Function", "likes-ingest").inputs.environment.variables.CORS_ORIGINS,
  ];
  const site = "https://likes-website.cloudfront.net";
  for (const [config, expected] of [
    [{}, [SITE, SITE, site]],
    [{ corsOrigins: '["https://a.example"]' }, ["'*'", "'*'", `${site},https://a.example`]],
    [{ corsOrigins: '["*"]' }, ["'*'", "'*'", "*"]],
    [{ website: "false" }, ["'*'", "'*'", "*"]],
    [
      { website: "false", corsOrigins: '["https://a.example"]' },
      ["'https://a.example'", "'https://a.example'", "https://a.example"],
    ],
  ] as const) {
    assert.deepEqual(allowOrigin(await program("dev", config)), expected, JSON.stringify(config));
  }
});

test("the stage is throttled, and logs JSON with the account's role", () => {
  const { methodPath, settings } = dev.one("aws:apigateway/methodSettings:MethodSettings").inputs;
  assert.equal(methodPath, "*/*");
  assert.deepEqual(settings, { metricsEnabled: false, throttlingRateLimit: 100, throttlingBurstLimit: 200 });
  const { accessLogSettings, deployment } = dev.one("aws:apigateway/stage:Stage").inputs;
  assert.equal(deployment, "likes-id");
  assert.equal(JSON.parse(accessLogSettings.format).requestId, "$context.requestId");
  assert.equal(accessLogSettings.destinationArn, "arn:aws:cloudwatch/logGroup:LogGroup:likes-access");
  assert.equal(
    dev.one("aws:apigateway/account:Account").inputs.cloudwatchRoleArn,
    "arn:aws:iam/role:Role:likes-access",
  );
});

test("a stack can leave the account's role to another stack", async () => {
  const other = await program("dev", { apiGatewayLogsRole: "false" });
  assert.deepEqual(other.all("aws:apigateway/account:Account"), []);
});
