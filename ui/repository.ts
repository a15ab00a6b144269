/** Where the code is, and the page's link to it. */
import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from "node:child_process";

interface Package {
  readonly repository?: string | { readonly url?: string };
  readonly homepage?: string;
}

export interface Sources {
  /** `LIKES_CODE_URL`: a web address, or empty for no link. */
  readonly setting?: string | undefined;
  /** The package.json of the root. */
  readonly manifest: Package;
  /** The URL of the Git remote that this checkout was cloned from. */
  readonly origin?: string | undefined;
}

/**
 * The web address of the code: the setting, or else `repository` in any form that npm allows, `homepage`, or the remote.
 * Undefined if none is a web address.
 *
 * @throws if the setting is neither empty nor a web address
 */
export function repositoryUrl({ setting, manifest, origin }: Sources): string | undefined {
  if (setting !== undefined) {
    if (setting !== "" && !isWeb(setting)) {
      throw new Error(
        `LIKES_CODE_URL must start with https:// or http://, or be empty for no link: ${setting}`,
      );
    }
    return setting || undefined;
  }
  const { repository, homepage } = manifest;
  const named = typeof repository === "string" ? repository : repository?.url;
  const shorthand = named?.replace(/^(?:github:)?([\w-]+\/[\w.-]+)$/, "https://github.com/$1");
  return toWeb(shorthand) ?? toWeb(homepage) ?? toWeb(origin);
}

/** The URL of a checkout's remote `origin`; undefined without Git, a checkout or such a remote. */
export function originUrl(folder: string): string | undefined {
  try {
    const options: ExecFileSyncOptionsWithStringEncoding = {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    };
    return execFileSync("git", ["remote", "get-url", "origin"], options).trim();
  } catch {
    return undefined;
  }
}

/** Fills in the page's link to the code, or leaves it out. */
export function linkCode(page: string, url: string | undefined): string {
  const href = url?.replaceAll("&", "&amp;").replaceAll('"', "%22");
  return page.replace("<!-- code -->", () => (href ? `<a class="code" href="${href}">Code</a>` : ""));
}

function isWeb(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

/** The page of a repository, from the URL that Git knows it by, without credentials. */
function toWeb(remote = ""): string | undefined {
  const address = remote
    .replace(/^(?:[\w.-]+@)?([\w.-]+):(?!\/\/|\d+\/)/, "ssh://$1/")
    .replace(/^(?:git\+)?ssh:\/\/(?:[^@/]*@)?([^:/]+)(?::\d+)?/, "https://$1")
    .replace(/^git(?:\+https?)?:\/\//, "https://")
    .replace(/\.git\/?$/, "");
  if (!isWeb(address)) {
    return undefined;
  }
  const url = new URL(address);
  url.username = "";
  url.password = "";
  return isPublic(url.hostname) ? url.href : undefined;
}

/** Whether a name may be one that visitors can look up: neither an IP address, nor a name of one machine or network. */
function isPublic(host: string): boolean {
  return /\.(?!local$|localhost$|internal$)[a-z][a-z\d-]*$/.test(host);
}
