/** What the server tells of the configuration. Moments are seconds since the epoch. */

export interface Trial {
  generation: number;
  base: number;
  by: string;
  until: number;
}

export interface Difference {
  place: "file" | "asterisk";
  kind: string;
  name: string;
  expected: string;
  found: string;
  is_foreign: boolean;
  is_mended?: boolean;
}

export interface Drift {
  pending: number;
  files: Difference[];
  asterisk: Difference[];
  is_asterisk_read: boolean;
  is_database_read: boolean;
  restarts: string[];
}

export interface InForce {
  generation: number;
  by: string;
  created: number;
  state: string;
  is_verified: boolean;
  since: number;
  reason: string;
}

export interface Work {
  deed: string;
  by: string;
  since: number;
  base: number | null;
}

export interface Rehearsal {
  held: boolean;
  passed: boolean;
  problems: string[];
  notes: string[];
  seconds: number;
  version: string;
}

export interface Applied {
  generation: number | null;
  is_verified: boolean;
  failed: number | null;
  reason: string;
  differences: Difference[];
  reloaded: string[];
  restarts: string[];
  kept: number[];
  people: { callers: number; agents: number; differences: string[]; missing: unknown[]; back: unknown[] } | null;
  rehearsal: Rehearsal | null;
  trial: Trial | null;
  seconds: number;
}

export interface Refused {
  code: string;
  detail: string;
  problems?: PlanProblem[];
}

export interface Now {
  now: number;
  in_force: InForce | null;
  trial: Trial | null;
  drift: Drift | null;
  wanted: string;
  work: Work | null;
  last: (Work & { result: Applied | null; problem: Refused | null }) | null;
}

export interface Entry {
  generation: number;
  state: string;
  reason: string;
  is_in_force: boolean;
  may_return: boolean;
  base: number | null;
  by: string;
  created: number;
  changes: string[];
  calls: number | null;
}

export interface AuditLine {
  at: number;
  by: string;
  action: string;
  detail: string;
  company: string | null;
}

export interface Overview extends Now {
  generations: Entry[];
  audit: AuditLine[];
}

export interface PlanProblem {
  where: string;
  row: string;
  what: string;
  cure: string;
  is_warning: boolean;
  is_shrinking: boolean;
}

export interface Effect {
  text: string;
  is_harmful: boolean;
}

export interface Author {
  by: string;
  at: number;
  revision: number;
}

export interface Change {
  action: "+" | "~" | "-";
  company: string;
  kind: string;
  name: string;
  section: string;
  sentences: string[];
  follows: { kind: string; name: string }[];
  authors: Author[];
  effects: Effect[];
  in_force: "import" | "apply" | "restart";
  reload: string[];
}

export interface Plan {
  plan: string;
  base: number | null;
  is_empty: boolean;
  is_refused: boolean;
  is_asterisk_read: boolean;
  problems: PlanProblem[];
  effects: Effect[];
  changes: Change[];
  counts: { add: number; change: number; remove: number; keep: number };
  drift: Difference[];
  reloads: string[];
  restarts: string[];
  target?: number;
}

export interface Diff {
  before: number;
  after: number;
  changes: Change[];
  files: string;
}
