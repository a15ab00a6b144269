/** What the recipes themselves do, with fake programs in place of those that they call. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, test } from "node:test";

const PROJECT = path.join(__dirname, "..", "..");

/** Holds the programs called by the recipes; each records its calls. */
const BIN = fs.mkdtempSync(path.join(os.tmpdir(), "recipes-"));
const CALLED = path.join(BIN, "called");
after(() => fs.rmSync(BIN, { recursive: true }));

function replace(program: string, script = "exit 0"): void {
  const text = `#!/bin/sh\necho ${program} "$@" >> ${CALLED}\n${script}\n`;
  fs.writeFileSync(path.join(BIN, program), text, { mode: 0o755 });
}

for (const program of ["cargo", "node", "npm"]) {
  replace(program);
}

// The justfile puts .venv/bin first on the PATH.
const JUST = path.join(PROJECT, ".venv", "bin", "just");
const options = (PATH = `${BIN}:/usr/bin:/bin`) => ({
  cwd: PROJECT,
  env: { HOME: BIN, PATH, AWS_PROFILE: "any", LIKES_TOOLS: "installed" },
});

function just(args: string[], PATH?: string, env: Record<string, string> = { AWS_REGION: "eu-west-1" }) {
  fs.rmSync(CALLED, { force: true });
  const { cwd, env: common } = options(PATH);
  const { status, stdout, stderr } = spawnSync(JUST, args, {
    cwd,
    env: { ...common, ...env },
    encoding: "utf8",
  });
  const called = fs.existsSync(CALLED) ? fs.readFileSync(CALLED, "utf8") : "";
  return { status, stdout, stderr, called };
}

function rejects(args: string[], message: RegExp, PATH?: string, env?: Record<string, string>): void {
  const { status, stdout, stderr, called } = just(args, PATH, env);
  assert.match(stderr, message, args.join(" "));
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
  assert.deepEqual([status, stdout], [1, ""], args.join(" "));
  assert.doesNotMatch(called, /cargo|node|npm/, args.join(" "));
}

test("an unknown stack is rejected before anything is built", () => {
  replace("pulumi", "exit 1");
  for (const recipe of ["build", "outputs", "ui-config", "test-e2e"]) {
    rejects([recipe, "foo"], /^error: unknown stack: foo; known stacks: dev, local, prod\. /);
  }
});

test("a stack with a file, or one that Pulumi knows, is built", () => {
  replace("pulumi", "exit 1");
  assert.match(just(["build", "dev"]).called, /^cargo lambda build/m);
  replace("pulumi");
  const { called } = just(["build", "foo"]);
  assert.match(called, /^pulumi stack output .*--stack foo$/m);
  assert.match(called, /^cargo lambda build/m);
});

test("a stack that does not exist is neither created nor built", () => {
  replace("pulumi", "echo \"error: no stack named 'dev' found\" >&2; exit 255");
  for (const recipe of ["up", "preview", "destroy"]) {
    rejects([recipe], /^error: the stack dev does not exist; create it with: pulumi stack init dev$/m);
    assert.equal(just([recipe]).called, "pulumi stack select dev\n");
  }
});

test("another problem with the stack is reported in Pulumi's own words", () => {
  replace("pulumi", 'echo "error: AccessDenied" >&2; exit 255');
  for (const recipe of ["up", "preview", "destroy"]) {
    rejects([recipe], /^error: AccessDenied$/m);
  }
});

test("what Pulumi asks when a stack is selected is shown", () => {
  replace("pulumi", 'case "$*" in *select*) echo "Enter your access token" ;; esac');
  assert.match(just(["destroy"]).stdout, /^Enter your access token$/m);
});

test("a stack that exists is built, then deployed or previewed", () => {
  replace("pulumi");
  for (const recipe of ["up", "preview"]) {
    const { called } = just([recipe, "foo", "--diff"]);
    assert.match(
      called,
      new RegExp(
        `^pulumi stack select foo\n[^]*^cargo lambda build[^]*^pulumi ${recipe} --stack foo --diff\n$`,
        "m",
      ),
    );
    assert.doesNotMatch(called, /--create|stack init/);
  }
});

