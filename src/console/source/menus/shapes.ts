/** What the server tells of menus, as src/cordboard/house/menus.py gives it. */

export interface Box {
  /** The id of its node; of a place outside its kind and id, "queue:sales". */
  of: string;
  kind: string;
  title: string;
  note: string;
  is_pointer: boolean;
  x: number;
  y: number;
}

/** `from` and `to` are places in the list of boxes; `called`: what figures call it, "key 2" for one. */
export interface Way {
  from: number;
  to: number;
  label: string;
  called: string[];
}

export interface Tree {
  width: number;
  height: number;
  box: [number, number];
  boxes: Box[];
  ways: Way[];
}

export interface Version {
  version: number;
  state: "waiting" | "on trial" | "in force" | "superseded" | "withdrawn";
  by: string;
  published_at: string;
  starts: string | null;
  share: number | null;
  did: string | null;
  withdrawn_at: string | null;
  withdrawn_by: string | null;
  /** In words; null where it is not known. */
  changes: string[] | null;
}

export interface Draft {
  by: string;
  made_at: string;
  is_checked: boolean;
  changes: string[] | null;
}

export interface Overview {
  /** Seconds since the epoch, by the server's clock. */
  now: number;
  company: string;
  time_zone: string;
  dids: Record<string, string>;
  tree: Tree;
  draft: Draft | null;
  versions: Version[];
  may_publish: boolean;
}

export interface Times {
  mean: number | null;
  median: number | null;
  p90: number | null;
}

export interface NodeFigures {
  calls: number;
  visits: number;
  hung_up: number;
  silent: number;
  wrong: number;
  seconds: Times;
  /** Way -> where it led -> how many visits. */
  ways: Record<string, Record<string, number>>;
}

export interface Figures {
  from: string;
  to: string;
  calls: number;
  compiled: number;
  unseen: number;
  in_progress: number;
  /** Nobody saw where in the menus they were. */
  unfollowed: number;
  /** Came to no menu. */
  elsewhere: number;
  nodes: Record<string, NodeFigures>;
  /** Place -> outcome -> how many calls. */
  exits: Record<string, Record<string, number>>;
  zero_outs: Record<string, number>;
  to_exit: Times;
}

export interface Row {
  part: string;
  of: string;
  way: string;
  name: string;
  before: number | null;
  after: number | null;
  difference: number | null;
}

export interface Comparison {
  before: number;
  after: number;
  changes: string[];
  figures: Row[];
}

export interface MenuProblem {
  where: string;
  what: string;
  cure: string;
  is_warning: boolean;
}

/** One of a text: at a line of it, 0 for none. */
export interface TextProblem extends MenuProblem {
  line: number;
  column: number;
}

/** What a text was written from: when the draft was made, and the newest version. */
export interface Basis {
  draft: string | null;
  version: number | null;
}

/** Who drafted and published last, and what a text of now is written from. */
export interface Standing {
  draft: { by: string; made_at: string; is_checked: boolean } | null;
  version: { version: number; by: string; published_at: string } | null;
  basis: Basis;
}

export interface MenuText extends Standing {
  text: string;
}

/** What came of a text; without a tree nothing of it can be read. */
export interface Judged {
  problems: TextProblem[];
  changes: string[];
  not_taken: string[];
  tree: Tree | null;
}

export interface Kept {
  draft: { by: string; made_at: string; is_checked: boolean };
  basis: Basis;
}

/** Whose calls enter a version first, and from when on (on the company's clock); null: all of them, at once. */
export interface Terms {
  share: number | null;
  did: string | null;
  starts: string | null;
}

export interface Published {
  version: { version: number; starts: string | null };
  changes: string[];
  problems: MenuProblem[];
}
