/** Derives API Gateway's request model from the API's OpenAPI document. */
import * as fs from "node:fs";
import * as path from "node:path";

/** The parts of an OpenAPI document that are used here. */
export interface OpenApiDocument {
  readonly components: {
    readonly schemas: Record<
      string,
      { readonly type?: string; readonly required?: readonly string[]; readonly pattern?: string }
    >;
  };
}

/** Reads `openapi.json`. */
export function readOpenApi(): OpenApiDocument {
  return JSON.parse(fs.readFileSync(path.join(__dirname, "..", "openapi.json"), "utf8"));
}

/**
 * The model with which API Gateway rejects a body that cannot be a like: not JSON, not an object, or missing a required
 * field.
 *
 * It is only the schema's outline. API Gateway cannot report which field is invalid, nor reject a body as too large
 * before it rejects it as malformed; the handler checks the rest and reports both.
 */
export function outline(document: OpenApiDocument, schema: string): object {
  const { type, required } = document.components.schemas[schema] ?? {};
  if (type !== "object" || !required) {
    throw new Error(`openapi.json must have an object schema ${schema} with required fields`);
  }
  return { $schema: "http://json-schema.org/draft-04/schema#", title: schema, type, required };
}
