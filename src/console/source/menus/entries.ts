/** The steps of a tried call as the entries of a conversation: where the caller comes, what he hears, what he does. Pure. */

import type { Tree } from "./shapes.ts";
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

/** What a call went by: the nodes that it entered, and those that it left with the way that it took. */
export interface Walked {
  nodes: Set<string>;
  left: Map<string, Set<string>>;
}

export function walkedOf(steps: readonly Step[]): Walked {
  const nodes = new Set<string>();
  const left: Walked["left"] = new Map();
  for (const step of steps) {
    if (step.step === "entered") nodes.add(step.node);
    if (step.step === "left") left.set(step.node, (left.get(step.node) ?? new Set()).add(step.called));
  }
  return { nodes, left };
}

/** The places in a tree of the boxes and the ways of a call. Where several ways lead to one place, one was taken. */
export function walkedIn(tree: Tree, { nodes, left }: Walked): { boxes: Set<number>; ways: Set<number> } {
  const boxes = new Set(tree.boxes.flatMap((box, place) => (!box.is_pointer && nodes.has(box.of) ? [place] : [])));
  const ways = new Set<number>();
  tree.ways.forEach((way, place) => {
    const taken = left.get(tree.boxes[way.from]!.of);
    if (!way.called.some((called) => taken?.has(called))) return;
    ways.add(place);
    if (!tree.boxes[way.to]!.is_pointer) boxes.add(way.to);
  });
  return { boxes, ways };
}
