import * as fs from "node:fs";
import * as path from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { PrivateBucket } from "./privateBucket";
import { revision } from "./revision";

export interface WebsiteArgs {
  /** The folder with the built page. */
  readonly folder: string;
  /** The API's base URL. */
  readonly apiUrl: pulumi.Input<string>;
  /** The API's origin, the only other origin that the page may call. */
  readonly apiOrigin: pulumi.Input<string>;
  readonly region: pulumi.Input<string>;
  /** The website's URL; undefined for CloudFront's own name. */
  readonly url: string | undefined;
  /** The certificate for that URL, in us-east-1; undefined for CloudFront's own name. */
  readonly certificateArn: string | undefined;
  /** Whether the distribution is protected from deletion: a new one has another host name. */
  readonly protect: boolean;
}

/**
 * CloudFront's managed cache policies:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
 */
const CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6";
const CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

const PAGE = "index.html";

/** The page's configuration, always created here and never taken from the build. */
const CONFIG = "config.json";

const TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".woff2": "font/woff2",
};

/** Two years, in seconds. */
const HSTS_SECONDS = 2 * 365 * 24 * 3600;

/** The web page: a private bucket behind CloudFront. */
export class Website extends pulumi.ComponentResource {
  /** The page's URL. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: WebsiteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:Website", name, {}, opts);
    const inside = { parent: this };
    const bucket = new PrivateBucket(name, { protect: false }, inside);
    const access = new aws.cloudfront.OriginAccessControl(
      name,
      {
        description: "Reads the website's bucket",
        originAccessControlOriginType: "s3",
        signingBehavior: "always",
        signingProtocol: "sigv4",
      },
      inside,
    );
    const headers = new aws.cloudfront.ResponseHeadersPolicy(name, securityHeaders(args.apiOrigin), inside);
    const behavior = {
      targetOriginId: "bucket",
      viewerProtocolPolicy: "redirect-to-https",
      allowedMethods: ["GET", "HEAD"],
      cachedMethods: ["GET", "HEAD"],
      compress: true,
      responseHeadersPolicyId: headers.id,
    };
    const distribution = new aws.cloudfront.Distribution(
      name,
      {
        enabled: true,
        comment: "Likestream's web page",
        httpVersion: "http2and3",
        isIpv6Enabled: true,
        defaultRootObject: PAGE,
        origins: [{ originId: "bucket", domainName: bucket.domainName, originAccessControlId: access.id }],
        // Only assets with a hash in their names are cached, so a new version is served immediately.
        defaultCacheBehavior: { ...behavior, cachePolicyId: CACHING_DISABLED },
        orderedCacheBehaviors: [{ ...behavior, pathPattern: "assets/*", cachePolicyId: CACHING_OPTIMIZED }],
        restrictions: { geoRestriction: { restrictionType: "none" } },
        ...named(args),
      },
      { ...inside, protect: args.protect },
    );
    const own = { StringEquals: { "AWS:SourceArn": distribution.arn } };
    const cloudFront = {
      Effect: "Allow",
      Principal: { Service: "cloudfront.amazonaws.com" },
      Condition: own,
    };
    bucket.admit(
      { ...cloudFront, Action: "s3:GetObject", Resource: pulumi.interpolate`${bucket.arn}/*` },
      // Without it, a missing file would be answered with 403 instead of 404.
      { ...cloudFront, Action: "s3:ListBucket", Resource: bucket.arn },
    );
    const upload = (file: string, dependsOn: pulumi.Resource[]) =>
      new aws.s3.BucketObjectv2(
        `${name}/${file}`,
        {
          bucket: bucket.bucket,
          key: file,
          source: new pulumi.asset.FileAsset(path.join(args.folder, file)),
          contentType: typeOf(file),
          cacheControl: file.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache",
        },
        { ...inside, dependsOn },
      );
    // The page comes last, so that whoever gets it also gets what it names.
    const files = filesIn(args.folder).filter((file) => file !== PAGE);
    const uploads = files.map((file) => upload(file, []));
    const config = new aws.s3.BucketObjectv2(
      `${name}/${CONFIG}`,
      {
        bucket: bucket.bucket,
        key: CONFIG,
        content: pulumi.jsonStringify({
          stack: pulumi.getStack(),
          apiUrl: args.apiUrl,
          region: args.region,
          build: revision(),
        }),
        contentType: "application/json",
        cacheControl: "no-store",
      },
      { ...inside, dependsOn: uploads },
    );
    upload(PAGE, [...uploads, config]);
    this.url = args.url ? pulumi.output(args.url) : pulumi.interpolate`https://${distribution.domainName}`;
    this.registerOutputs({ url: this.url });
  }
}

/** CloudFront's names and certificate. */
function named({ url, certificateArn }: WebsiteArgs) {
  if (!url || !certificateArn) {
    return { viewerCertificate: { cloudfrontDefaultCertificate: true } };
  }
  return {
    aliases: [new URL(url).host],
    viewerCertificate: {
      acmCertificateArn: certificateArn,
      sslSupportMethod: "sni-only",
      minimumProtocolVersion: "TLSv1.2_2021",
    },
  };
}

/** Security headers that limit the page to itself and the API. */
function securityHeaders(apiOrigin: pulumi.Input<string>): aws.cloudfront.ResponseHeadersPolicyArgs {
  const override = true;
  const contentSecurityPolicy = pulumi
    .all([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "font-src 'self'",
      "img-src 'self'",
      pulumi.interpolate`connect-src 'self' ${apiOrigin}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ])
    .apply((directives) => directives.join("; "));
  return {
    securityHeadersConfig: {
      contentSecurityPolicy: { contentSecurityPolicy, override },
      contentTypeOptions: { override },
      frameOptions: { frameOption: "DENY", override },
      referrerPolicy: { referrerPolicy: "no-referrer", override },
      strictTransportSecurity: {
        accessControlMaxAgeSec: HSTS_SECONDS,
        // The domain's other names may have pages without TLS.
        includeSubdomains: false,
        override,
      },
    },
    customHeadersConfig: {
      items: [
        { header: "Cross-Origin-Opener-Policy", value: "same-origin", override },
        { header: "Permissions-Policy", value: "camera=(), geolocation=(), microphone=()", override },
      ],
    },
  };
}

/** The paths of the page's files, relative to its folder. */
function filesIn(folder: string): string[] {
  if (!fs.existsSync(path.join(folder, PAGE))) {
    throw new pulumi.RunError(
      `The web page is not built: ${folder} has no ${PAGE}. Build it with: ./justw build`,
    );
  }
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .map((file) => path.relative(folder, path.join(file.parentPath, file.name)))
    .filter((file) => file !== CONFIG)
    .sort();
}

function typeOf(file: string): string {
  const type = TYPES[path.extname(file)];
  if (!type) {
    throw new pulumi.RunError(
      `The web page has a file of an unknown type: ${file}. Add its type to website.ts`,
    );
  }
  return type;
}
