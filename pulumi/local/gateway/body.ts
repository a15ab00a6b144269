import type { Request } from "./forward";

/** The whole body of a request. */
export async function readAll(request: Request): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
