/** The page's state: the board, how live it is, and the lists that the panels show. */

import { computed, signal } from "@preact/signals";
import type { AgentCard, AgentState, CallCard, Card, CompanyCard, LastCard, LinkCard, PartyCard, QueueCard, TodayCard } from "./board.ts";
import { clock, now } from "./clock.ts";
import type { Board } from "./fold.ts";

export const board = signal<Board | null>(null);
export const isFollowed = signal(false);
/** The server's time when the feed was lost; null while it is followed or was never heard. */
export const lostAt = signal<number | null>(null);

function one<T extends Card>(key: string) {
  return computed(() => (board.value?.cards.get(key) as T | undefined) ?? null);
}

function all<T extends Card>(kind: string, order: (a: T, b: T) => number) {
  return computed(() => {
    const found: { key: string; card: T }[] = [];
    for (const [key, card] of board.value?.cards ?? []) {
      if (key.startsWith(`${kind}/`)) found.push({ key, card: card as T });
    }
    return found.sort((a, b) => order(a.card, b.card) || (a.key < b.key ? -1 : 1));
  });
}

export const company = one<CompanyCard>("company");
export const today = one<TodayCard>("today");
export const last = one<LastCard>("last");
export const links = all<LinkCard>("link", () => 0);
export const queues = all<QueueCard>("queue", (a, b) => a.rank - b.rank);
export const agents = all<AgentCard>("agent", (a, b) => a.name.localeCompare(b.name));
export const calls = all<CallCard>("call", (a, b) => a.entered - b.entered);

/** Whom the people talk to whose call nobody received: by the id of the person. */
export const counterparts = computed(() => {
  const found = new Map<string, PartyCard>();
  for (const { card } of calls.value) {
    const [first, second] = card.parties;
    if (card.direction === "inbound" || card.stage === "conference" || first === undefined || second === undefined) continue;
    found.set(first.id, second);
    found.set(second.id, first);
  }
  return found;
});

/** A switch of which nothing new is known, and since when. */
export interface Lost {
  node: string;
  since: number;
}

export type Health =
  | { state: "live" | "connecting" }
  | { state: "syncing"; node: string; since: number }
  | { state: "switchLost"; nodes: Lost[]; since: number }
  | { state: "feedLost"; since: number };

/** How much of the page can be believed: the weakest link counts, and every one that is lost is named. */
export const health = computed<Health>(() => {
  if (!isFollowed.value) {
    return lostAt.value === null ? { state: "connecting" } : { state: "feedLost", since: lostAt.value };
  }
  const cards = links.value.map(({ card }) => card);
  const nodes = cards
    .filter(({ state }) => state !== "live" && state !== "syncing")
    .map(({ node, stale_since, since }) => ({ node, since: stale_since ?? since }))
    .sort((a, b) => a.since - b.since);
  const [first] = nodes;
  if (first !== undefined) return { state: "switchLost", nodes, since: first.since };
  const read = cards.find(({ state }) => state === "syncing");
  if (read !== undefined) return { state: "syncing", node: read.node, since: read.stale_since ?? read.since };
  return { state: cards.length > 0 ? "live" : "connecting" };
});

export const hasSeveralSwitches = computed(() => links.value.length > 1);

/** The switches that are not followed right now, and since when. */
const lost = computed(() => {
  const found = links.value.filter(({ card }) => card.state !== "live");
  return new Map(found.map(({ card }) => [card.node, card.stale_since ?? card.since]));
});

/** The moment from which on nothing new is known of anything; null while one switch is followed. */
export const frozenAt = computed(() => {
  const current = health.value;
  const isWhole = current.state === "feedLost" || lost.value.size === links.value.length;
  return isWhole && "since" in current ? current.since : null;
});

/** The moment from which on nothing new is known of a switch; null while it is followed. */
export function unknownSince(node: string): number | null {
  return lost.value.get(node) ?? frozenAt.value;
}

/** The second that durations on a switch are counted to: it stands still while nothing new is known of it. */
export function nowOn(node: string): number {
  return unknownSince(node) ?? now.value;
}

export const GROUPS = {
  ready: ["ready"],
  busy: ["ringing", "inbound_call", "outbound_call"],
  away: ["wrap_up", "pause", "withdrawn"],
  out: ["unreachable", "logged_out"],
} as const satisfies Record<string, readonly AgentState[]>;

export type Group = keyof typeof GROUPS;

/** The agents of each group, by name: somebody keeps his place as long as his group lasts. */
export const groups = computed(() => {
  const found = {} as Record<Group, { key: string; card: AgentCard }[]>;
  for (const group of Object.keys(GROUPS) as Group[]) {
    const states: readonly AgentState[] = GROUPS[group];
    found[group] = agents.value
      .filter(({ card }) => states.includes(card.state))
      .sort((a, b) => states.indexOf(a.card.state) - states.indexOf(b.card.state));
  }
  return found;
});

export function followed(yes: boolean): void {
  isFollowed.value = yes;
  lostAt.value = yes || board.value === null ? null : clock.now();
}
