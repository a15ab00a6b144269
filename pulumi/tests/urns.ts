/** The resources' URNs, by which Pulumi finds them again in a stack's state. */
import * as fs from "node:fs";
import * as path from "node:path";
import type { Alias } from "@pulumi/pulumi/proto/alias_pb";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { program } from "./program";
import { COMBINATIONS } from "./settings";

/** The page's files: they hold no state, and their names depend on the page's build. */
const PAGE_FILE = "aws:s3/bucketObjectv2:BucketObjectv2";

/** The URNs, without stack and project, of all resources that the program ever had in the stack `dev`. */
const FILE = path.join(__dirname, "urns.txt");

/** The part of a URN that the program decides. */
interface Identity {
  /** The types of its parents, outermost first, and its own. */
  readonly types: readonly string[];
  readonly name: string;
}

/** Follows the registration of resources and computes their URNs and aliases, as Pulumi's engine does. */
export class Urns {
  /** The URNs of the resources other than components. */
  readonly current = new Set<string>();
  /** Other URNs by which Pulumi would find the same resources. */
  readonly aliases = new Set<string>();

  private readonly known = new Map<string, { identity: Identity; aliases: Identity[] }>();

  /** Adds a resource after its parent. */
  add(request: RegisterResourceRequest): void {
    const [type, name] = [request.getType(), request.getName()];
    const parent = this.find(request.getParent());
    const identity = child(parent?.identity, type, name);
    const own = request.getAliasesList().map((alias) => this.resolve(alias, identity));
    const aliases = [...own, ...(parent ? inherited(parent, [identity, ...own]) : [])];
    const namesake = this.known.get(`${type}::${name}`)?.identity ?? identity;
    if (urn(namesake) !== urn(identity)) {
      throw new Error(
        `Pulumi's mocks cannot tell ${urn(identity)} from ${urn(namesake)}: name one of them otherwise`,
      );
    }
    this.known.set(`${type}::${name}`, { identity, aliases });
    if (request.getCustom() && type !== PAGE_FILE) {
      this.current.add(urn(identity));
      for (const alias of aliases) {
        this.aliases.add(urn(alias));
      }
    }
  }

  private resolve(alias: Alias, { types, name }: Identity): Identity {
    const spec = alias.getSpec();
    if (!spec) {
      const [, , qualifiedType = "", aliasName = ""] = alias.getUrn().split("::");
      return { types: qualifiedType.split("$"), name: aliasName };
    }
    const parent = this.find(spec.getParenturn())?.identity;
    return child(parent, spec.getType() || last(types), spec.getName() || name);
  }

  /** The resource to which Pulumi's mocks give this URN, in which parents but the innermost are missing. */
  private find(mockUrn: string) {
    const [, , types = "", name = ""] = mockUrn.split("::");
    return this.known.get(`${last(types.split("$"))}::${name}`);
  }
}

function child(parent: Identity | undefined, type: string, name: string): Identity {
  return { types: [...(parent?.types ?? []), type], name };
}

/**
 * The aliases that a child has because its parent has some; names that begin with the parent's follow it.
 *
 * https://github.com/pulumi/pulumi/blob/v3.248.0/pkg/resource/deploy/step_generator.go: generateAliases
 */
function inherited(parent: { identity: Identity; aliases: Identity[] }, identities: Identity[]): Identity[] {
  const prefix = parent.identity.name;
  return parent.aliases.flatMap((alias) =>
    identities.map(({ types, name }) =>
      child(alias, last(types), name.startsWith(prefix) ? alias.name + name.slice(prefix.length) : name),
    ),
  );
}

function urn({ types, name }: Identity): string {
  return `${types.join("$")}::${name}`;
}

function last(types: readonly string[]): string {
  return types.at(-1) ?? "";
}

/** The URNs of the program's resources, under all settings. */
export async function programUrns(): Promise<Urns> {
  const urns = new Urns();
  for (const settings of Object.values(COMBINATIONS)) {
    await program("dev", settings, { preview: true, onRegister: (request) => urns.add(request) });
  }
  return urns;
}

/** The recorded URNs. */
export function readUrns(): string[] {
  return fs.readFileSync(FILE, "utf8").trim().split("\n");
}

/** Adds the URNs of the program's new resources to the recorded ones; those of the others stay. */
export async function recordUrns(): Promise<void> {
  const { current } = await programUrns();
  const recorded = fs.existsSync(FILE) ? readUrns() : [];
  fs.writeFileSync(FILE, `${[...new Set([...recorded, ...current])].sort().join("\n")}\n`);
}
