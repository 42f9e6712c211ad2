/** A problem of a text in a sentence or two: what is wrong, and the cure. */

import type { TextProblem } from "./shapes.ts";

export function sentence({ what, cure }: Pick<TextProblem, "what" | "cure">): string {
  return `${what}. ${cure}${/[.?]$/.test(cure) ? "" : "."}`;
}
