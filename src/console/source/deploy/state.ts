/** The deploy page's state: how things stand, the plan that is shown, the deed under way and what came of it. */

import { computed, signal } from "@preact/signals";
import { heard } from "../live/clock.ts";
import { code, type Answer, type Problem } from "../server.ts";
import { api } from "./api.ts";
import type { Applied, AuditLine, Entry, Now, Plan, PlanProblem, Refused, Trial, Work } from "./shapes.ts";

const CALM = 3000;
const BUSY = 700;
const PATIENCE = 3;
/** Nobody has read a plan sooner than this. */
const READING = 5000;

/** A plan as it was shown; `of` tells what it was made of. */
interface Shown {
  target: number | null;
  plan: Plan;
  of: string;
  /** By the browser's monotonic clock. */
  since: number;
}

export type Refusal = Problem & { problems?: PlanProblem[]; by?: string | null; since?: number | null };
export type Outcome =
  | { kind: "applied"; result: Applied }
  | { kind: "confirmed"; trial: Trial }
  | { kind: "reverted"; trial: Trial }
  | { kind: "refused"; problem: Refusal }
  | { kind: "unknown" };

export const standing = signal<Now | null>(null);
export const generations = signal<Entry[]>([]);
export const audit = signal<AuditLine[]>([]);
/** What keeps the page from hearing: null while it hears. */
export const silence = signal<Problem | null>(null);
export const shown = signal<Shown | null>(null);
/** Which plan is being made: a generation to go back to, or null for what the database wants. */
export const looking = signal<{ target: number | null } | null>(null);
export const lookingFailed = signal<Refusal | null>(null);
/** The deed of this page that was asked for and not answered yet. */
export const asked = signal<Work | null>(null);
export const outcome = signal<Outcome | null>(null);
export const acceptsHarm = signal(false);
export const acceptsShrinking = signal(false);

/** The deed under way, whoever asked for it. */
export const work = computed(() => standing.value?.work ?? asked.value);

/** Was the database saved, or something applied, since the plan was made? */
export const isOutdated = computed(() => {
  const plan = shown.value;
  return plan !== null && standing.value !== null && work.value === null && plan.of !== basis(standing.value);
});

function basis(now: Now): string {
  return `${now.in_force?.generation ?? 0} of ${now.wanted}`;
}

/** Did the connection break while the deed of this page was under way? */
let isUnanswered = false;
/** The trial that was seen last, as long as what was tried is in force. */
let tried: Trial | null = null;
/** How often it was seen to be over without an answer to this page. */
let overdue = 0;

// --- following

let timer = 0;
let isAsking = false;

/** Ask how things stand, now and from then on; sooner while something is under way. */
export async function follow(): Promise<void> {
  window.clearTimeout(timer);
  if (isAsking) return;
  isAsking = true;
  const answer = await api.now();
  isAsking = false;
  take(answer);
  if (!document.hidden || work.value !== null) {
    timer = window.setTimeout(() => void follow(), work.value === null ? CALM : BUSY);
  }
}

function take(answer: Answer<Now>): void {
  if (!answer.ok) {
    if (isGone(answer.problem)) return;
    silence.value = answer.problem;
    return;
  }
  silence.value = null;
  const before = standing.value;
  const now = answer.value;
  heard(now.now);
  standing.value = now;
  settle(before, now);
  if (tried !== null && now.trial === null && now.in_force?.generation === tried.base) {
    outcome.value = { kind: "reverted", trial: tried };
  }
  // Its end and the way back are not of one moment.
  if (now.trial !== null || now.in_force?.generation !== tried?.generation) tried = now.trial;
  if (before === null || news(before) !== news(now)) void list();
  // A page that shows nothing to lose follows by itself; what somebody reads stays until he asks for another.
  const plan = shown.value;
  const isIdle =
    plan === null || (plan.target === null && (plan.plan.is_empty || performance.now() - plan.since < READING));
  const failed = lookingFailed.value;
  if (failed !== null && (failed.status === 0 || (code(failed) === "busy" && now.work === null))) lookingFailed.value = null;
  if (now.work === null && asked.value === null && looking.value === null && lookingFailed.value === null && isIdle) {
    if (plan === null || plan.of !== basis(now) || drifted(before) !== drifted(now)) void look(null);
  }
}

