/** What the page of menus asks of the server. */

import { named } from "../company.ts";
import { language } from "../preferences.ts";
import { ask, post, type Answer } from "../server.ts";
import type { CallWanted, Choices, MenusMeant, Tried, Ways } from "./tried.ts";
import type { Basis, Comparison, Figures, Judged, Kept, MenuText, Overview, Published, Terms } from "./shapes.ts";

const PATIENCE = 60_000;
/** Days as the server takes them: "2026-11-22"; none: the week that ends today. */
export type Days = { from: string; to: string } | null;

function query(more: Record<string, string | number | null> = {}): string {
  const all = Object.entries({ company: named, language: language.value, ...more }).filter(([, value]) => value !== null);
  return new URLSearchParams(all.map(([name, value]) => [name, String(value)])).toString();
}

function get<T>(path: string, more?: Record<string, string | number | null>): Promise<Answer<T>> {
  return ask<T>(`/api/menus${path}?${query(more)}`, { signal: AbortSignal.timeout(PATIENCE) });
}

export const api = {
  overview: () => get<Overview>(""),
  figures: (days: Days, version: number | null) => get<Figures>("/figures", { ...days, version }),
  comparison: (days: Days, before: number, after: number) => get<Comparison>("/comparison", { ...days, before, after }),
  choices: () => get<Choices>("/choices"),
  call: (wanted: CallWanted) => post<Tried>(`/api/menus/call?${query()}`, wanted),
  ways: (wanted: MenusMeant & { kind: string; id: string; at: string | null }) => post<Ways>(`/api/menus/ways?${query()}`, wanted),
  text: () => get<MenuText>("/text"),
  check: (text: string) => post<Judged>(`/api/menus/check?${query()}`, { text }),
  keep: (text: string, basis: Basis) => post<Kept>(`/api/menus/draft?${query()}`, { text, basis }),
  publish: (draft: string, terms: Terms) => post<Published>(`/api/menus/publish?${query()}`, { draft, ...terms }),
  promote: (version: number) => post<Published>(`/api/menus/promote?${query()}`, { version }),
  unpublish: (version: number) => post<Published>(`/api/menus/unpublish?${query()}`, { version }),
};
