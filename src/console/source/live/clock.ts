/** The server's time, whatever the browser's own clock says. Seconds since the epoch. */

import { signal } from "@preact/signals";

const CLOSE_ENOUGH = 0.4;
const STRIKES = 3;

export interface Clock {
  /** What the server's clock shows now. */
  now(): number;
  /** A message of the server bore this moment. */
  heard(moment: number): void;
}

/** `elapsed` is a monotonic clock in seconds: the browser's wall clock may be wrong or jump. */
export function serverClock(elapsed: () => number = () => performance.now() / 1000): Clock {
  let offset: number | null = null;
  let strikes = 0;
  return {
    now: () => elapsed() + (offset ?? Date.now() / 1000 - elapsed()),
    heard(moment) {
      const heard = moment - elapsed();
      // A message that was slow on its way bears an old moment, so the greatest offset is the nearest to the truth. Only
      // when several in a row contradict it was the server's clock set back.
      strikes = offset !== null && heard < offset - CLOSE_ENOUGH ? strikes + 1 : 0;
      if (offset === null || heard > offset || strikes >= STRIKES) {
        offset = heard;
        strikes = 0;
      }
    },
  };
}

export const clock = serverClock();

/** The server's second, for what ticks. */
export const now = signal(Math.floor(clock.now()));

/** A message of the server bore this moment. */
export function heard(moment: number): void {
  clock.heard(moment);
  now.value = Math.floor(clock.now());
}

/** Keeps `now` going; returns the way to stop it. */
export function tick(): () => void {
  let timer = 0;
  const step = () => {
    const moment = clock.now();
    now.value = Math.floor(moment);
    timer = window.setTimeout(step, 1000 * (1 - (moment % 1)) + 5);
  };
  step();
  return () => window.clearTimeout(timer);
}
