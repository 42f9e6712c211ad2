/** A problem of a text in a sentence or two: what is wrong, and the cure. */

import type { MenuProblem } from "./shapes.ts";

export function sentence({ what, cure }: Pick<MenuProblem, "what" | "cure">): string {
  const told = `${what}. ${cure.charAt(0).toUpperCase()}${cure.slice(1)}${/[.?]$/.test(cure) ? "" : "."}`;
  // In French a space stands at these signs, which no line begins with.
  return told.replace(/ (?=[»?!;:])|(?<=«) /g, "\u00a0");
}
