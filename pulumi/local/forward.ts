/** Hands a request over to the emulator, which listens at a socket in its folder, where no web page finds it. */
import * as http from "node:http";
import type * as http2 from "node:http2";

export type Request = http.IncomingMessage | http2.Http2ServerRequest;
export type Response = http.ServerResponse | http2.Http2ServerResponse;

export interface ForwardArgs {
  /** The emulator's socket. */
  readonly socketPath: string;
  /** The request's own unless given. */
  readonly path?: string;
  readonly headers: http.OutgoingHttpHeaders;
  /** The request's body, if it has been read. */
  readonly body?: Uint8Array | undefined;
  /** Chooses the headers of the answer. */
  readonly answered?: (headers: http.IncomingHttpHeaders) => http.OutgoingHttpHeaders;
}

/** Ends idle connections before the emulator does. */
const agent = new http.Agent({ keepAlive: true, timeout: 60_000 });

/** Headers of one connection: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const OF_CONNECTION = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];

/** Forwards a request and its answer; resolves when that is over, whatever came of it. */
export function forward(request: Request, response: Response, args: ForwardArgs): Promise<void> {
  const { socketPath, path = request.url, body, answered = (headers) => headers } = args;
  return new Promise((resolve) => {
    response.once("close", resolve);
    const { method } = request;
    const forwarded = http.request({ socketPath, agent, method, path, headers: without(args.headers) });
    forwarded.on("response", (answer) => {
      response.writeHead(
        answer.statusCode ?? 502,
        without(answered(answer.headers)) as http.OutgoingHttpHeaders,
      );
      answer.pipe(response);
    });
    forwarded.on("error", (error) => {
      if (response.headersSent) {
        response.destroy();
      } else {
        response.writeHead(502, { "Content-Type": "text/plain" });
        response.end(`The emulator does not answer: ${error.message}\n`);
      }
    });
    response.once("close", () => forwarded.destroy());
    if (body) {
      forwarded.end(body);
    } else {
      request.pipe(forwarded);
    }
  });
}

/** Headers without those of the connection, and without those that HTTP/2 makes of the request's line. */
function without(headers: http.OutgoingHttpHeaders): http.OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith(":") && !OF_CONNECTION.includes(name)),
  );
}
