/**
 * Serves the website at an address of this machine: the emulator tells its CloudFront distributions apart by their host
 * names, which no browser can look up.
 */
import * as http from "node:http";
import { forward } from "./forward";

const [port, socketPath = "", host] = process.argv.slice(2);
const address = `127.0.0.1:${port}`;

http
  .createServer((request, response) => {
    // The API takes likes from pages of this one origin.
    if (request.headers.host !== address) {
      response.writeHead(308, { Location: `http://${address}${request.url}` }).end();
      return;
    }
    // As CloudFront sees it after TLS.
    const headers = { ...request.headers, host, "x-forwarded-proto": "https" };
    void forward(request, response, { socketPath, headers });
  })
  .listen(Number(port), "127.0.0.1");
