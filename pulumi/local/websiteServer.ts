/**
 * Serves the website at an address of this machine: the emulator tells its CloudFront distributions apart by their host
 * names, which no browser can look up.
 */
import * as http from "node:http";

const [port, upstream, host] = process.argv.slice(2);
const address = `127.0.0.1:${port}`;

http
  .createServer((request, response) => {
    // The API takes likes from pages of this one origin.
    if (request.headers.host !== address) {
      response.writeHead(308, { Location: `http://${address}${request.url}` }).end();
      return;
    }
    const { method, headers } = request;
    const forwarded = http.request(`${upstream}${request.url}`, {
      method,
      // As CloudFront sees it after TLS.
      headers: { ...headers, host, "x-forwarded-proto": "https" },
    });
    forwarded.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.on("error", (error) => {
      response
        .writeHead(502, { "Content-Type": "text/plain" })
        .end(`The emulator does not answer: ${error.message}\n`);
    });
    request.pipe(forwarded);
  })
  .listen(Number(port), "127.0.0.1");
