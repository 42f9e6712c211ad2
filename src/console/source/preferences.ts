/** What somebody chose for this browser, remembered there: language, theme, whether callers' numbers are shown. */

import { effect, signal } from "@preact/signals";
import { en, type Words } from "./words/en.ts";
import { fr } from "./words/fr.ts";

export type Language = "en" | "fr";
export type Theme = "auto" | "dark" | "light";

const LANGUAGES: Record<Language, Words> = { en, fr };

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`cordboard.${key}`);
  } catch {
    return null; // storage may be forbidden: then nothing is remembered
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`cordboard.${key}`, value);
  } catch {
    // as above
  }
}

function remembered<T extends string>(key: string, allowed: readonly T[], otherwise: () => T) {
  const found = allowed.find((value) => value === recall(key));
  const choice = signal<T>(found ?? otherwise());
  let isFirst = true;
  effect(() => {
    const value = choice.value;
    if (isFirst) {
      isFirst = false;
      return;
    }
    remember(key, value);
  });
  return choice;
}

/** The first language of the browser that there are words for. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const language = tag.slice(0, 2).toLowerCase();
    if (language === "fr" || language === "en") return language;
  }
  return "en";
}

export const language = remembered<Language>("language", ["en", "fr"], () => preferredLanguage(navigator.languages));
export const theme = remembered<Theme>("theme", ["auto", "dark", "light"], () => "auto");
export const numbers = remembered<"shown" | "hidden">("numbers", ["shown", "hidden"], () => "shown");

/** The words in the chosen language; reading them in a component makes it follow the choice. */
export function words(): Words {
  return LANGUAGES[language.value];
}

/** Keeps the document in step with the choices. */
export function followPreferences(): void {
  effect(() => {
    document.documentElement.lang = language.value;
  });
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
  });
}
