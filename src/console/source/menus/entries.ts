/** The steps of a tried call as the entries of a conversation: where the caller comes, what he hears, what he does. Pure. */

import type { Place, Step } from "./tried.ts";

export type Entry = { at: number } & (
  | { is: "place"; by: string; kind: string; name: string; id: string; hours: string }
  | { is: "heard"; prompt: string; language: string; texts: string[]; lacking: string[]; seconds: number; key: string | null }
  | { is: "step"; step: Step }
);

/** Sounds of one prompt are one entry, and so are a way and the place that it leads to. */
export function entriesOf(steps: readonly Step[], byWay: (called: string, to: Place) => string): Entry[] {
  const entries: Entry[] = [];
  let by = "";
  let prompt = "";
  for (const step of steps) {
    const { at } = step;
    const last = entries.at(-1);
    if (step.step === "left") {
      by = byWay(step.called, step.to);
      if (isOutside(step.to)) entries.push({ at, is: "place", by, hours: "", ...step.to });
    } else if (step.step === "entered") {
      const { kind, name, node, hours } = step;
      entries.push({ at, is: "place", by, kind, name, id: node, hours });
      by = "";
    } else if (step.step === "prompted") {
      prompt = step.prompt;
    } else if (step.step === "played") {
      const text = step.says || step.sound;
      const lacking = step.seconds === null ? [text] : [];
      if (last?.is === "heard" && last.prompt === prompt && last.language === step.language && last.key === null) {
        last.texts.push(text);
        last.lacking.push(...lacking);
        last.seconds += step.seconds ?? 0;
        last.key = step.key;
      } else {
        entries.push({ at, is: "heard", prompt, language: step.language, texts: [text], lacking, seconds: step.seconds ?? 0, key: step.key });
      }
    } else {
      prompt = "";
      entries.push({ at, is: "step", step });
    }
  }
  return entries;
}

const MOVES = new Set(["repeat", "back", "top"]);

export function isMove(place: Place): boolean {
  return MOVES.has(place.kind);
}

function isOutside(place: Place): boolean {
  return place.kind !== "" && !isMove(place);
}

/** What a tree calls a place: the id of a node, "queue:sales" outside; "" for a move and for the end. */
export function boxOf({ kind, id }: Place): string {
  if (kind === "") return id;
  return isMove({ kind, id, name: "" }) || id === "" ? "" : `${kind === "phone" ? "person" : kind}:${id}`;
}

/** What of a tree a call went by: its boxes, and its ways as "from>to". */
export function walkedOf(steps: readonly Step[]): { boxes: Set<string>; ways: Set<string> } {
  const boxes = new Set<string>();
  const ways = new Set<string>();
  for (const step of steps) {
    if (step.step === "entered") boxes.add(step.node);
    if (step.step !== "left") continue;
    const to = boxOf(step.to);
    if (to === "") continue;
    boxes.add(to);
    ways.add(`${step.node}>${to}`);
  }
  return { boxes, ways };
}
