/**
 * Serves the website on a loopback port: the emulator distinguishes its CloudFront distributions by host names that
 * browsers cannot resolve.
 */
import * as http from "node:http";
import { forward } from "./gateway/forward";

const [port, socketPath = "", host] = process.argv.slice(2);
const address = `127.0.0.1:${port}`;

/** The only headers that a file depends on: no credentials, and nothing meant for another service. */
const PASSED_ON = ["accept", "accept-encoding", "if-modified-since", "if-none-match", "range"];

http
  .createServer((request, response) => {
    // The API's CORS headers name only this origin.
    if (request.headers.host !== address) {
      response.writeHead(308, { Location: `http://${address}${request.url}` }).end();
      return;
    }
    const [path = "/"] = (request.url ?? "/").split("?");
    // The emulator serves its own pages under every host name.
    if (!["GET", "HEAD"].includes(request.method ?? "") || path.startsWith("/_")) {
      response.writeHead(403, { "Content-Type": "text/plain" }).end("Only files are served here.\n");
      return;
    }
    const passed = PASSED_ON.map((name) => [name, request.headers[name]]).filter(([, value]) => value);
    // As CloudFront would see the request after TLS.
    const headers = { ...Object.fromEntries(passed), host, "x-forwarded-proto": "https" };
    void forward(request, response, { to: { socketPath }, path, headers });
  })
  .listen(Number(port), "127.0.0.1");
