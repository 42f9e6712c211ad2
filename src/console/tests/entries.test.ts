import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesOf, walkedIn, walkedOf } from "../source/menus/entries.ts";
import type { Tree } from "../source/menus/shapes.ts";
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

test("what of a tree a call went by: of several ways to one place the one that it took, with its box", () => {
  const box = (of: string, is_pointer = false) => ({ of, kind: "", title: of, note: "", is_pointer, x: 0, y: 0 });
  const tree: Tree = {
    width: 0, height: 0, box: [1, 1],
    boxes: [box("main"), box("person:lobby"), box("main", true), box("person:lobby"), box("other"), box("person:lobby")],
    ways: [
      { from: 0, to: 1, label: "1", called: ["key 1"] },
      { from: 0, to: 2, label: "9", called: ["key 9"] },
      { from: 0, to: 3, label: "2, silence", called: ["key 2", "no_input"] },
      { from: 4, to: 5, label: "1", called: ["key 1"] },
    ],
  };
  const steps = [menu("main"), left("main", "key 9", "repeat", ""), menu("main"), left("main", "no_input", "phone", "lobby")];
  const { boxes, ways } = walkedIn(tree, walkedOf(steps));
  assert.deepEqual([...boxes], [0, 3]);
  assert.deepEqual([...ways], [1, 2]);
});
