import assert from "node:assert/strict";
import { test } from "node:test";
import { boxOf, entriesOf, walkedOf } from "../source/menus/entries.ts";
import type { Step } from "../source/menus/tried.ts";

const menu = (node: string): Step => ({ at: 0, step: "entered", node, kind: "menu", name: node, hours: "" });
const left = (node: string, called: string, kind: string, id: string): Step => ({ at: 1, step: "left", node, called, to: { kind, id, name: id } });
const played = (sound: string, seconds: number | null, key: string | null = null): Step => ({ at: 0, step: "played", sound, language: "fr", seconds, key });
const prompted: Step = { at: 0, step: "prompted", prompt: "welcome" };

test("sounds of one prompt are one entry, with what is lacking and the key that stopped it", () => {
  const [heard, ...more] = entriesOf([prompted, played("hello", 2), played("there", null), played("you", 1.5, "2")], () => "");
  assert.deepEqual(more, []);
  assert.deepEqual(heard, {
    at: 0,
    is: "heard",
    prompt: "welcome",
    language: "fr",
    texts: ["hello", "there", "you"],
    lacking: ["there"],
    seconds: 3.5,
    key: "2",
  });
});

test("a prompt that is heard again is another entry", () => {
  const silence: Step = { at: 2, step: "waited", seconds: 5, key: null };
  const heard = entriesOf([prompted, played("hello", 2), silence, prompted, played("hello", 2)], () => "");
  assert.deepEqual(
    heard.map(({ is }) => is),
    ["heard", "step", "heard"],
  );
});

test("a way and the place that it leads to are one entry, also outside", () => {
  const steps = [menu("main"), left("main", "key 2", "", "english"), menu("english"), left("english", "key 1", "queue", "sales")];
  const entries = entriesOf(steps, (called) => called);
  assert.deepEqual(
    entries.map((entry) => entry.is === "place" && [entry.by, entry.kind, entry.id]),
    [
      ["", "menu", "main"],
      ["key 2", "menu", "english"],
      ["key 1", "queue", "sales"],
    ],
  );
});

test("what of a tree a call went by", () => {
  const steps = [menu("main"), left("main", "key 9", "repeat", ""), menu("main"), left("main", "key 1", "phone", "lobby")];
  const { boxes, ways } = walkedOf(steps);
  assert.ok(boxes.has("main") && boxes.has("person:lobby"));
  assert.deepEqual([...ways], ["main>person:lobby"]);
  assert.equal(boxOf({ kind: "hangup", id: "", name: "" }), "");
});
