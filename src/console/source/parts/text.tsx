/** Small pieces of text that tick or need care: durations, callers. */

import type { PartyCard } from "../live/board.ts";
import { hasSeveralSwitches, nowOn, unknownSince } from "../live/state.ts";
import { duration, telephone } from "../format.ts";
import { numbers, words } from "../preferences.ts";

/** The time since a moment on a switch; ticks, and stands still while nothing new is known of that switch. */
export function Since({ at, node }: { at: number | null; node: string }) {
  if (at === null) return <span class="time" />;
  return <span class="time">{duration(nowOn(node) - at, words().day)}</span>;
}

/** Which switch it is, where there are several. */
export function OnSwitch({ node }: { node: string }) {
  return hasSeveralSwitches.value ? <span class="switch quiet">{node}</span> : null;
}

/** The class of something on a switch of which nothing new is known, while others are followed. */
export function doubt(node: string): string {
  return hasSeveralSwitches.value && unknownSince(node) !== null ? "unknown" : "";
}

/** A number of seconds; nothing at all reads as a dash. */
export function Seconds({ value }: { value: number | null }) {
  return <span class="time">{value === null ? "–" : duration(value, words().day)}</span>;
}

/** Somebody in a call: one of ours by his name. */
export function Party({ party }: { party: PartyCard }) {
  if (party.is_outside) return <Caller number={party.number} name={party.name} isBrief />;
  return <bdi class="who">{party.name || party.number}</bdi>;
}

interface CallerProps {
  number: string;
  name: string;
  /** One of both: the name where there is one. */
  isBrief?: boolean;
}

/** Who calls. The name comes from outside and may be written in any direction. */
export function Caller({ number, name, isBrief = false }: CallerProps) {
  const say = words();
  if (numbers.value === "hidden") return <span class="caller quiet">{say.hiddenCaller} {number.slice(-2)}</span>;
  const isKnown = /\d/.test(number);
  const label = isKnown ? telephone(number) : say.unknownCaller;
  const known = name !== number ? name : "";
  return (
    <span class="caller" title={known ? `${label} · ${known}` : label}>
      {(!isBrief || !known) && <bdi class="number">{label}</bdi>}
      {known && <bdi class={isBrief ? "who" : "name"}>{known}</bdi>}
    </span>
  );
}