/** Take up how a deed ended that nobody told this page of: its connection broke, or it was somebody else's. */
function settle(before: Now | null, now: Now): void {
  const mine = asked.value;
  const last = now.last;
  const isOver = last !== null && now.work === null;
  if (mine !== null && isOver && last.deed === mine.deed && last.since >= mine.since) {
    // The answer says the same, and is on its way unless the connection broke.
    if (isUnanswered || ++overdue > PATIENCE) ended(last.result, last.problem);
  } else if (mine === null && before?.work && isOver && last.since === before.work.since) {
    ended(last.result, last.problem);
  } else if (mine !== null && now.work === null && isUnanswered) {
    asked.value = null;
    outcome.value = { kind: "unknown" };
    shown.value = null;
  }
}

function ended(result: Applied | null, problem: Refused | null): void {
  asked.value = null;
  shown.value = null;
  if (result !== null) outcome.value = { kind: "applied", result };
  else if (problem !== null) outcome.value = { kind: "refused", problem: { ...problem, status: 409, type: problem.code } };
}

/** What makes it worth to list generations and the audit trail again. */
function news(now: Now): string {
  return JSON.stringify([now.in_force, now.trial, now.wanted, drifted(now)]);
}

function drifted(now: Now | null): string {
  const drift = now?.drift;
  return drift ? JSON.stringify([drift.files, drift.asterisk, drift.restarts, drift.is_asterisk_read]) : "";
}

async function list(): Promise<void> {
  const answer = await api.overview();
  if (!answer.ok) {
    isGone(answer.problem);
    return;
  }
  generations.value = answer.value.generations;
  audit.value = answer.value.audit;
}

/** Signed out, or no administrator any more: this page is not for him. */
function isGone(problem: Problem): boolean {
  const why = code(problem);
  if (why === "not-signed-in" || why === "must-set-password") location.replace("/sign-in?to=deploy");
  else if (why === "not-allowed") location.replace("/");
  else return false;
  return true;
}

// --- looking

/** Make the plan: of what the database wants, or of going back to a generation. The last wish counts. */
export async function look(target: number | null): Promise<void> {
  const wish = { target };
  looking.value = wish;
  lookingFailed.value = null;
  if (standing.value === null) await follow();
  const of = standing.value === null ? "" : basis(standing.value);
  const answer = target === null ? await api.plan() : await api.wayBack(target);
  if (looking.value !== wish) return;
  looking.value = null;
  if (!answer.ok) {
    if (!isGone(answer.problem)) lookingFailed.value = answer.problem;
    return;
  }
  acceptsHarm.value = false;
  acceptsShrinking.value = false;
  shown.value = { target, plan: answer.value, of, since: performance.now() };
}

// --- doing

/** Put the plan that is shown into force. `confirmWithin` in seconds; null: for good. */
export async function apply(confirmWithin: number | null): Promise<void> {
  const plan = shown.value;
  if (plan === null || work.value !== null) return;
  const { target } = plan;
  const identity = plan.plan.plan;
  const deed = begin(target === null ? "deploy.apply" : "deploy.rollback");
  finish(
    deed,
    target === null
      ? await api.apply(identity, confirmWithin, acceptsShrinking.value)
      : await api.goBack(target, identity, acceptsShrinking.value),
  );
}

/** Keep what is on trial. */
export async function confirm(): Promise<void> {
  if (work.value !== null) return;
  begin("deploy.confirm");
  const answer = await api.confirm();
  asked.value = null;
  if (answer.ok) {
    outcome.value = { kind: "confirmed", trial: answer.value };
    tried = null;
    if (shown.value?.target != null) shown.value = null; // nobody goes back who has just kept it
  } else if (!isGone(answer.problem)) outcome.value = { kind: "refused", problem: answer.problem };
  void follow();
}

function begin(deed: string): Work {
  const now = standing.value;
  outcome.value = null;
  isUnanswered = false;
  overdue = 0;
  const begun = { deed, by: "", since: now?.now ?? 0, base: now?.in_force?.generation ?? null };
  asked.value = begun;
  void follow();
  return begun;
}

function finish(deed: Work, answer: Answer<Applied>): void {
  if (asked.value !== deed) return; // it was heard of already
  if (answer.ok) {
    ended(answer.value, null);
  } else if (answer.problem.status === 0) {
    isUnanswered = true; // whether it is done is asked as soon as somebody answers
  } else if (!isGone(answer.problem)) {
    asked.value = null;
    outcome.value = { kind: "refused", problem: answer.problem };
    // What was refused for its age is shown anew only when it is asked for.
    if (code(answer.problem) === "refused" || code(answer.problem) === "on-trial") shown.value = null;
  }
  void follow();
}
