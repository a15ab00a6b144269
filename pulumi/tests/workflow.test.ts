/** What the linters of the workflow do not see: what each job may do, and in which order. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { parse } from "yaml";

const PROJECT = path.join(__dirname, "..", "..");
const read = (file: string) => fs.readFileSync(path.join(PROJECT, file), "utf8");

const WORKFLOW = ".github/workflows/ci.yml";
const ACTION = ".github/actions/tools/action.yml";

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}

const workflow = parse(read(WORKFLOW));
const action = parse(read(ACTION));
const steps = (job: string): Step[] => workflow.jobs[job].steps;

/** What a job does, without the steps that every job begins with: the commands, and that it assumes its role. */
const done = (job: string) =>
  steps(job)
    .slice(2)
    .map(({ run, uses }) => run ?? (uses?.startsWith("aws-actions/") ? "assume the role" : uses));

/** Runs a step of the composite action in a folder with these files. */
function runStep(name: string, files: Record<string, string>) {
  const step = action.runs.steps.find((step: Step) => step.name === name);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "workflow-"));
  try {
    const output = path.join(folder, "output");
    for (const [file, text] of Object.entries({ ...files, output: "" })) {
      fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      fs.writeFileSync(path.join(folder, file), text);
    }
    const env = { PATH: process.env.PATH, GITHUB_OUTPUT: output };
    const { status, stdout } = spawnSync("bash", ["-e", "-c", step.run], {
      cwd: folder,
      env,
      encoding: "utf8",
    });
    return { status, stdout, output: fs.readFileSync(output, "utf8") };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

test("every action is pinned to a commit, and a comment names its version", () => {
  for (const file of [WORKFLOW, ACTION]) {
    const used = read(file).match(/uses: .*/g) ?? [];
    assert.ok(used.length > 0, file);
    for (const line of used) {
      const pinned = /^uses: (\$\/\.github\/actions\/\w+|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/;
      assert.match(line, pinned, `${file}: ${line}`);
    }
  }
});

test("main is deployed only after its tests have passed", () => {
  assert.equal(workflow.jobs.deploy.needs, "test");
  assert.equal(workflow.jobs.deploy.if, "vars.PULUMI_BACKEND_URL != '' && github.event_name == 'push'");
  assert.deepEqual(workflow.on, { pull_request: null, push: { branches: ["main"] } });
  const install = "sudo apt-get update -qq && sudo apt-get install -yqq --no-install-recommends valgrind";
  assert.deepEqual(done("test"), [install, "./justw test"]);
  assert.deepEqual(done("deploy"), [
    "./justw build dev",
    "assume the role",
    "./justw up dev --yes --skip-preview",
    "./justw test-e2e dev",
  ]);
});

test("all jobs check out the run's own commit, and keep no token", () => {
  for (const job of Object.keys(workflow.jobs)) {
    const [checkout, tools] = workflow.jobs[job].steps;
    assert.match(checkout.uses, /^actions\/checkout@/, job);
    assert.deepEqual(checkout.with, { "persist-credentials": false }, job);
    assert.equal(tools.uses, "$/.github/actions/tools", job);
  }
});

test("a preview only previews, and never with credentials for a fork's code or Dependabot's", () => {
  assert.deepEqual(done("preview"), ["./justw build dev", "assume the role", "./justw preview dev --diff"]);
  const { if: condition } = workflow.jobs.preview;
  assert.deepEqual(condition.split(" && "), [
    "vars.PULUMI_BACKEND_URL != ''",
    "github.event_name == 'pull_request'",
    "github.event.pull_request.head.repo.full_name == github.repository",
    "github.event.pull_request.user.login != 'dependabot[bot]'",
  ]);
});

test("no job creates a stack", () => {
  for (const file of [WORKFLOW, ACTION]) {
    assert.doesNotMatch(read(file), /stack init|--create|upsert|--secrets-provider/, file);
  }
});

test("each job has the permissions that it needs, its own environment, and a time limit", () => {
  const oidc = { contents: "read", "id-token": "write" };
  assert.deepEqual(workflow.permissions, {});
  const found = Object.entries<Record<string, unknown>>(workflow.jobs).map(([name, job]) => [
    name,
    {
      permissions: job.permissions,
      environment: job.environment,
      limited: Number(job["timeout-minutes"]) <= 90,
    },
  ]);
  assert.deepEqual(Object.fromEntries(found), {
    test: { permissions: { contents: "read" }, environment: undefined, limited: true },
    preview: { permissions: oidc, environment: "preview", limited: true },
    deploy: { permissions: oidc, environment: "dev", limited: true },
  });
});

test("runs on main take turns, and only those on a pull request are cancelled", () => {
  const { group, "cancel-in-progress": cancel } = workflow.concurrency;
  assert.match(group, /\{\{ github\.ref \}\}$/);
  assert.match(cancel, /\{\{ github\.event_name == 'pull_request' \}\}$/);
});

test("a stack without a secrets provider in its file is reported before anything is built", () => {
  const check = (text: string) => runStep("Check that the stack is set up", { "Pulumi.dev.yaml": text });
  const { status, stdout } = check("config:\n  aws:region: eu-west-1\n");
  assert.equal(status, 1);
  assert.match(stdout, /^::error file=Pulumi\.dev\.yaml::.*docs\/github-actions\.md\n$/);
  assert.equal(check("secretsprovider: awskms://key?region=eu-west-1\nencryptedkey: AQ==\n").status, 0);
});

test("the Pulumi CLI has the version of the SDK", () => {
  const manifest = read("pulumi/package.json");
  const { output } = runStep("Find the version of Pulumi", { "pulumi/package.json": manifest });
  assert.equal(output, `version=${JSON.parse(manifest).dependencies["@pulumi/pulumi"]}\n`);
});

test("the workflow builds with a Rust that the project supports", () => {
  const version = (text: string) =>
    text
      .match(/"(\d+)\.(\d+)\.(\d+)"/)
      ?.slice(1)
      .map(Number) ?? [];
  const [, minor = 0] = version(read(".github/rust-toolchain.toml"));
  const [, oldest = 0] = version(read("Cargo.toml").match(/^rust-version = .*/m)?.[0] ?? "");
  assert.ok(oldest > 0 && minor >= oldest, `1.${minor} is older than 1.${oldest}`);
});

test("Dependabot watches everything that is pinned", () => {
  const watched: string[] = [];
  for (const update of parse(read(".github/dependabot.yml")).updates) {
    for (const folder of update.directories ?? [update.directory]) {
      watched.push(`${update["package-ecosystem"]} ${folder}`);
    }
  }
  assert.deepEqual(watched.sort(), [
    "cargo /",
    "github-actions /",
    "github-actions /.github/actions/*",
    "npm /",
    "npm /bench/peers",
    "npm /pulumi",
    "rust-toolchain /.github",
    "uv /",
    "uv /bench/peers/requirements",
  ]);
});
