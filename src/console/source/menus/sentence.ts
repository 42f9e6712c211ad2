/** A problem of a text in a sentence or two: what is wrong, and the cure. */

import type { MenuProblem } from "./shapes.ts";

export function sentence({ what, cure }: Pick<MenuProblem, "what" | "cure">): string {
  const told = `${what}. ${cure}${/[.?]$/.test(cure) ? "" : "."}`;
  // In French a space stands at these signs, which no line begins with.
  return told.replace(/ (?=[»?!;:])|(?<=«) /g, "\u00a0");
}
