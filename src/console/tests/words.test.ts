import assert from "node:assert/strict";
import { test } from "node:test";
import { en as deployEnglish } from "../source/words/deploy.en.ts";
import { fr as deployFrench } from "../source/words/deploy.fr.ts";
import { en as editorEnglish } from "../source/words/editor.en.ts";
import { fr as editorFrench } from "../source/words/editor.fr.ts";
import { en as menusEnglish } from "../source/words/menus.en.ts";
import { fr as menusFrench } from "../source/words/menus.fr.ts";
import { tryEn } from "../source/words/try.en.ts";
import { tryFr } from "../source/words/try.fr.ts";
import { en } from "../source/words/en.ts";
import { fr } from "../source/words/fr.ts";

function leaves(words: object, path = ""): string[] {
  return Object.entries(words).flatMap(([key, value]) =>
    value !== null && typeof value === "object" ? leaves(value, `${path}${key}.`) : [`${path}${key}`],
  );
}

test("both languages say the same things", () => {
  assert.deepEqual(leaves(fr), leaves(en));
  assert.deepEqual(leaves(deployFrench), leaves(deployEnglish));
  assert.deepEqual(leaves(menusFrench), leaves(menusEnglish));
  assert.deepEqual(leaves(editorFrench), leaves(editorEnglish));
  assert.deepEqual(leaves(tryFr), leaves(tryEn));
});

test("no word is empty", () => {
  for (const words of [en, fr, deployEnglish, deployFrench, menusEnglish, menusFrench, editorEnglish, editorFrench, tryEn, tryFr]) {
    const empty = JSON.stringify(words, (_, value) => (typeof value === "function" ? "said" : value)).includes('""');
    assert.equal(empty, false);
  }
});
