import assert from "node:assert/strict";
import { test } from "node:test";
import { serverClock } from "../source/live/clock.ts";

test("the server's time is shown whatever the browser's clock says", () => {
  let elapsed = 100;
  const clock = serverClock(() => elapsed);
  clock.heard(5_000);
  elapsed += 7;
  assert.equal(clock.now(), 5_007);
});

test("a message that was slow on its way moves nothing", () => {
  let elapsed = 0;
  const clock = serverClock(() => elapsed);
  clock.heard(1_000);
  elapsed = 10;
  clock.heard(1_008);
  assert.equal(clock.now(), 1_010);
  elapsed = 20;
  clock.heard(1_020.1);
  assert.equal(clock.now(), 1_020.1);
});

test("after a sleep that stopped the browser's clock the time is right again", () => {
  let elapsed = 0;
  const clock = serverClock(() => elapsed);
  clock.heard(1_000);
  elapsed = 1;
  clock.heard(9_000);
  assert.equal(clock.now(), 9_000);
});

test("a server whose clock was set back is believed once it repeats itself", () => {
  let elapsed = 0;
  const clock = serverClock(() => elapsed);
  clock.heard(1_000);
  for (const step of [1, 2, 3]) {
    elapsed = step;
    clock.heard(500 + step);
  }
  assert.equal(clock.now(), 503);
});
