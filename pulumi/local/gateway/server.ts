/** The local stack's front door: forwards the calls that are admitted to the emulator and rejects all others. */
import * as http from "node:http";
import * as http2 from "node:http2";
import * as net from "node:net";
import { pipeline } from "node:stream";
import { startMetricsLog } from "../metrics/log";
import { apiMetrics } from "./apiMetrics";
import { readAll } from "./body";
import { meteredOperation, usage } from "./callMetrics";
import { forward, type Request, type Response } from "./forward";
import { judge, type Rejection } from "./judge";
import { Turnstile } from "./turnstile";

const [port = "", socketPath = ""] = process.argv.slice(2);
const credentials = {
  accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? "",
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? "",
};

/**
 * How many API calls are in flight at once, and how many wait. The emulator starts a process for each call in flight
 * and stalls with many more than this.
 */
const turnstile = new Turnstile(32, 256);

const to = { socketPath };
const meter = startMetricsLog();

async function handle(request: Request, response: Response): Promise<void> {
  const headers = { ...request.headers, host: String(request.headers.host ?? request.headers[":authority"]) };
  let body: Promise<Buffer> | undefined;
  const read = () => {
    body ??= readAll(request);
    return body;
  };
  const call = { method: request.method ?? "", url: request.url ?? "", headers, body: read };
  const verdict = await judge(call, credentials);
  if ("rejected" in verdict) {
    reject(response, verdict.rejected);
  } else if (verdict.admitted === "aws") {
    const operation = meteredOperation(request.headers["x-amz-target"]);
    const metered = operation && { operation, request: String(await read()), time: Date.now() };
    await forward(request, response, {
      to,
      headers,
      body: await body,
      answered: withoutCors,
      observed: (status, error) => metered && meter(usage({ ...metered, status, error })),
    });
  } else {
    await handleRequest(request, response, headers);
  }
}

/** Handles a request to the API. */
async function handleRequest(request: Request, response: Response, headers: http.OutgoingHttpHeaders) {
  const [time, started] = [Date.now(), performance.now()];
  const isThrottled = !(await turnstile.pass(response, () => forward(request, response, { to, headers })));
  if (isThrottled) {
    tooMany(response);
  }
  if (response.headersSent) {
    const tookMs = Math.round(performance.now() - started);
    const { statusCode: status } = response;
    meter(apiMetrics({ url: request.url ?? "", status, isThrottled, time, tookMs }));
  }
}

/** Keeps web pages from reading AWS's answers. */
function withoutCors(headers: http.IncomingHttpHeaders): http.OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("access-control-")));
}

function reject(response: Response, { code, message }: Rejection): void {
  response.writeHead(403, { "Content-Type": "application/json", "x-amzn-errortype": code });
  response.end(JSON.stringify({ __type: code, message }));
}

/** Answers as API Gateway does when it throttles. */
function tooMany(response: Response): void {
  response.writeHead(429, {
    "Content-Type": "application/problem+json",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "retry-after",
    "Retry-After": "1",
  });
  const detail = "the local stack is handling as many requests as it can";
  response.end(JSON.stringify({ type: "about:blank", title: "Too Many Requests", status: 429, detail }));
}

function onRequest(request: Request, response: Response): void {
  handle(request, response).catch((error: Error) => {
    console.error(`${request.method} ${request.url}: ${error.message}`);
    response.destroy();
  });
}

/** The HTTP/2 server's own socket: an HTTP/2 session cannot take over a connection that has been read from. */
const HTTP2_SOCKET = "http2.sock";

/** How long a connection may be idle, the same as the emulator's own limit: longer than clients stay idle. */
const IDLE_MS = 75_000;

const http1 = http.createServer({ keepAliveTimeout: IDLE_MS }, onRequest);
http2.createServer(onRequest).listen(HTTP2_SOCKET);
net
  .createServer((socket) => {
    socket.once("error", () => socket.destroy());
    socket.once("data", (start) => {
      socket.pause();
      socket.unshift(start);
      // Some AWS clients, JavaScript's for Kinesis among them, speak HTTP/2 from the first byte.
      if (start.toString("latin1", 0, 3) === "PRI") {
        pipeline(socket, net.connect(HTTP2_SOCKET), socket, () => socket.destroy());
      } else {
        http1.emit("connection", socket);
        socket.resume();
      }
    });
  })
  .listen(Number(port), "127.0.0.1");
