/** An API to test against: it accepts and counts likes, and fails on request. */
import * as http from "node:http";
import type * as net from "node:net";

export class TestApi {
  /** The users who like each movie. */
  readonly likes = new Map<string, Set<string>>();
  /** The bodies posted. */
  readonly posted: { movieId: string; userId: string }[] = [];
  /** The movies of each request for counts. */
  readonly asked: string[][] = [];
  /** The statuses of the next posts; then 202. */
  readonly statuses: number[] = [];
  /** The origin whose pages may read the answers. */
  allowedOrigin = "";

  private readonly server = http.createServer((request, response) => void this.answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as net.AddressInfo).port}/v1`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    response.setHeader("Access-Control-Allow-Origin", this.allowedOrigin);
    response.setHeader("Access-Control-Allow-Headers", "content-type,idempotency-key");
    const { pathname, searchParams } = new URL(request.url ?? "", "http://api.example");
    let body = "";
    for await (const chunk of request) {
      body += chunk;
    }
    if (pathname !== "/v1/likes") {
      response.writeHead(403).end();
    } else if (request.method === "OPTIONS") {
      response.writeHead(204).end();
    } else if (request.method === "GET") {
      const movies = searchParams.getAll("movieId");
      this.asked.push(movies);
      const likes = movies.map((movieId) => ({ movieId, likes: this.likes.get(movieId)?.size ?? 0 }));
      response.end(JSON.stringify({ likes }));
    } else {
      const like = JSON.parse(body);
      this.posted.push(like);
      const status = this.statuses.shift() ?? 202;
      if (status === 202) {
        this.likes.set(like.movieId, (this.likes.get(like.movieId) ?? new Set()).add(like.userId));
      }
      response.writeHead(status).end("{}");
    }
  }
}
