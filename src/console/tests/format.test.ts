import assert from "node:assert/strict";
import { test } from "node:test";
import { date, duration, percent, telephone, timeOfDay } from "../source/format.ts";

const plain = (text: string) => text.replace(/\s/g, " ");

test("durations", () => {
  for (const [seconds, text] of [
    [-3, "0:00"], [0, "0:00"], [7.9, "0:07"], [59, "0:59"], [754, "12:34"], [3599, "59:59"],
    [3600, "1 h 00"], [45_000, "12 h 30"], [90_000, "1 d 01 h"],
  ] as const) assert.equal(duration(seconds), text);
  assert.equal(duration(90_000, "j"), "1 j 01 h");
});

test("telephone numbers are grouped where their country's way is known", () => {
  for (const [number, text] of [
    ["+33612345678", "+33 6 12 34 56 78"], ["0612345678", "06 12 34 56 78"], ["+12025550123", "+1 202 555 0123"],
    ["+442079460123", "+44 207 946 0123"], ["+35312345678", "+353 123 456 78"], ["+4930123456", "+49 301 234 56"], ["201", "201"], ["unknown", "unknown"], ["", ""], ["*98", "*98"],
  ] as const) assert.equal(plain(telephone(number)), text);
});

test("shares", () => {
  assert.equal(percent(null, "en"), "–");
  assert.equal(percent(0.814, "en"), "81%");
  assert.equal(plain(percent(0.814, "fr")), "81 %");
});

test("the time of day is the company's, not the browser's", () => {
  const moment = Date.UTC(2026, 10, 21, 13, 5, 9) / 1000;
  assert.equal(timeOfDay(moment, "fr", "Europe/Paris"), "14:05");
  assert.equal(timeOfDay(moment, "en", "America/Montreal", true), "08:05:09");
  assert.equal(date(moment, "fr", "Europe/Paris"), "samedi 21 novembre");
  assert.equal(date(moment, "en", "Europe/Paris"), "Saturday 21 November");
});
