/** The words of the page of menus in the chosen language. */

import { language } from "../preferences.ts";
import type { PaneWords } from "./pane.ts";
import { en as editorEn, type EditorWords } from "../words/editor.en.ts";
import { fr as editorFr, phrases } from "../words/editor.fr.ts";
import { en, type MenusWords } from "../words/menus.en.ts";
import { fr } from "../words/menus.fr.ts";
import { tree } from "./state.ts";

export function words(): MenusWords {
  return language.value === "fr" ? fr : en;
}

/** Those of the editor. */
export function editorWords(): EditorWords {
  return language.value === "fr" ? editorFr : editorEn;
}

/** Those of the pane in it: what readers are told of it, and CodeMirror's own. */
export function paneWords(): PaneWords {
  const { label, description } = editorWords();
  return { label, description, phrases: language.value === "fr" ? phrases : {} };
}

/** A way as figures call it, for people: "key 2", "case 1", "no_input". */
export function wayInWords(way: string): string {
  const [kind, ...rest] = way.split(" ");
  return [words().ways[kind!] ?? kind, ...rest].join(" ");
}

/** Where a way led: an id of the menus as it is, a place outside with its kind. */
export function placeInWords(place: string): string {
  const [kind, of] = place.split(":");
  if (of === undefined) return words().places[place] ?? place;
  // The tree knows which of them are no persons, but phones of a place.
  const drawn = kind === "person" ? tree.value?.boxes.find((box) => box.of === place) : undefined;
  return drawn?.note ?? `${words().places[kind!] ?? kind} ${of}`;
}

/** A number with so many places behind the point, or the comma. */
export function decimal(value: number, places: number): string {
  return value.toLocaleString(language.value, { minimumFractionDigits: places, maximumFractionDigits: places });
}

/** What stands at a drawn way: keys and values as they are, the words of the picture in the chosen language. */
export function labelInWords(label: string): string {
  return label.replace(/(^|, )([a-z_]+)(?= ×|,|$| \()/g, (_, before: string, word: string) => before + (words().labels[word] ?? word));
}
