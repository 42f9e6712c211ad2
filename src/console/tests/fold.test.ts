import assert from "node:assert/strict";
import { test } from "node:test";
import type { Card, Message } from "../source/live/board.ts";
import { follow, parse, type Board } from "../source/live/fold.ts";

const card = (name: string) => ({ id: name, name, language: "fr", time_zone: "Europe/Paris", pauses: [] }) satisfies Card;
const snapshot = (revision: number, cards: Record<string, Card>): Message => ({ kind: "board", revision, now: 1, cards });
const changes = (from: number, to: number, cards: Record<string, Card | null>): Message => ({
  kind: "changes",
  from,
  to,
  now: 1,
  cards,
});

function followed(...messages: Message[]): Board {
  let board: Board | null = null;
  for (const message of messages) {
    const next = follow(board, message);
    assert.notEqual(next, "gap");
    board = next as Board;
  }
  return board!;
}

test("a snapshot and its changes make the server's board", () => {
  const board = followed(
    snapshot(3, { a: card("a"), b: card("b") }),
    changes(3, 4, { a: card("A"), c: card("c") }),
    changes(4, 9, { b: null, never: null }),
    { kind: "beat", revision: 9, now: 2 },
  );
  assert.equal(board.revision, 9);
  assert.deepEqual([...board.cards], [["a", card("A")], ["c", card("c")]]);
});

test("what is unchanged stays the very same value", () => {
  const before = followed(snapshot(1, { a: card("a"), b: card("b") }));
  const after = follow(before, changes(1, 2, { b: card("B") })) as Board;
  assert.equal(after.cards.get("a"), before.cards.get("a"));
  assert.equal(before.cards.get("b")!, before.cards.get("b"));
  assert.equal((before.cards.get("b") as { name: string }).name, "b");
});

test("a missing change is noticed", () => {
  const board = followed(snapshot(3, {}));
  assert.equal(follow(board, changes(4, 5, {})), "gap");
  assert.equal(follow(board, changes(2, 3, {})), "gap");
  assert.equal(follow(board, { kind: "beat", revision: 4, now: 1 }), "gap");
  assert.equal(follow(null, changes(0, 1, {})), "gap");
  assert.equal(follow(null, { kind: "beat", revision: 0, now: 1 }), "gap");
});

test("a later snapshot replaces everything", () => {
  const board = followed(snapshot(7, { a: card("a") }), snapshot(1, { b: card("b") }));
  assert.deepEqual([board.revision, [...board.cards.keys()]], [1, ["b"]]);
});

test("what is no message is none", () => {
  for (const text of [null, 3, "", "{", "null", "[]", '{"kind":"other"}', new Uint8Array(2)]) assert.equal(parse(text), null);
  assert.equal(parse('{"kind":"beat","revision":1,"now":2}')?.kind, "beat");
});
