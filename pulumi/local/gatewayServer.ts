/** Listens for calls of the local stack's AWS and API, and lets those through to the emulator that may be made. */
import * as http from "node:http";
import * as http2 from "node:http2";
import * as net from "node:net";
import { pipeline } from "node:stream";
import { forward, type Request, type Response } from "./forward";
import { judge, type Refusal } from "./gateway";
import { Turnstile } from "./turnstile";

const [port = "", socketPath = ""] = process.argv.slice(2);
const credentials = {
  accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? "",
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? "",
};

/**
 * How many calls of the API are under way at once, and how many wait. The emulator starts a process for each that is, and
 * with many more than these it gets nothing done.
 */
const turnstile = new Turnstile(32, 256);

async function handle(request: Request, response: Response): Promise<void> {
  const headers = { ...request.headers, host: String(request.headers.host ?? request.headers[":authority"]) };
  let body: Promise<Uint8Array> | undefined;
  const read = () => {
    body ??= readAll(request);
    return body;
  };
  const call = { method: request.method ?? "", url: request.url ?? "", headers, body: read };
  const verdict = await judge(call, credentials);
  if ("refused" in verdict) {
    refuse(response, verdict.refused);
  } else if (verdict.admitted === "aws") {
    await forward(request, response, { socketPath, headers, body: await body, answered: withoutCors });
  } else if (!(await turnstile.pass(response, () => forward(request, response, { socketPath, headers })))) {
    tooMany(response);
  }
}

async function readAll(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** No web page may read what AWS answers. */
function withoutCors(headers: http.IncomingHttpHeaders): http.OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("access-control-")));
}

function refuse(response: Response, { code, message }: Refusal): void {
  response.writeHead(403, { "Content-Type": "application/json", "x-amzn-errortype": code });
  response.end(JSON.stringify({ __type: code, message }));
}

/** As API Gateway answers when it throttles. */
function tooMany(response: Response): void {
  response.writeHead(429, {
    "Content-Type": "application/problem+json",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "retry-after",
    "Retry-After": "1",
  });
  const detail = "the local stack takes no more requests for the moment";
  response.end(JSON.stringify({ type: "about:blank", title: "Too Many Requests", status: 429, detail }));
}

function onRequest(request: Request, response: Response): void {
  handle(request, response).catch((error: Error) => {
    console.error(`${request.method} ${request.url}: ${error.message}`);
    response.destroy();
  });
}

/** Where HTTP/2 is spoken: a session cannot take over a connection of which something has been read. */
const HTTP2_SOCKET = "http2.sock";

/** How long a connection may be idle: longer than a client that is busy with something else, as at the emulator itself. */
const IDLE_MS = 75_000;

const http1 = http.createServer({ keepAliveTimeout: IDLE_MS }, onRequest);
http2.createServer(onRequest).listen(HTTP2_SOCKET);
net
  .createServer((socket) => {
    socket.once("error", () => socket.destroy());
    socket.once("data", (start) => {
      socket.pause();
      socket.unshift(start);
      // Some AWS clients, JavaScript's of Kinesis among them, speak HTTP/2 from the first byte on.
      if (start.toString("latin1", 0, 3) === "PRI") {
        pipeline(socket, net.connect(HTTP2_SOCKET), socket, () => socket.destroy());
      } else {
        http1.emit("connection", socket);
        socket.resume();
      }
    });
  })
  .listen(Number(port), "127.0.0.1");
