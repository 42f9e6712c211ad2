/** The state of a call that is tried: what is chosen for it, what the caller did, and how far it came. */

import { batch, computed, signal } from "@preact/signals";
import type { Answer, Problem } from "../server.ts";
import { api } from "./api.ts";
import { walkedOf } from "./entries.ts";
import type { MenuProblem } from "./shapes.ts";
import { edited, overview } from "./state.ts";
import type { CallWanted, Choices, MenusMeant, Place, Tried, Way, Ways } from "./tried.ts";

/** Which menus: "now", "draft", "text" (as it is edited), or a version. */
export type Which = "now" | "draft" | "text" | number;

export interface Wish {
  which: Which;
  to: string;
  caller: string;
  /** "2026-11-23T10:00" on the company's clock; "": now. */
  at: string;
  ready: "all" | "none" | readonly string[];
  /** What the caller does, as one plan; "": act by act. */
  plan: string;
}

export const wish = signal<Wish>({ which: "now", to: "", caller: "", at: "", ready: "all", plan: "" });
/** What is chosen, as long as it is there: a draft is published, an editor is closed. */
export const which = computed<Which>(() => {
  const chosen = wish.value.which;
  const isGone = (chosen === "draft" && !overview.value?.draft) || (chosen === "text" && edited.value === null);
  return isGone ? "now" : chosen;
});
export const choices = signal<Choices | null>(null);
export const tried = signal<Tried | null>(null);
export const ways = signal<Ways | null>(null);
export const isTrying = signal(false);
export const isReaching = signal(false);
export const refusal = signal<(Problem & { problems?: MenuProblem[] }) | null>(null);
export const walked = computed(() => walkedOf(tried.value?.steps ?? []));

/** The call that is on: what every act of it is asked with, and after how many steps each act came. */
let call: CallWanted | null = null;
let came: number[] = [];
/** What was done while the last act was on its way. */
let ahead: string[] = [];
/** The newest question, with its acts: only its answer counts. */
let asking: readonly [CallWanted, number[]] | null = null;

export function choose(part: Partial<Wish>): void {
  wish.value = { ...wish.value, ...part };
}

export async function load(): Promise<void> {
  const answer = await api.choices();
  if (!answer.ok) return refuse(answer.problem);
  choices.value = answer.value;
  refusal.value = null;
  if (!answer.value.dids.some(({ id }) => id === wish.value.to)) choose({ to: answer.value.dids[0]?.id ?? "" });
}

/** Call, with what is chosen. */
export async function begin(answers: Record<string, string> = {}): Promise<void> {
  const { to, caller, at, ready, plan } = wish.value;
  const people = ready === "all" ? null : ready === "none" ? [] : [...ready];
  const number = caller.replace(/[\s().-]/g, "");
  call = null;
  ahead = [];
  tried.value = null;
  const press = plan.trim() || null;
  await ask({ ...meant(which.value), to, caller: number, at: at || null, ready: people, answers, acts: [], press }, []);
}

/** Do what the call waits for: keys, "w" to wait, "h" to hang up, "say:sales", or seconds of speech. */
export function act(word: string): void {
  if (isTrying.value) ahead.push(word);
  else if (tried.value?.awaited) void done(word);
}

/** Say what a step is answered, and go on from there: what the caller did after it is not done. */
export function answer(node: string, reply: string, step: number): void {
  if (call === null || isTrying.value) return;
  const before = came.filter((steps) => steps <= step);
  const acts = call.acts.slice(0, before.length);
  void ask({ ...call, acts, answers: { ...call.answers, [node]: reply } }, before);
}

export function answered(node: string): string {
  return call?.answers[node] ?? "";
}

/** Have the call that is on told in another language. */
export async function retell(): Promise<void> {
  if (isTrying.value && asking !== null) await ask(...asking);
  else if (call !== null) await ask(call, came);
}

/** Every way to a place. */
export async function reach({ kind, id }: Place): Promise<void> {
  isReaching.value = true;
  const answer = await api.ways({ ...meant(which.value), kind, id, at: wish.value.at || null });
  batch(() => {
    isReaching.value = false;
    ways.value = answer.ok ? answer.value : null;
    if (answer.ok) refusal.value = null;
    else refuse(answer.problem);
  });
}

/** Make the call of a way. */
export function play({ did, from, at, press, answers }: Way): void {
  choose({ to: did, caller: from ?? "", at: at.slice(0, 16), ready: "all", plan: press });
  void begin(answers);
}

function meant(chosen: Which): MenusMeant {
  if (chosen === "now") return {};
  if (chosen === "draft") return { is_draft: true };
  return chosen === "text" ? { text: edited.value ?? "" } : { version: chosen };
}

async function done(word: string): Promise<void> {
  if (call !== null) await ask({ ...call, acts: [...call.acts, word] }, [...came, tried.value?.steps.length ?? 0]);
}

/** Only what was answered is kept: an act that was refused was not done. */
async function ask(wanted: CallWanted, acted: number[]): Promise<void> {
  const mine = [wanted, acted] as const;
  asking = mine;
  isTrying.value = true;
  const answer: Answer<Tried> = await api.call(wanted);
  if (asking !== mine) return;
  batch(() => {
    isTrying.value = false;
    if (!answer.ok) return refuse(answer.problem);
    const { at, version } = answer.value;
    // The call stays in the menus and at the moment that it began with.
    call = { ...wanted, at, ...(version === null ? {} : { version }) };
    came = acted;
    refusal.value = null;
    tried.value = answer.value;
  });
  const [next, ...later] = ahead;
  const isOn = next !== undefined && tried.value?.awaited?.what === "keys";
  ahead = isOn ? later : [];
  if (isOn) await done(next);
}

function refuse(problem: Problem): void {
  ahead = [];
  refusal.value = problem;
}
