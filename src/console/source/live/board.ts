/** What the server tells: the cards of the board and the messages that bring them. Mirrors `cordboard/desk/cards.py`. */

export interface PauseCard {
  id: string;
  kind: "pause" | "withdrawn";
  names: Record<string, string>;
}

export interface CompanyCard {
  id: string;
  name: string;
  language: string;
  time_zone: string;
  pauses: PauseCard[];
}

export type LinkState = "connecting" | "syncing" | "live" | "down";

export interface LinkCard {
  node: string;
  state: LinkState;
  since: number;
  stale_since: number | null;
}

export interface WaitingCard {
  call: string;
  caller: string;
  caller_name: string;
  since: number;
  position: number;
  priority: number;
}

export interface QueueCard {
  node: string;
  id: string;
  name: string;
  number: string | null;
  rank: number;
  late_after: number;
  waiting: WaitingCard[];
  ready: number;
  busy: number;
  away: number;
}

export type AgentState =
  | "logged_out"
  | "ready"
  | "ringing"
  | "inbound_call"
  | "outbound_call"
  | "pause"
  | "withdrawn"
  | "wrap_up"
  | "unreachable";

export interface AgentCard {
  node: string;
  id: string;
  name: string;
  state: AgentState;
  since: number | null;
  until: number | null;
  reason: string;
  next: string;
  caller: string;
  caller_name: string;
  queue: string;
  queues: string[];
}

export type Stage =
  | "entering"
  | "menu"
  | "routing"
  | "waiting"
  | "ringing"
  | "talking"
  | "held"
  | "voicemail"
  | "message";

export type Direction = "inbound" | "outbound" | "internal" | "originated" | "spying";

export type Doing =
  | "ringing"
  | "calling"
  | "connecting"
  | "waiting"
  | "program"
  | "talking"
  | "alone"
  | "holding"
  | "held"
  | "parked"
  | "conference"
  | "spying";

export interface PartyCard {
  id: string;
  name: string;
  number: string;
  is_outside: boolean;
  role: string;
  doing: Doing;
  since: number;
  trunk: string;
}

export interface CallCard {
  node: string;
  direction: Direction;
  caller: string;
  caller_name: string;
  did: string;
  dialled: string;
  stage: Stage | Doing;
  entered: number;
  since: number;
  place: string;
  position: number | null;
  agent: string;
  offered_to: string[];
  parties: PartyCard[];
  more: number;
  spied_by: string[];
  spies_on: string;
  is_received: boolean;
  is_recorded: boolean;
  is_partial: boolean;
  is_stray: boolean;
}

export interface TodayCard {
  day: string;
  received: number;
  handled: number;
  self_service: number;
  overflowed: number;
  dissuaded: number;
  abandoned: number;
  voicemail: number;
  callback: number;
  technical: number;
  in_progress: number;
  blocked: number;
  service_rate: number | null;
  abandon_rate: number | null;
}

export type Outcome =
  | "handled"
  | "self_service"
  | "overflowed"
  | "dissuaded"
  | "abandoned"
  | "voicemail"
  | "callback"
  | "technical"
  | "blocked";

export type Reason =
  | "unreachable"
  | "paused"
  | "busy"
  | "wrapping_up"
  | "not_yet"
  | "did_not_take_it"
  | "less_skilled"
  | "served_more_recently"
  | "served_more_calls"
  | "after_in_line"
  | "not_in_turn"
  | "not_drawn"
  | "rang_too"
  | "equal"
  | "passed_over";

export interface OtherCard {
  name: string;
  reason: Reason;
}

export type Rule =
  | "only_one"
  | "best_skilled"
  | "longest_idle"
  | "fewest_calls"
  | "first_in_line"
  | "in_turn"
  | "drawn"
  | "first_to_answer"
  | "equal";

export interface WhyCard {
  rule: Rule;
  tier: number;
  idle: number | null;
  others: OtherCard[];
}

export interface OutcomeCard {
  call: string;
  entered: number;
  ended: number;
  caller: string;
  caller_name: string;
  did: string;
  queue: string;
  agent: string;
  outcome: Outcome;
  detail: string;
  place: string;
  waited: number;
  talked: number;
  why: WhyCard | null;
}

export interface LastCard {
  calls: OutcomeCard[];
}

export type Card = CompanyCard | LinkCard | QueueCard | AgentCard | CallCard | TodayCard | LastCard;

export type Message =
  | { kind: "board"; revision: number; now: number; cards: Record<string, Card> }
  | { kind: "changes"; from: number; to: number; now: number; cards: Record<string, Card | null> }
  | { kind: "beat"; revision: number; now: number };