test("a stack without a region is asked for one before anything is built or created", () => {
  replace("pulumi");
  for (const recipe of ["up", "preview"]) {
    const message = /^error: the stack foo has no region; set AWS_REGION, or put it into Pulumi\.foo\.yaml: /;
    rejects([recipe, "foo"], message, undefined, {});
    assert.doesNotMatch(just([recipe, "foo"], undefined, {}).called, /pulumi (stack select|up|preview)/);
  }
  const configured = path.join(BIN, "aws-config");
  fs.writeFileSync(configured, "[default]\nregion = eu-west-1\n");
  for (const [stack, env] of [
    ["dev", {}],
    ["foo", { AWS_DEFAULT_REGION: "eu-west-1" }],
    ["foo", { AWS_CONFIG_FILE: configured }],
  ] as const) {
    assert.match(just(["up", stack], undefined, env).called, /^pulumi up /m, JSON.stringify([stack, env]));
  }
});

test("the local stack and options are rejected as stacks on AWS", () => {
  replace("pulumi");
  for (const recipe of ["up", "preview", "destroy"]) {
    rejects([recipe, "local"], /^error: the local stack does not run on AWS/);
    rejects([recipe, "--yes"], /^error: name the stack before options, such as: dev --yes$/m);
    rejects([recipe, "a b"], /^error: not a stack name: 'a b'/);
  }
});

test("a wrong number of likes is rejected before anything is built", () => {
  for (const likes of ["abc", "0", "-1", "1.5", "1000000", ""]) {
    rejects(["test-faults", likes], /must be a whole number from 1 to 999999; it is /);
  }
  assert.match(just(["test-faults", "999999"]).called, /^cargo lambda build/m);
});

test("costs passes its arguments on as they are", () => {
  const { called, status } = just(["costs", "--likes", "10M", "--config", "websiteUrl=a  b"]);
  assert.equal(status, 0);
  assert.match(called, /^node --import tsx costs\/cli\.ts --likes 10M --config websiteUrl=a {2}b$/m);
});

test("a missing tool is reported before anything is built", () => {
  // A PATH with a shell and the programs that the recipes call, but nothing else.
  const bare = path.join(BIN, "bare");
  fs.mkdirSync(bare);
  fs.symlinkSync("/bin/sh", path.join(bare, "sh"));
  for (const program of ["cargo", "node", "npm"]) {
    fs.copyFileSync(path.join(BIN, program), path.join(bare, program));
  }
  for (const recipe of ["up", "preview", "destroy"]) {
    rejects([recipe], /^error: the Pulumi CLI is missing; install it: https:/, bare);
  }
  rejects(["screenshots"], /^error: Chromium is missing; install it, on Debian with: apt-get/, bare);
  rejects(["lighthouse"], /^error: Chromium is missing; install it, on Debian with: apt-get/, bare);
  rejects(["mutants"], /^error: cargo-mutants is missing; install it with: cargo install/, bare);
  rejects(["lock"], /^error: uv is missing; install it: https:/, bare);
});

test("Ctrl-C stops the local stack, and the recipe succeeds", async () => {
  // just ends at once, with 130, if it has no child when it handles the signal: it must have noted the child before, and the
  // child must not have ended yet. The command line takes seconds to stop a stack.
  replace(
    "node",
    'case "$*" in *serve) trap "sleep 1; exit 0" INT; sleep 1; echo ready; sleep 5 & wait ;; esac',
  );
  // A terminal signals the whole process group.
  const recipe = spawn(JUST, ["local"], {
    ...options(),
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  recipe.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (text.includes("ready")) {
      process.kill(-(recipe.pid ?? 0), "SIGINT");
    }
  });
  const [code, signal] = await once(recipe, "exit");
  assert.deepEqual([code, signal], [0, null]);
});
