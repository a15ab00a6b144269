/**
 * Forwards the functions' calls to the proxy that injects faults, and logs which of them fail, as CloudWatch counts it.
 * The emulator itself never throttles.
 */
import * as http from "node:http";
import { startMetricsLog } from "../metrics/log";
import { readAll } from "./body";
import { failures, meteredOperation } from "./callMetrics";
import { forward } from "./forward";

const [port, proxyPort] = process.argv.slice(2);
const to = { host: "127.0.0.1", port: Number(proxyPort) };
const meter = startMetricsLog();

async function handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const { headers } = request;
  const operation = meteredOperation(headers["x-amz-target"]);
  const body = operation && (await readAll(request));
  const time = Date.now();
  await forward(request, response, {
    to,
    headers,
    body: body || undefined,
    // A connection that the proxy breaks breaks here, too.
    failed: () => response.destroy(),
    observed: (status, error) => {
      if (operation && body) {
        meter(failures({ operation, request: body.toString(), status, error, time }));
      }
    },
  });
}

http
  .createServer((request, response) => {
    handle(request, response).catch((error: Error) => {
      console.error(`${request.method} ${request.url}: ${error.message}`);
      response.destroy();
    });
  })
  .listen(Number(port), "127.0.0.1");
