/**
 * The metrics of requests to the API, as API Gateway has them, and those of its access log.
 *
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
 */
import { OWN_NAMESPACE } from "../../metrics";
import { type Datum, dataOf } from "../metrics/datum";

/** A request that was answered. */
export interface Answered {
  /** Its path, with the API's id, which is also its name on the local stack. */
  readonly url: string;
  readonly status: number;
  /** Whether there were too many, so that no function got it. */
  readonly isThrottled: boolean;
  /** When it came, in milliseconds. */
  readonly time: number;
  readonly tookMs: number;
}

export function apiMetrics({ url, status, isThrottled, time, tookMs }: Answered): Datum[] {
  const id = url.split("/")[2] ?? "";
  const throttled = isThrottled
    ? dataOf({ namespace: OWN_NAMESPACE, dimensions: { ApiId: id }, time }, { Throttled: 1 })
    : [];
  const source = { namespace: "AWS/ApiGateway", dimensions: { ApiName: id }, time };
  return [
    ...throttled,
    ...dataOf(source, {
      Count: 1,
      "4XXError": status >= 400 && status < 500 ? 1 : 0,
      "5XXError": status >= 500 ? 1 : 0,
    }),
    ...dataOf(source, { Latency: tookMs }, "Milliseconds"),
  ];
}
