/**
 * Serves the website at an address of this machine: the emulator tells its CloudFront distributions apart by their host
 * names, which no browser can look up.
 */
import * as http from "node:http";
import { forward } from "./gateway/forward";

const [port, socketPath = "", host] = process.argv.slice(2);
const address = `127.0.0.1:${port}`;

/** All that a file of the website depends on: no query, no credentials, nothing that another service would hear. */
const PASSED_ON = ["accept", "accept-encoding", "if-modified-since", "if-none-match", "range"];

http
  .createServer((request, response) => {
    // The API takes likes from pages of this one origin.
    if (request.headers.host !== address) {
      response.writeHead(308, { Location: `http://${address}${request.url}` }).end();
      return;
    }
    const [path = "/"] = (request.url ?? "/").split("?");
    // The emulator's own pages are at every name.
    if (!["GET", "HEAD"].includes(request.method ?? "") || path.startsWith("/_")) {
      response.writeHead(403, { "Content-Type": "text/plain" }).end("There are only files here.\n");
      return;
    }
    const passed = PASSED_ON.map((name) => [name, request.headers[name]]).filter(([, value]) => value);
    // As CloudFront sees it after TLS.
    const headers = { ...Object.fromEntries(passed), host, "x-forwarded-proto": "https" };
    void forward(request, response, { socketPath, path, headers });
  })
  .listen(Number(port), "127.0.0.1");
