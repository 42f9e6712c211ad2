/** The words of tried calls in the chosen language. */

import { language } from "../preferences.ts";
import { tryEn, type TryWords } from "../words/try.en.ts";
import { tryFr } from "../words/try.fr.ts";
import { isMove } from "./entries.ts";
import type { Place } from "./tried.ts";
import { wayInWords } from "./words.ts";

export function tryWords(): TryWords {
  return language.value === "fr" ? tryFr : tryEn;
}

/** "queue Billing", "menu English", "hang up" */
export function placeOf({ kind, id, name }: Place): string {
  return `${tryWords().kinds[kind] ?? kind} ${name || id}`.trim();
}

/** "key 2", "key 9, again" */
export function byWay(called: string, to: Place): string {
  const way = called === "then" ? "" : wayInWords(called);
  return isMove(to) ? [way, tryWords().kinds[to.kind]].filter(Boolean).join(", ") : way;
}
