import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Card, LinkCard } from "../source/live/board.ts";
import { board, frozenAt, hasSeveralSwitches, health, isFollowed, lostAt, nowOn, unknownSince } from "../source/live/state.ts";
import { now } from "../source/live/clock.ts";

function follows(...links: [string, LinkCard["state"], number | null][]) {
  const cards = new Map<string, Card>(
    links.map(([node, state, stale_since]) => [`link/${node}`, { node, state, since: 50, stale_since }]),
  );
  board.value = { revision: 1, cards };
}

beforeEach(() => {
  isFollowed.value = true;
  lostAt.value = null;
  now.value = 200;
});

test("one that is lost stands still, the other goes on", () => {
  follows(["pbx1", "live", null], ["pbx2", "down", 120]);
  assert.equal(hasSeveralSwitches.value, true);
  assert.equal(frozenAt.value, null);
  assert.deepEqual([unknownSince("pbx1"), unknownSince("pbx2")], [null, 120]);
  assert.deepEqual([nowOn("pbx1"), nowOn("pbx2")], [200, 120]);
});

test("with the only one the whole page stands still", () => {
  follows(["pbx1", "down", 120]);
  assert.equal(frozenAt.value, 120);
  assert.equal(nowOn("pbx1"), 120);
});

test("without the feed nothing goes on, and what was lost before stays as old", () => {
  follows(["pbx1", "live", null], ["pbx2", "syncing", 120]);
  isFollowed.value = false;
  lostAt.value = 180;
  assert.equal(frozenAt.value, 180);
  assert.deepEqual([nowOn("pbx1"), nowOn("pbx2")], [180, 120]);
});

test("every one that is lost is named, the first to be lost first", () => {
  follows(["pbx1", "down", 150], ["pbx2", "syncing", 110], ["pbx3", "connecting", 120], ["pbx4", "live", null]);
  const nodes = [
    { node: "pbx3", since: 120 },
    { node: "pbx1", since: 150 },
  ];
  assert.deepEqual(health.value, { state: "switchLost", nodes, since: 120 });
});
