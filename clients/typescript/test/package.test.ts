// The package as npm would publish it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const ROOT = new URL("../../", import.meta.url).pathname;

test("the package has the client with its types and the README, no tests, and can be imported", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "cruddur-package-"));
  t.after(() => rm(folder, { recursive: true }));
  // Without scripts: these tests are built already.
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [packed] = JSON.parse(execFileSync("npm", pack, { cwd: ROOT, encoding: "utf8" }));
  const files: string[] = packed.files.map((file: { path: string }) => file.path);
  for (const name of ["README.md", "package.json", "dist/src/index.js", "dist/src/index.d.ts", "dist/src/api.d.ts"]) {
    assert.ok(files.includes(name), `${name} is missing`);
  }
  assert.deepEqual(files.filter((name) => !/^(README\.md|package\.json|dist\/src\/)/.test(name)), []);
  execFileSync("tar", ["-xzf", join(folder, packed.filename), "-C", folder]);
  await symlink(join(ROOT, "node_modules"), join(folder, "package/node_modules"));
  const main = "import('@cruddur/client').then(({ createClient }) => console.log(typeof createClient))";
  // A package can import itself by its name.
  const printed = execFileSync(process.execPath, ["-e", main], { cwd: join(folder, "package"), encoding: "utf8" });
  assert.equal(printed.trim(), "function");
});
