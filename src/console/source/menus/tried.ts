/** What the server tells of a call that is tried, as src/cordboard/flows/showing.py gives it. */

export interface Choices {
  dids: { id: string; number: string; name: string }[];
  people: { id: string; name: string }[];
  places: Place[];
}

/** A place outside of the menus, or with no `kind` a menu or step; a move among them has no id. */
export interface Place {
  kind: string;
  id: string;
  name: string;
}

export type Step = { at: number } & (
  | { step: "entered"; node: string; kind: string; name: string; hours: string }
  | { step: "left"; node: string; called: string; to: Place }
  | { step: "prompted"; prompt: string }
  | { step: "played"; sound: string; says?: string; language: string; seconds: number | null; key: string | null }
  | { step: "said"; text: string; language: string; seconds: number }
  | { step: "unsaid"; variable: string; is_secret: boolean }
  | { step: "asked"; source: string; sent: Record<string, string>; is_told: boolean; node: string; replies: string[] }
  | { step: "notified"; source: string; sent: Record<string, string>; node: string; replies: string[] }
  | { step: "callbackasked"; queue: string; number: string; is_taken: boolean }
  | { step: "waited"; seconds: number; key: string | null }
  | { step: "listened"; seconds: number; key: string; phrase: string; is_known: boolean }
  | { step: "recorded"; seconds: number; ended: string; is_kept: boolean }
  | { step: "monitored"; is_on: boolean }
  | { step: "spoke"; language: string }
  | { step: "hungup" }
  | { step: "takenback" }
);

export interface Awaited {
  what: "keys" | "speech";
  node: string;
  /** Keys that lead on here; none where anything may be typed. */
  keys: string[];
  /** What this menu understands where it listens. */
  phrases: string[];
}

export interface Candidate {
  agent: string;
  name: string;
  tier: number;
  penalty: number;
  skipped_because: string | null;
}

export interface Decision {
  queue: string;
  priority: number;
  max_penalty: number;
  why: string[];
  candidates: Candidate[];
}

export interface End extends Place {
  why: string;
}

export interface Tried {
  did: string;
  at: string;
  language: string;
  seconds: number;
  version: number | null;
  steps: Step[];
  variables: Record<string, string>;
  /** Null: the call is over. */
  awaited: Awaited | null;
  end: End | null;
  announced: string[];
  answered_by: string | null;
  decision: Decision | null;
}

export interface Onward {
  how: "offered" | "late" | "full" | "empty" | "unanswered";
  source: string;
  seconds: number;
  to: Place;
}

export interface Way {
  did: string;
  to: string;
  from: string | null;
  at: string;
  press: string;
  answers: Record<string, string>;
  end: Place;
  after: Onward[];
}

export interface Ways {
  ways: Way[];
  count: number;
  is_whole: boolean;
}

/** Which menus: a version, the draft, a text of their sections; none of them: those in force. */
export interface MenusMeant {
  version?: number;
  is_draft?: boolean;
  text?: string;
}

export interface CallWanted extends MenusMeant {
  to: string;
  caller: string;
  at: string | null;
  ready: string[] | null;
  answers: Record<string, string>;
  acts: string[];
  press: string | null;
}
