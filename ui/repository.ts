/** Where the code is, for the page's link to it. */

interface Package {
  readonly repository?: string | { readonly url?: string };
  readonly homepage?: string;
}

/**
 * The repository's web address: `repository` of package.json in any form that npm allows, or else its `homepage`, or else
 * `fallback`. Undefined if none is a web address.
 */
export function repositoryUrl({ repository, homepage }: Package, fallback?: string): string | undefined {
  const named = typeof repository === "string" ? repository : repository?.url;
  for (const url of [named && toWeb(named), homepage, fallback]) {
    if (url && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) {
      return new URL(url).href;
    }
  }
  return undefined;
}

function toWeb(url: string): string {
  return url
    .replace(/^(?:github:)?([\w-]+\/[\w.-]+)$/, "https://github.com/$1")
    .replace(/^(?:git\+)?(?:ssh:\/\/)?git@([^:/]+)[:/]/, "https://$1/")
    .replace(/^git(?:\+https?)?:\/\//, "https://")
    .replace(/\.git$/, "");
}
