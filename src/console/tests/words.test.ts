import assert from "node:assert/strict";
import { test } from "node:test";
import { en } from "../source/words/en.ts";
import { fr } from "../source/words/fr.ts";

function leaves(words: object, path = ""): string[] {
  return Object.entries(words).flatMap(([key, value]) =>
    value !== null && typeof value === "object" ? leaves(value, `${path}${key}.`) : [`${path}${key}`],
  );
}

test("both languages say the same things", () => {
  assert.deepEqual(leaves(fr), leaves(en));
});

test("no word is empty", () => {
  for (const words of [en, fr]) {
    const empty = JSON.stringify(words, (_, value) => (typeof value === "function" ? "said" : value)).includes('""');
    assert.equal(empty, false);
  }
});
