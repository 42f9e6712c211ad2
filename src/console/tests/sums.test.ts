import assert from "node:assert/strict";
import { test } from "node:test";
import { daysOf } from "../source/menus/period.ts";
import { callsByBox, heat, share, took, waysOf } from "../source/menus/sums.ts";
import type { Figures, Tree } from "../source/menus/shapes.ts";

const times = { mean: null, median: null, p90: null };
const node = (calls: number, ways: Record<string, Record<string, number>>) => ({
  calls, visits: calls, hung_up: 0, silent: 0, wrong: 0, seconds: times, ways,
});
const figures: Figures = {
  from: "", to: "", calls: 10, compiled: 0, unseen: 0, in_progress: 0, unfollowed: 0, elsewhere: 0, zero_outs: {}, to_exit: times,
  nodes: { main: node(10, { "key 1": { "queue:sales": 6 }, "key 2": { "queue:sales": 1 }, no_input: { "queue:sales": 2 }, hung_up: { "": 1 } }) },
  exits: { "queue:sales": { handled: 9 }, hung_up: { abandoned: 1 } },
};
const box = (of: string, is_pointer = false) => ({ of, kind: "", title: of, note: "", is_pointer, x: 0, y: 0 });
const tree: Tree = {
  width: 0, height: 0, box: [1, 1],
  boxes: [box("main"), box("queue:sales"), box("queue:sales"), box("main", true)],
  ways: [
    { from: 0, to: 1, label: "1, 2", called: ["key 1", "key 2"] },
    { from: 0, to: 2, label: "silence", called: ["no_input"] },
    { from: 0, to: 3, label: "9", called: ["key 9"] },
  ],
};

test("a place that several ways lead to counts each for itself, and a pointer nothing", () => {
  assert.deepEqual(callsByBox(tree, figures), [10, 7, 2, 0]);
  assert.equal(took(figures, tree.boxes[0]!, tree.ways[0]!), 7);
  assert.deepEqual(callsByBox(tree, null), []);
});

test("any call makes a box warm, all calls make it hot", () => {
  assert.deepEqual([0, 1, 5, 10].map((calls) => heat(figures, calls)), [0, 1, 2, 4]);
  assert.equal(heat({ ...figures, calls: 0 }, 0), 0);
});

test("ways stand in the order of their visits", () => {
  assert.deepEqual(waysOf(figures.nodes["main"]!).map(({ way, visits }) => [way, visits]), [
    ["key 1", 6], ["no_input", 2], ["hung_up", 1], ["key 2", 1],
  ]);
  assert.equal(share(1, 3), "33 %");
  assert.equal(share(0, 0), "");
});

test("days are those of the company's clock, also over a change of the clock", () => {
  const lateInLondon = Date.parse("2026-03-29T23:30:00Z");
  assert.deepEqual(daysOf("today", lateInLondon, "Europe/Paris"), { from: "2026-03-30", to: "2026-03-30" });
  assert.deepEqual(daysOf("week", lateInLondon, "Europe/Paris"), { from: "2026-03-24", to: "2026-03-30" });
  assert.deepEqual(daysOf("month", lateInLondon, "America/New_York"), { from: "2026-02-27", to: "2026-03-29" });
});
