import type {
  FrameOptionsList,
  HttpVersion,
  Method,
  OriginAccessControlOriginTypes,
  OriginAccessControlSigningBehaviors,
  OriginAccessControlSigningProtocols,
  ReferrerPolicyList,
  ViewerProtocolPolicy,
} from "@aws-sdk/client-cloudfront";
import type { Inputs } from "../inputs";
import type { Creators } from "../resource";

const API_ON_AWS = /https:\/\/\w+\.execute-api\.[\w-]+\.amazonaws\.com/;

/** A list in the form that CloudFront expects. */
const counted = <T>(Items: T[] | undefined) => ({ Quantity: Items?.length ?? 0, Items });

function behavior(inputs: Inputs) {
  const allowed = inputs.strings("allowedMethods") as Method[] | undefined;
  const cached = inputs.strings("cachedMethods") as Method[] | undefined;
  return {
    TargetOriginId: inputs.string("targetOriginId"),
    ViewerProtocolPolicy: inputs.string("viewerProtocolPolicy") as ViewerProtocolPolicy,
    AllowedMethods: { ...counted(allowed), CachedMethods: counted(cached) },
    Compress: inputs.boolean("compress"),
    CachePolicyId: inputs.string("cachePolicyId"),
    ResponseHeadersPolicyId: inputs.string("responseHeadersPolicyId"),
  };
}

export const cloudFront: Creators = {
  "aws:cloudfront/originAccessControl:OriginAccessControl": (Name, inputs) => {
    const OriginAccessControlConfig = {
      Name,
      Description: inputs.string("description"),
      OriginAccessControlOriginType: inputs.string(
        "originAccessControlOriginType",
      ) as OriginAccessControlOriginTypes,
      SigningBehavior: inputs.string("signingBehavior") as OriginAccessControlSigningBehaviors,
      SigningProtocol: inputs.string("signingProtocol") as OriginAccessControlSigningProtocols,
    };
    return async ({ cloudFront }) => {
      const { OriginAccessControl } = await cloudFront.createOriginAccessControl({
        OriginAccessControlConfig,
      });
      return { id: OriginAccessControl?.Id ?? "" };
    };
  },
  "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": (Name, inputs) => {
    const overriding = (header: Inputs) => ({ Override: header.boolean("override") });
    const security = inputs.object("securityHeadersConfig", (security) => ({
      policy: security.object("contentSecurityPolicy", (header) => ({
        ...overriding(header),
        ContentSecurityPolicy: header.string("contentSecurityPolicy"),
      })),
      ContentTypeOptions: security.object("contentTypeOptions", overriding),
      FrameOptions: security.object("frameOptions", (header) => ({
        ...overriding(header),
        FrameOption: header.string("frameOption") as FrameOptionsList,
      })),
      ReferrerPolicy: security.object("referrerPolicy", (header) => ({
        ...overriding(header),
        ReferrerPolicy: header.string("referrerPolicy") as ReferrerPolicyList,
      })),
      StrictTransportSecurity: security.object("strictTransportSecurity", (header) => ({
        ...overriding(header),
        AccessControlMaxAgeSec: header.number("accessControlMaxAgeSec"),
        IncludeSubdomains: header.boolean("includeSubdomains"),
      })),
    }));
    const CustomHeadersConfig = inputs.object("customHeadersConfig", (custom) =>
      counted(
        custom.list("items", (header) => ({
          ...overriding(header),
          Header: header.string("header"),
          Value: header.string("value"),
        })),
      ),
    );
    return async ({ cloudFront, site }) => {
      const { policy, ...others } = security ?? {};
      // The program derives the API's AWS host name from its id; here it is the emulator's address.
      const ContentSecurityPolicy = policy && {
        ...policy,
        ContentSecurityPolicy: policy.ContentSecurityPolicy.replace(API_ON_AWS, site.endpoint),
      };
      const { ResponseHeadersPolicy } = await cloudFront.createResponseHeadersPolicy({
        ResponseHeadersPolicyConfig: {
          Name,
          SecurityHeadersConfig: { ...others, ContentSecurityPolicy },
          CustomHeadersConfig,
        },
      });
      return { id: ResponseHeadersPolicy?.Id ?? "" };
    };
  },
  "aws:cloudfront/distribution:Distribution": (name, inputs) => {
    const viewer = inputs.object("viewerCertificate", (certificate) => ({
      CloudFrontDefaultCertificate: certificate.boolean("cloudfrontDefaultCertificate"),
    }));
    const restrictions = inputs.object("restrictions", (restrictions) => ({
      GeoRestriction: restrictions.object("geoRestriction", (geo) => ({
        RestrictionType: geo.string("restrictionType") as "none",
        Quantity: 0,
      })),
    }));
    const DistributionConfig = {
      CallerReference: name,
      Enabled: inputs.boolean("enabled"),
      Comment: inputs.string("comment"),
      HttpVersion: inputs.string("httpVersion") as HttpVersion,
      IsIPV6Enabled: inputs.boolean("isIpv6Enabled"),
      DefaultRootObject: inputs.string("defaultRootObject"),
      Origins: counted(
        inputs.list("origins", (origin) => ({
          Id: origin.string("originId"),
          DomainName: origin.string("domainName"),
          OriginAccessControlId: origin.string("originAccessControlId"),
          S3OriginConfig: { OriginAccessIdentity: "" },
        })),
      ),
      DefaultCacheBehavior: inputs.object("defaultCacheBehavior", behavior),
      CacheBehaviors: counted(
        inputs.list("orderedCacheBehaviors", (ordered) => ({
          PathPattern: ordered.string("pathPattern"),
          ...behavior(ordered),
        })),
      ),
      Restrictions: restrictions,
      ViewerCertificate: viewer,
    };
    return async ({ cloudFront }) => {
      const { Distribution } = await cloudFront.createDistribution({ DistributionConfig });
      const { Id = "", ARN: arn, DomainName: domainName } = Distribution ?? {};
      return { id: Id, outputs: { arn, domainName } };
    };
  },
};
