/** `pulumi preview` shows what `pulumi up` does, although it does not know the outputs of what is not created yet. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { type Program, program } from "./program";
import { COMBINATIONS } from "./settings";

const registered = ({ resources }: Program) => resources.map(({ type, name }) => `${type} ${name}`).sort();

for (const [what, settings] of Object.entries(COMBINATIONS)) {
  test(`a preview registers every resource that is created: ${what}`, async () => {
    const created = await program("dev", settings);
    const previewed = await program("dev", settings, { preview: true });
    const shown = registered(previewed);
    assert.deepEqual(
      registered(created).filter((resource) => !shown.includes(resource)),
      [],
      "A preview does not show these. Do not create a resource inside `apply`, which does not run in a preview.",
    );
    assert.equal(shown.length, created.resources.length);
  });
}

test("in these previews no output is known", async () => {
  const { resources } = await program("dev", {}, { preview: true });
  const stage = resources.find(({ type }) => type === "aws:apigateway/stage:Stage");
  for (const [what, output] of Object.entries({
    "the id of the API": stage?.inputs.restApi,
    "the ARN of the log group": stage?.inputs.accessLogSettings.destinationArn,
  })) {
    assert.ok(pulumi.isUnknown(output), what);
  }
});
