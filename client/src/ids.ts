/** Random ids. They need no secure context, unlike `crypto.randomUUID`. */

/** After how far a step back of the clock ids follow it, so that none is too far in the future for the API. */
const STEP_BACK_MS = 60_000;

let latestMs = 0;

/** A number of random bytes, in hexadecimal. */
export function randomHex(bytes: number): string {
  const values = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(values, (value) => value.toString(16).padStart(2, "0")).join("");
}

/**
 * A UUIDv7: https://www.rfc-editor.org/rfc/rfc9562#section-5.7. Ids of one page are in the order of their creation: one in the
 * same millisecond as another is dated a millisecond later.
 */
export function uuidv7(): string {
  const now = Date.now();
  latestMs = now > latestMs || now < latestMs - STEP_BACK_MS ? now : latestMs + 1;
  const time = latestMs.toString(16).padStart(12, "0");
  const random = randomHex(10);
  const variant = "89ab"[Number.parseInt(random[0] as string, 16) & 3];
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(1, 4)}-${variant}${random.slice(4, 7)}-${random.slice(8)}`;
}
