import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Program, program } from "./program";

let dev: Program;
before(async () => {
  dev = await program();
});

test("only CloudFront reads the bucket, and it serves the page over TLS only", () => {
  const access = dev.one("aws:cloudfront/originAccessControl:OriginAccessControl").inputs;
  assert.deepEqual([access.originAccessControlOriginType, access.signingBehavior], ["s3", "always"]);
  const { inputs } = dev.one("aws:cloudfront/distribution:Distribution");
  assert.deepEqual(inputs.origins, [
    { originId: "bucket", domainName: "likes-website.s3", originAccessControlId: "likes-website-id" },
  ]);
  assert.equal(inputs.defaultRootObject, "index.html");
  for (const behavior of [inputs.defaultCacheBehavior, ...inputs.orderedCacheBehaviors]) {
    assert.equal(behavior.viewerProtocolPolicy, "redirect-to-https");
    assert.deepEqual(behavior.allowedMethods, ["GET", "HEAD"]);
    assert.equal(behavior.responseHeadersPolicyId, "likes-website-id");
    assert.equal(behavior.compress, true);
  }
});

test("only assets with a hash in their names are cached", () => {
  const { defaultCacheBehavior, orderedCacheBehaviors } = dev.one(
    "aws:cloudfront/distribution:Distribution",
  ).inputs;
  // Managed-CachingDisabled and Managed-CachingOptimized.
  assert.equal(defaultCacheBehavior.cachePolicyId, "4135ea2d-6df8-44a3-9df3-4b5a84be39ad");
  assert.deepEqual(
    orderedCacheBehaviors.map(({ pathPattern, cachePolicyId }: Record<string, string>) => [
      pathPattern,
      cachePolicyId,
    ]),
    [["assets/*", "658327ea-f89d-4fab-a63d-7e88639e58f6"]],
  );
  const objects = dev.all("aws:s3/bucketObjectv2:BucketObjectv2").map(({ inputs }) => inputs);
  const control = (key: string) => objects.find((object) => object.key === key)?.cacheControl;
  assert.equal(control("index.html"), "no-cache");
  assert.equal(control("config.json"), "no-store");
  const assets = objects.filter(({ key }) => key.startsWith("assets/"));
  assert.deepEqual(assets.map(({ contentType }) => contentType).sort(), [
    "font/woff2",
    "font/woff2",
    "text/css; charset=utf-8",
    "text/javascript; charset=utf-8",
  ]);
  for (const { key, cacheControl } of assets) {
    assert.match(key, /-[\w-]{8}\.(css|js|woff2)$/);
    assert.equal(cacheControl, "public, max-age=31536000, immutable");
  }
});

test("the page is written last, after all that it names", () => {
  const type = "aws:s3/bucketObjectv2:BucketObjectv2";
  const before = (file: string) => {
    const { dependsOn } = dev.one(type, `likes-website/${file}`).options;
    return dependsOn.filter((name) => name.startsWith(type)).map((name) => name.split("likes-website/")[1]);
  };
  const files = dev.all(type).map(({ inputs }) => inputs.key);
  const without = (...others: string[]) => files.filter((file) => !others.includes(file)).sort();
  assert.ok(files.length >= 5);
  assert.deepEqual(before("index.html").sort(), without("index.html"));
  assert.deepEqual(before("config.json").sort(), without("index.html", "config.json"));
});

test("the page may load its own files and call the API, and nothing else", () => {
  const { securityHeadersConfig: headers } = dev.one(
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
  ).inputs;
  assert.equal(
    headers.contentSecurityPolicy.contentSecurityPolicy,
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; " +
      "connect-src 'self' https://likes-id.execute-api.eu-west-1.amazonaws.com; " +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  assert.deepEqual(headers.contentTypeOptions, { override: true });
  assert.equal(headers.frameOptions.frameOption, "DENY");
  assert.equal(headers.strictTransportSecurity.accessControlMaxAgeSec, 63_072_000);
  assert.equal(headers.strictTransportSecurity.includeSubdomains, false);
});

test("the page's configuration is created from the outputs", () => {
  const { content, contentType } = dev.one(
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "likes-website/config.json",
  ).inputs;
  const { stack, apiUrl, region, build } = JSON.parse(content);
  assert.deepEqual([stack, apiUrl, region], ["dev", dev.outputs.invokeUrl, dev.outputs.region]);
  assert.match(build, /^\w+$/);
  assert.equal(contentType, "application/json");
});

test("a website has its own name if the stack has a certificate for it", async () => {
  const acmCertificateArn = "arn:aws:acm:us-east-1:123456789012:certificate/1a2b-3c";
  const own = await program("dev", {
    websiteUrl: "https://likes.example",
    websiteCertificateArn: acmCertificateArn,
  });
  const { aliases, viewerCertificate } = own.one("aws:cloudfront/distribution:Distribution").inputs;
  assert.deepEqual(aliases, ["likes.example"]);
  assert.equal(viewerCertificate.acmCertificateArn, acmCertificateArn);
  assert.equal(viewerCertificate.minimumProtocolVersion, "TLSv1.2_2021");
  assert.equal(own.outputs.websiteUrl, "https://likes.example");
  const { CORS_ORIGINS } = own.one("aws:lambda/function:Function", "likes-ingest").inputs.environment
    .variables;
  assert.equal(CORS_ORIGINS, "https://likes.example");
});

test("a stack can go without a website", async () => {
  const without = await program("dev", { website: "false" });
  assert.equal(without.outputs.websiteUrl, undefined);
  assert.deepEqual(without.all("aws:cloudfront/distribution:Distribution"), []);
  assert.deepEqual(
    without.all("aws:s3/bucket:Bucket").map(({ name }) => name),
    ["likes-archive"],
  );
});
