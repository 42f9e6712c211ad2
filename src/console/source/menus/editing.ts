/** Writing menus: a text is begun, judged while it is written, and saved as the draft unless others were faster. */

import { effect, signal } from "@preact/signals";
import { named } from "../company.ts";
import { code, type Problem } from "../server.ts";
import { api } from "./api.ts";
import { forget, keepHere, left } from "./here.ts";
import type { Basis, Judged, Standing, TextProblem } from "./shapes.ts";
import { basis, drawn, edited, isUnsaved, kept, look, overview } from "./state.ts";

/** Milliseconds: a pause of somebody who types, and between attempts to be heard. */
const CALM = 500;
const AGAIN = 5000;
/** What asking once more does not help against. */
const FINAL = new Set(["not-signed-in", "must-set-password", "not-allowed", "refused", "invalid", "request-entity-too-large"]);

export const isOpening = signal(false);
export const isSaving = signal(false);
export const isJudging = signal(false);
/** What came of the text `of`, the last that was judged. */
export const judged = signal<(Judged & { of: string }) | null>(null);
/** Why nothing came of the last question. */
export const trouble = signal<Problem | null>(null);
/** Who was faster. */
export const faster = signal<Standing | null>(null);
/** The text was left here by a sign-in or a reload. */
export const isFound = signal(false);

let account = "";
let calm: ReturnType<typeof setTimeout> | undefined;
let judging = Promise.resolve();

/** Go on with what this account left here, if it did. */
export function resume(of: string): void {
  account = of;
  const found = left(named, account);
  if (found === null) {
    forget(named);
    return;
  }
  begin(found.text, null, found.basis);
  isFound.value = true;
}

export async function open(): Promise<void> {
  isOpening.value = true;
  const answer = await api.text();
  isOpening.value = false;
  trouble.value = answer.ok ? null : answer.problem;
  if (answer.ok) begin(answer.value.text, answer.value.text, answer.value.basis);
}

function begin(text: string, saved: string | null, from: Basis): void {
  kept.value = saved;
  basis.value = from;
  edited.value = text;
  faster.value = null;
  isFound.value = false;
  later(0);
}

/** What was not saved is gone. */
export function close(): void {
  clearTimeout(calm);
  forget(named);
  edited.value = kept.value = basis.value = drawn.value = judged.value = trouble.value = faster.value = null;
  isFound.value = false;
}

export function write(text: string): void {
  if (text === edited.value) return;
  edited.value = text;
  later(CALM);
}

function later(pause: number): void {
  clearTimeout(calm);
  calm = setTimeout(() => void judge(), pause);
}

export function judge(): Promise<void> {
  const text = edited.value;
  // Whoever is at it sees to the rest.
  if (text !== null && !isJudging.value && !isSaving.value) judging = judgeText(text);
  return judging;
}

async function judgeText(text: string): Promise<void> {
  isJudging.value = true;
  const answer = await api.check(text);
  isJudging.value = false;
  if (edited.value === null) return;
  trouble.value = answer.ok ? null : answer.problem;
  if (answer.ok) {
    judged.value = { ...answer.value, of: text };
    drawn.value = answer.value.tree ?? drawn.value;
  }
  if (edited.value !== text) later(CALM);
  else if (!answer.ok && !FINAL.has(code(answer.problem))) later((answer.problem.seconds ?? 0) * 1000 || AGAIN);
}

/** `from`: what the text is written from; what has come since is told, unless it is meant to be replaced. */
export async function save(from: Basis | null = basis.value): Promise<void> {
  const text = edited.value;
  if (text === null || from === null || isSaving.value) return;
  isSaving.value = true;
  clearTimeout(calm);
  await judging;
  const answer = await api.keep(text, from);
  isSaving.value = false;
  if (answer.ok) {
    kept.value = text;
    basis.value = answer.value.basis;
    trouble.value = faster.value = null;
    isFound.value = false;
    await look();
  } else if (code(answer.problem) === "stale") {
    faster.value = answer.problem as Problem & Standing;
  } else {
    trouble.value = answer.problem;
    const problems = (answer.problem as Problem & { problems?: TextProblem[] }).problems;
    if (code(answer.problem) === "refused" && problems) judged.value = { problems, changes: [], not_taken: [], tree: null, of: text };
  }
  if (judged.value?.of !== edited.value) later(CALM);
  else if (trouble.value !== null && !FINAL.has(code(trouble.value))) later(AGAIN);
}

/** The text of whoever was faster instead of one's own, which undoing brings back. */
export const takeTheirs = open;

/** To sign in again, and to come back to the text. */
export function signIn(): void {
  isLeaving = true;
  location.assign("/sign-in?to=menus");
}

let isLeaving = false;

effect(() => {
  const [text, from] = [edited.value, basis.value];
  if (isUnsaved.value && text !== null && from !== null) keepHere(named, { account, text, basis: from });
  else if (text !== null) forget(named);
});

// What is not unsaved is as the server has it: also after a version was taken back.
effect(() => {
  const known = overview.value;
  const from = basis.peek();
  if (known === null || from === null || isUnsaved.peek()) return;
  const newest = known.versions.find(({ state }) => state !== "withdrawn")?.version ?? null;
  if ((known.draft?.made_at ?? null) !== from.draft || newest !== from.version) void renew();
});

async function renew(): Promise<void> {
  const answer = await api.text();
  if (answer.ok && edited.value !== null && !isUnsaved.value) begin(answer.value.text, answer.value.text, answer.value.basis);
}

window.addEventListener("beforeunload", (event) => {
  if (isUnsaved.value && !isLeaving) event.preventDefault();
});
