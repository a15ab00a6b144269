/** What API Gateway takes from the API's OpenAPI document. */
import * as fs from "node:fs";
import * as path from "node:path";

/** The part of an OpenAPI document that is read here. */
export interface OpenApiDocument {
  readonly components: {
    readonly schemas: Record<
      string,
      { readonly type?: string; readonly required?: readonly string[]; readonly pattern?: string }
    >;
  };
}

/** Reads the API's document, `openapi.json`. */
export function readOpenApi(): OpenApiDocument {
  return JSON.parse(fs.readFileSync(path.join(__dirname, "..", "openapi.json"), "utf8"));
}

/**
 * The model by which API Gateway turns away a body that is no like at all: not JSON, not an object, or without a
 * required member.
 *
 * It is the schema's outline only. API Gateway cannot say which member is wrong, nor that a body is too large
 * before that it is out of form; the handler checks the rest and says both.
 */
export function outline(document: OpenApiDocument, schema: string): object {
  const { type, required } = document.components.schemas[schema] ?? {};
  if (type !== "object" || !required) {
    throw new Error(`openapi.json must have an object schema ${schema} with required members`);
  }
  return { $schema: "http://json-schema.org/draft-04/schema#", title: schema, type, required };
}
