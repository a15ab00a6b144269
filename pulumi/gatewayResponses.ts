/**
 * Turns the answers that API Gateway gives itself into problem details (RFC 9457) that pages may read.
 *
 * Types and default statuses: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
import * as pulumi from "@pulumi/pulumi";

/** One of API Gateway's own answers. */
export interface GatewayResponse {
  readonly responseType: string;
  /** The type's default if absent. */
  readonly statusCode?: string;
  readonly responseParameters: Record<string, pulumi.Input<string>>;
  readonly responseTemplates: Record<string, string>;
}

/** API Gateway's own message, as a JSON string. */
const OWN_MESSAGE = "$context.error.messageString";

interface Problem {
  readonly title: string;
  /**
   * Absent from the default answers, which serve many statuses. A type's own if it is a `5xx`: API Gateway counts a status
   * that was changed as a `4xx`, so the alarm on `5xx` would not see it.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
   */
  readonly status?: number;
  /** What is wrong; API Gateway's own message if absent. */
  readonly detail?: string;
  readonly retryAfterSeconds?: number;
}

const PROBLEMS: Record<string, Problem> = {
  BAD_REQUEST_BODY: {
    title: "Bad Request",
    status: 400,
    detail: "the body must be a JSON object with the field movieId",
  },
  BAD_REQUEST_PARAMETERS: { title: "Bad Request", status: 400 },
  MISSING_AUTHENTICATION_TOKEN: {
    title: "Not Found",
    status: 404,
    detail: "not found; the API serves only POST /likes and GET /likes",
  },
  REQUEST_TOO_LARGE: { title: "Payload Too Large", status: 413, detail: "the body exceeds 10 MB" },
  UNSUPPORTED_MEDIA_TYPE: { title: "Unsupported Media Type", status: 415 },
  THROTTLED: {
    title: "Too Many Requests",
    status: 429,
    detail: "too many requests; retry later",
    retryAfterSeconds: 1,
  },
  // The web ACL's only rule is one of rate. It lifts the block once the address has sent less for a while.
  WAF_FILTERED: {
    title: "Too Many Requests",
    status: 429,
    detail: "too many requests from this address; retry later",
    retryAfterSeconds: 60,
  },
  INTEGRATION_FAILURE: {
    title: "Gateway Timeout",
    status: 504,
    detail: "the API's function could not be invoked",
    retryAfterSeconds: 1,
  },
  INTEGRATION_TIMEOUT: {
    title: "Gateway Timeout",
    status: 504,
    detail: "the API's function did not answer in time",
    retryAfterSeconds: 1,
  },
  DEFAULT_4XX: { title: "The request was rejected" },
  DEFAULT_5XX: { title: "The API failed", retryAfterSeconds: 1 },
};

/** The answers, readable by pages from `allowOrigin`. */
export function gatewayResponses(allowOrigin: pulumi.Input<string>): GatewayResponse[] {
  return Object.entries(PROBLEMS).map(([responseType, problem]) => {
    const { title, status, detail, retryAfterSeconds } = problem;
    const headers: Record<string, pulumi.Input<string>> = {
      "Content-Type": "application/problem+json",
      "Access-Control-Allow-Origin": allowOrigin,
      "Access-Control-Expose-Headers": "retry-after",
      ...(retryAfterSeconds && { "Retry-After": String(retryAfterSeconds) }),
    };
    const members = [
      ["type", JSON.stringify("about:blank")],
      ["title", JSON.stringify(title)],
      ...(status ? [["status", String(status)]] : []),
      ["detail", detail ? JSON.stringify(detail) : OWN_MESSAGE],
    ];
    return {
      responseType,
      // Even setting a type's own status might count as a change.
      ...(status && status < 500 && { statusCode: String(status) }),
      responseParameters: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          `gatewayresponse.header.${name}`,
          pulumi.interpolate`'${value}'`,
        ]),
      ),
      // The one template that serves whatever the client accepts. Values are inserted as they are and must be JSON
      // already: a gateway response has no functions to escape them.
      responseTemplates: {
        "application/json": `{${members.map(([name, value]) => `"${name}":${value}`).join(",")}}`,
      },
    };
  });
}
