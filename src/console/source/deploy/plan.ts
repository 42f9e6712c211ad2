/** What a plan comes down to: sections, consequences under their causes, harm, and what forbids it. Pure. */

import type { Author, Change, Plan } from "./shapes.ts";

/** A change with what follows from it. */
export interface Cause {
  change: Change;
  consequences: Change[];
}

export interface Section {
  title: string;
  causes: Cause[];
}

const thing = ({ kind, name }: { kind: string; name: string }) => `${kind}\n${name}`;

/** The changes by section, in their order. What follows from something stands under it, under each of its causes. */
export function sections(changes: readonly Change[]): Section[] {
  const found = new Map<string, Cause[]>();
  const causes = new Map<string, Cause>();
  const there = new Set(changes.map(thing));
  const isConsequence = (change: Change) => change.follows.some((cause) => there.has(thing(cause)));
  for (const change of changes) {
    if (isConsequence(change)) continue;
    const cause: Cause = { change, consequences: [] };
    causes.set(thing(change), cause);
    const section = found.get(change.section);
    if (section) section.push(cause);
    else found.set(change.section, [cause]);
  }
  for (const change of changes.filter(isConsequence)) {
    for (const of of change.follows) causes.get(thing(of))?.consequences.push(change);
  }
  return [...found].map(([title, of]) => ({ title, causes: of }));
}

/** What it costs calls and people now: the plan's own harm, then that of each change, with what the change is. */
export function harms(plan: Plan): string[] {
  const own = plan.effects.filter(({ is_harmful }) => is_harmful).map(({ text }) => text);
  const each = plan.changes.flatMap((change) =>
    change.effects.filter(({ is_harmful }) => is_harmful).map(({ text }) => `${change.sentences[0] ?? change.name}: ${text}`),
  );
  return [...own, ...each];
}

/** Errors that nobody can tick away. */
export function stops(plan: Plan): boolean {
  return plan.problems.some(({ is_warning, is_shrinking }) => !is_warning && !is_shrinking);
}

/** Is it refused only because it removes much? */
export function needsShrinkTick(plan: Plan): boolean {
  return plan.problems.some(({ is_warning, is_shrinking }) => !is_warning && is_shrinking) && !stops(plan);
}

/** The one who made everything that somebody made, if it is one. */
export function onlyAuthor(changes: readonly Change[]): Author | null {
  const lasts = changes.flatMap(({ authors }) => authors.slice(-1));
  const first = lasts[0];
  if (!first || lasts.length < 2) return null;
  return lasts.every(({ by, revision }) => by === first.by && revision === first.revision) ? first : null;
}

/** When a change is in force, and by the reload of what: with the phone and the box that come or go with a person. */
export function inForce({ change, consequences }: Cause): { when: Change["in_force"]; reload: string[] } {
  const along = consequences.filter(({ kind }) => kind === "phone" || kind === "voicemail box");
  const reload = [...new Set(along.flatMap((each) => each.reload))].filter((module) => module !== "restart");
  return reload.length > 0 ? { when: "apply", reload } : { when: change.in_force, reload: change.reload };
}
