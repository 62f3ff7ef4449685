// Runs every topic but platforms, since the example keeps no indexes.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { run, type Topic } from "./runner";
import { hold } from "./server";

const FOLDER = join(__dirname, "..", "..");
const FILES = readdirSync(FOLDER).filter((name) => /^(?!platforms)[a-z-]+\.json$/.test(name));
const VERSIONS = Array.from({ length: 34 }, (_, number) => `1.${number + 23}`);
const read = (name: string) => JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Topic;

for (const name of FILES) {
  test(name, () => {
    const { departures, asked } = run(read(name), VERSIONS, hold);
    assert.ok(asked > 0);
    assert.deepEqual(departures, []);
  });
}

test("a server that lists nothing departs", () => {
  const nothing = () => () => ({ status: 200, mediaType: "application/json", body: "[]" });
  const { departures, asked } = run(read("labels.json"), ["1.44"], nothing);
  assert.ok(departures.length > 0 && departures.length < asked);
});
