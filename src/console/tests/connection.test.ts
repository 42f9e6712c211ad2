import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Connection, SIGNED_OUT, type Ports } from "../source/live/connection.ts";
import type { Message } from "../source/live/board.ts";

class Socket {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  isClosed = false;
  close(): void {
    this.isClosed = true;
  }
  says(message: Message): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  ends(code: number): void {
    this.onclose?.({ code });
  }
}

const board = (revision: number): Message => ({ kind: "board", revision, now: 10, cards: {} });

let sockets: Socket[];
let told: string[];
let session: "valid" | "gone" | "unreachable";

function connection(): Connection {
  const ports: Ports = {
    open() {
      const socket = new Socket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    session: async () => session,
    heard: (moment) => void told.push(`heard ${moment}`),
    board: ({ revision }) => void told.push(`board ${revision}`),
    followed: (yes) => void told.push(yes ? "followed" : "lost"),
    signedOut: () => void told.push("signed out"),
  };
  return new Connection(ports);
}

async function pass(milliseconds: number): Promise<void> {
  mock.timers.tick(milliseconds);
  await Promise.resolve();
  await Promise.resolve();
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  sockets = [];
  told = [];
  session = "valid";
});

test("it is live from the first message on", () => {
  connection().start();
  assert.deepEqual(told, []);
  sockets[0]!.says(board(4));
  sockets[0]!.says({ kind: "changes", from: 4, to: 5, now: 11, cards: {} });
  assert.deepEqual(told, ["heard 10", "board 4", "followed", "heard 11", "board 5"]);
});

test("a gap in the revisions leads to a fresh snapshot, and what is known is not live until then", async () => {
  connection().start();
  sockets[0]!.says(board(4));
  sockets[0]!.says({ kind: "changes", from: 6, to: 7, now: 11, cards: {} });
  assert.deepEqual(told.slice(-1), ["lost"]);
  assert.ok(sockets[0]!.isClosed);
  await pass(600);
  sockets[1]!.says(board(9));
  assert.deepEqual(told.slice(-2), ["board 9", "followed"]);
});

test("silence is the end of a connection", async () => {
  connection().start();
  sockets[0]!.says(board(1));
  await pass(14_000);
  sockets[0]!.says({ kind: "beat", revision: 1, now: 12 });
  await pass(14_000);
  assert.equal(sockets.length, 1);
  await pass(1_500);
  assert.deepEqual(told.slice(-1), ["lost"]);
  await pass(600);
  assert.equal(sockets.length, 2);
});

test("it comes back with more and more patience, and at once when hurried", async () => {
  const ours = connection();
  ours.start();
  sockets[0]!.says(board(1));
  session = "unreachable";
  const waits: number[] = [];
  for (let round = 0; round < 7; round++) {
    sockets.at(-1)!.ends(1006);
    const before = sockets.length;
    let waited = 0;
    while (sockets.length === before) {
      await pass(250);
      waited += 250;
      assert.ok(waited <= 15_250);
    }
    waits.push(waited);
  }
  assert.ok(waits.at(-1)! > 7_000);
  assert.ok(waits[0]! <= 750);
  sockets.at(-1)!.ends(1006);
  const before = sockets.length;
  ours.hurry();
  assert.equal(sockets.length, before + 1);
  ours.hurry();
  assert.equal(sockets.length, before + 1);
});

test("a session that ended leads to the door", async () => {
  connection().start();
  sockets[0]!.says(board(1));
  sockets[0]!.ends(SIGNED_OUT);
  assert.deepEqual(told.slice(-2), ["lost", "signed out"]);
  connection().start();
  session = "gone";
  sockets[1]!.ends(1006);
  await pass(600);
  assert.deepEqual(told.slice(-1), ["signed out"]);
  assert.equal(sockets.length, 2);
});

test("an old socket has nothing to say any more", async () => {
  connection().start();
  const [old] = sockets as [Socket];
  const late = old.onmessage!;
  old.ends(1006);
  await pass(600);
  late({ data: JSON.stringify(board(99)) });
  assert.ok(!told.includes("board 99"));
});

test("a stopped connection stays stopped", async () => {
  const ours = connection();
  ours.start();
  ours.stop();
  sockets[0]!.ends(1006);
  await pass(60_000);
  ours.hurry();
  assert.equal(sockets.length, 1);
});
