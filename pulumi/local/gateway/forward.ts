/** Forwards requests to the emulator, which listens on a socket in its folder, out of reach of web pages. */
import * as http from "node:http";
import type * as http2 from "node:http2";

export type Request = http.IncomingMessage | http2.Http2ServerRequest;
export type Response = http.ServerResponse | http2.Http2ServerResponse;

export interface ForwardArgs {
  /** The emulator's socket, or another server on this machine. */
  readonly to: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  /** Defaults to the request's own. */
  readonly path?: string;
  readonly headers: http.OutgoingHttpHeaders;
  /** The request's body, if it has been read already. */
  readonly body?: Uint8Array | undefined;
  /** Filters the headers of the answer. */
  readonly answered?: (headers: http.IncomingHttpHeaders) => http.OutgoingHttpHeaders;
  /** Called at the end of an answer with its status and, if that is an error, with its text. */
  readonly observed?: (status: number, error: string) => void;
  /** Answers in place of a server that does not. */
  readonly failed?: (error: Error) => void;
}

/** Closes idle connections before the emulator does. */
const agent = new http.Agent({ keepAlive: true, timeout: 60_000 });

/** Hop-by-hop headers: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];

/** Forwards a request and its answer; resolves when the response is closed, whatever the outcome. */
export function forward(request: Request, response: Response, args: ForwardArgs): Promise<void> {
  const { to, path = request.url, body, answered = (headers) => headers, observed } = args;
  const { failed = (error) => notAnswered(response, error) } = args;
  return new Promise((resolve) => {
    response.once("close", resolve);
    const { method } = request;
    const forwarded = http.request({ ...to, agent, method, path, headers: without(args.headers) });
    forwarded.on("response", (answer) => {
      response.writeHead(
        answer.statusCode ?? 502,
        without(answered(answer.headers)) as http.OutgoingHttpHeaders,
      );
      if (observed) {
        observe(answer, observed);
      }
      answer.pipe(response);
    });
    forwarded.on("error", (error) => {
      if (response.headersSent) {
        response.destroy();
      } else {
        failed(error);
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

function notAnswered(response: Response, error: Error): void {
  response.writeHead(502, { "Content-Type": "text/plain" });
  response.end(`The emulator did not answer: ${error.message}\n`);
}

function observe(answer: http.IncomingMessage, observed: NonNullable<ForwardArgs["observed"]>): void {
  const status = answer.statusCode ?? 502;
  const error: Uint8Array[] = [];
  if (status >= 400) {
    answer.on("data", (chunk) => error.push(chunk));
  }
  answer.once("end", () => observed(status, Buffer.concat(error).toString()));
}

/** Headers without hop-by-hop headers and HTTP/2 pseudo-headers. */
function without(headers: http.OutgoingHttpHeaders): http.OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith(":") && !HOP_BY_HOP.includes(name)),
  );
}
