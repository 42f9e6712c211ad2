import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallCard, PartyCard } from "../source/live/board.ts";
import { isLike } from "../source/live/find.ts";

const party = (name: string, number: string): PartyCard => ({
  id: "", name, number, is_outside: false, trunk: "", role: "caller", doing: "talking", since: 0,
});
const card: CallCard = {
  node: "pbx1", direction: "outbound", caller: "201", caller_name: "Chloé d'Arc", did: "", dialled: "0612345678",
  stage: "talking", entered: 0, since: 0, place: "", position: null, agent: "", offered_to: [],
  parties: [party("Chloé d'Arc", "201"), party("", "+33612345678")], more: 0, spied_by: [], spies_on: "",
  is_received: false, is_recorded: false, is_partial: false, is_stray: false,
};

test("a call is found by a name, whatever its accents and case", () => {
  for (const words of ["", "chloe", " CHLOÉ ", "d'arc"]) assert.equal(isLike(card, words), true, words);
  for (const words of ["bruno", "chloe arc"]) assert.equal(isLike(card, words), false, words);
});

test("a call is found by digits of a number, however they are grouped", () => {
  for (const words of ["06 12 34", "+33 6 12", "0612345678", "201"]) assert.equal(isLike(card, words), true, words);
  for (const words of ["07 12", "999", "+"]) assert.equal(isLike(card, words), false, words);
});
