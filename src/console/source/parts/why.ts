/** Why this agent: the choice that the journal kept, in a few words, and in a few more. */

import type { WhyCard } from "../live/board.ts";
import { duration } from "../format.ts";
import type { Words } from "../words/en.ts";

/** "free the longest, skills relaxed" */
export function inShort(why: WhyCard, say: Words): string {
  const rule = say.rules[why.rule];
  return why.tier > 0 ? `${rule}, ${say.relaxed(why.tier)}` : rule;
}

/** How long the agent had been free, then a line for each who was not chosen: "Bruno Keller: less skilled". */
export function inFull(why: WhyCard, say: Words): string {
  const idle = why.idle === null ? [] : [say.idleFor(duration(why.idle, say.day))];
  return [...idle, ...why.others.map(({ name, reason }) => `${name}: ${say.others[reason] ?? reason}`)].join("\n");
}
