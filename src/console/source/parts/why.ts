/** Why this agent: the choice that the journal kept, in a few words, and in a few more. */

import type { WhyCard } from "../live/board.ts";
import { duration } from "../format.ts";
import type { Words } from "../words/en.ts";

/** "free the longest (4:12), skills relaxed" */
export function inShort(why: WhyCard, say: Words): string {
  const rule = say.rules[why.rule](why.idle === null ? "" : duration(why.idle, say.day));
  return why.tier > 0 ? `${rule}, ${say.relaxed(why.tier)}` : rule;
}

/** "Bruno Keller: less skilled" for each who was not chosen, a line each. */
export function inFull(why: WhyCard, say: Words): string {
  return why.others.map(({ name, reason }) => `${name}: ${say.others[reason] ?? reason}`).join("\n");
}
