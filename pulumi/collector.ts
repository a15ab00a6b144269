/** The OpenTelemetry collector that functions send their spans to. */
export interface Collector {
  /** Where it takes OTLP over HTTP, without a path. */
  readonly endpoint: string;
  /** The Lambda layer that it is in; undefined if it runs elsewhere. */
  readonly layerArn: string | undefined;
  /** Where the collector in the layer finds its configuration; undefined for its own default. */
  readonly configUri: string | undefined;
}

/**
 * The variables that have a function export its spans.
 *
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 * https://aws-otel.github.io/docs/getting-started/lambda/lambda-custom-configuration
 */
export function exporting({ endpoint, configUri }: Collector): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    ...(configUri && { OPENTELEMETRY_COLLECTOR_CONFIG_URI: configUri }),
  };
}
