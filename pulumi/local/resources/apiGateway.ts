import type { EndpointType, GatewayResponseType, IntegrationType, Op } from "@aws-sdk/client-api-gateway";
import { ACCOUNT_ID } from "../clients";
import type { Inputs } from "../inputs";
import type { Creators } from "../resource";

/** The method that a resource belongs to. */
function method(inputs: Inputs) {
  return {
    restApiId: inputs.string("restApi"),
    resourceId: inputs.string("resourceId"),
    httpMethod: inputs.string("httpMethod"),
  };
}

const id = (parts: Record<string, string | undefined>) => Object.values(parts).join("-");

export const apiGateway: Creators = {
  "aws:apigateway/restApi:RestApi": (name, inputs) => {
    const description = inputs.string("description");
    const endpointConfiguration = inputs.object("endpointConfiguration", (endpoint) => ({
      types: [endpoint.string("types") as EndpointType],
    }));
    return async ({ apiGateway, site }) => {
      // The emulator uses this tag as the API's id, so its URL is the same at each start.
      const tags = { "ms-custom-id": name };
      const api = await apiGateway.createRestApi({ name, description, endpointConfiguration, tags });
      const executionArn = `arn:aws:execute-api:${site.region}:${ACCOUNT_ID}:${api.id}`;
      return { id: api.id ?? "", outputs: { name, rootResourceId: api.rootResourceId, executionArn } };
    };
  },
  "aws:apigateway/resource:Resource": (_name, inputs) => {
    const resource = {
      restApiId: inputs.string("restApi"),
      parentId: inputs.string("parentId"),
      pathPart: inputs.string("pathPart"),
    };
    return async ({ apiGateway }) => {
      const created = await apiGateway.createResource(resource);
      return { id: created.id ?? "", outputs: { path: created.path } };
    };
  },
  "aws:apigateway/requestValidator:RequestValidator": (_name, inputs) => {
    const validator = {
      restApiId: inputs.string("restApi"),
      name: inputs.string("name"),
      validateRequestBody: inputs.boolean("validateRequestBody"),
      validateRequestParameters: inputs.boolean("validateRequestParameters"),
    };
    return async ({ apiGateway }) => {
      const created = await apiGateway.createRequestValidator(validator);
      return { id: created.id ?? "" };
    };
  },
  "aws:apigateway/model:Model": (_name, inputs) => {
    const model = {
      restApiId: inputs.string("restApi"),
      name: inputs.string("name"),
      contentType: inputs.string("contentType"),
      schema: inputs.string("schema"),
    };
    return async ({ apiGateway }) => {
      const created = await apiGateway.createModel(model);
      return { id: created.id ?? "" };
    };
  },
  "aws:apigateway/method:Method": (_name, inputs) => {
    const where = method(inputs);
    const settings = {
      authorizationType: inputs.string("authorization"),
      requestValidatorId: inputs.optionalString("requestValidatorId"),
      requestModels: inputs.map<string>("requestModels"),
      requestParameters: inputs.map<boolean>("requestParameters"),
    };
    return async ({ apiGateway }) => {
      await apiGateway.putMethod({ ...where, ...settings });
      return { id: id(where) };
    };
  },
  "aws:apigateway/integration:Integration": (_name, inputs) => {
    const where = method(inputs);
    const settings = {
      type: inputs.string("type") as IntegrationType,
      integrationHttpMethod: inputs.optionalString("integrationHttpMethod"),
      uri: inputs.optionalString("uri"),
      requestTemplates: inputs.map<string>("requestTemplates"),
    };
    return async ({ apiGateway }) => {
      await apiGateway.putIntegration({ ...where, ...settings });
      return { id: id(where) };
    };
  },
  "aws:apigateway/methodResponse:MethodResponse": (_name, inputs) => {
    const where = { ...method(inputs), statusCode: inputs.string("statusCode") };
    const responseParameters = inputs.map<boolean>("responseParameters");
    return async ({ apiGateway }) => {
      await apiGateway.putMethodResponse({ ...where, responseParameters });
      return { id: id(where) };
    };
  },
  "aws:apigateway/integrationResponse:IntegrationResponse": (_name, inputs) => {
    const where = { ...method(inputs), statusCode: inputs.string("statusCode") };
    const responseParameters = inputs.map<string>("responseParameters");
    return async ({ apiGateway }) => {
      await apiGateway.putIntegrationResponse({ ...where, responseParameters });
      return { id: id(where) };
    };
  },
  "aws:apigateway/response:Response": (_name, inputs) => {
    const restApiId = inputs.string("restApiId");
    const responseType = inputs.string("responseType") as GatewayResponseType;
    const response = {
      statusCode: inputs.optionalString("statusCode"),
      responseParameters: inputs.map<string>("responseParameters"),
      responseTemplates: inputs.map<string>("responseTemplates"),
    };
    return async ({ apiGateway }) => {
      await apiGateway.putGatewayResponse({ restApiId, responseType, ...response });
      return { id: id({ restApiId, responseType }) };
    };
  },
  "aws:apigateway/deployment:Deployment": (_name, inputs) => {
    const restApiId = inputs.string("restApi");
    return async ({ apiGateway }) => {
      const created = await apiGateway.createDeployment({ restApiId });
      return { id: created.id ?? "" };
    };
  },
  "aws:apigateway/stage:Stage": (_name, inputs) => {
    const where = { restApiId: inputs.string("restApi"), stageName: inputs.string("stageName") };
    const deploymentId = inputs.string("deployment");
    const tracingEnabled = inputs.boolean("xrayTracingEnabled");
    const logs = inputs.object("accessLogSettings", (settings) => ({
      destinationArn: settings.string("destinationArn"),
      format: settings.string("format"),
    }));
    return async ({ apiGateway, site }) => {
      await apiGateway.createStage({ ...where, deploymentId, tracingEnabled });
      if (logs) {
        await apiGateway.updateStage({
          ...where,
          patchOperations: replace({
            "/accessLogSettings/destinationArn": logs.destinationArn,
            "/accessLogSettings/format": logs.format,
          }),
        });
      }
      const invokeUrl = `${site.endpoint}/restapis/${where.restApiId}/${where.stageName}/_user_request_`;
      const arn = `arn:aws:apigateway:${site.region}::/restapis/${where.restApiId}/stages/${where.stageName}`;
      return { id: id(where), outputs: { invokeUrl, arn } };
    };
  },
  "aws:apigateway/methodSettings:MethodSettings": (_name, inputs) => {
    const where = { restApiId: inputs.string("restApi"), stageName: inputs.string("stageName") };
    const path = inputs.string("methodPath");
    const settings = inputs.object("settings", (settings) => ({
      "metrics/enabled": settings.boolean("metricsEnabled"),
      "throttling/rateLimit": settings.number("throttlingRateLimit"),
      "throttling/burstLimit": settings.number("throttlingBurstLimit"),
    }));
    return async ({ apiGateway }) => {
      const patches = Object.entries(settings ?? {}).map(([key, value]) => [
        `/${path}/${key}`,
        String(value),
      ]);
      await apiGateway.updateStage({ ...where, patchOperations: replace(Object.fromEntries(patches)) });
      return { id: id({ ...where, path }) };
    };
  },
  "aws:apigateway/account:Account": (name, inputs) => {
    const role = inputs.string("cloudwatchRoleArn");
    return async ({ apiGateway }) => {
      await apiGateway.updateAccount({ patchOperations: replace({ "/cloudwatchRoleArn": role }) });
      return { id: name };
    };
  },
};

function replace(values: Record<string, string>) {
  return Object.entries(values).map(([path, value]) => ({ op: "replace" as Op, path, value }));
}
