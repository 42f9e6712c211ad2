/** The state of the page of menus: what is in force, the figures that are shown, and what came of a deed. */

import { computed, signal } from "@preact/signals";
import { heard, now } from "../live/clock.ts";
import { code, type Answer, type Problem } from "../server.ts";
import { api } from "./api.ts";
import { daysOf, type Period } from "./period.ts";
import type { Basis, Box, Comparison, Figures, MenuProblem, Overview, Published, Terms, Tree } from "./shapes.ts";

export type Deed = "publish" | "promote" | "unpublish";
export type Outcome = { deed: Deed; version: number; starts: string | null } | { deed: Deed; problem: Problem & { problems?: MenuProblem[] } };

export const overview = signal<Overview | null>(null);
export const figures = signal<Figures | null>(null);
/** What keeps the page from hearing: null while it hears. */
export const silence = signal<Problem | null>(null);
export const period = signal<Period>("week");
/** Only calls of this version; null: of all. */
export const ofVersion = signal<number | null>(null);
/** The box whose figures are shown, by what it is of. */
export const chosen = signal<string | null>(null);
export const comparison = signal<Comparison | null>(null);
export const isCounting = signal(false);
export const isComparing = signal(false);
export const isBusy = signal(false);
export const outcome = signal<Outcome | null>(null);
/** The menus as they stand in the editor, a text of the company file's sections; null while it is closed. */
export const edited = signal<string | null>(null);
/** The same as the server has it, and what it was written from. */
export const kept = signal<string | null>(null);
export const basis = signal<Basis | null>(null);
export const isUnsaved = computed(() => edited.value !== null && edited.value !== kept.value);
/** The tree of the text, as it was when it could be read last; and whether it is shown instead of the one in force. */
export const drawn = signal<Tree | null>(null);
export const isOfText = signal(true);

export const tree = computed<Tree | null>(
  () => (edited.value !== null && isOfText.value ? drawn.value : null) ?? overview.value?.tree ?? null,
);

export const chosenBox = computed<Box | null>(
  () => tree.value?.boxes.find((box) => box.of === chosen.value && !box.is_pointer) ?? null,
);

const days = () => daysOf(period.value, now.value * 1000, overview.value?.time_zone ?? "UTC");

/** Does it help to sign in? */
export function isOfStranger(problem: Problem): boolean {
  return ["not-signed-in", "must-set-password"].includes(code(problem));
}

/** An answer that is good; else why not is shown, and somebody who may not be here is led away. */
function taken<T>(answer: Answer<T>): T | null {
  if (answer.ok) {
    silence.value = null;
    return answer.value;
  }
  const refusal = code(answer.problem);
  // Who has written something stays with it, and is told.
  if (isUnsaved.value) silence.value = answer.problem;
  else if (isOfStranger(answer.problem)) location.replace("/sign-in?to=menus");
  else if (refusal === "not-allowed" || refusal === "which-company") location.replace("/");
  else silence.value = answer.problem;
  return null;
}

export async function look(): Promise<void> {
  const found = taken(await api.overview());
  if (found === null) return;
  heard(found.now);
  overview.value = found;
  await count();
}

let asked = 0;

/** Ask for the figures that are chosen now; of several questions the last answer counts. */
export async function count(): Promise<void> {
  const mine = ++asked;
  isCounting.value = true;
  const found = taken(await api.figures(days(), ofVersion.value));
  if (mine !== asked) return;
  isCounting.value = false;
  if (found !== null) figures.value = found;
}

export async function compare(before: number, after: number): Promise<void> {
  isComparing.value = true;
  const found = taken(await api.comparison(days(), before, after));
  isComparing.value = false;
  if (found !== null) comparison.value = found;
}

export async function publish(draft: string, terms: Terms): Promise<void> {
  const told = await done("publish", api.publish(draft, terms));
  // What was published is what the text was written from: nobody else's.
  if (told !== null && basis.value?.draft === draft) basis.value = { draft: null, version: told.version.version };
  await look();
}

export async function promote(version: number): Promise<void> {
  await done("promote", api.promote(version));
  await look();
}

export async function unpublish(version: number): Promise<void> {
  await done("unpublish", api.unpublish(version));
  await look();
}

async function done(deed: Deed, asked: Promise<Answer<Published>>): Promise<Published | null> {
  isBusy.value = true;
  outcome.value = null;
  const answer = await asked;
  isBusy.value = false;
  outcome.value = answer.ok ? { deed, ...answer.value.version } : { deed, problem: answer.problem };
  return answer.ok ? answer.value : null;
}
