/** A text that was not saved yet, kept in this tab: it outlives a sign-in, a reload and a lost connection, and is gone
 * with the tab. Only who wrote it gets it back. */

import type { Basis } from "./shapes.ts";

export interface Unsaved {
  account: string;
  text: string;
  basis: Basis;
}

const name = (company: string | null) => `cordboard.menus.${company ?? ""}`;

export function keepHere(company: string | null, unsaved: Unsaved): void {
  try {
    sessionStorage.setItem(name(company), JSON.stringify(unsaved));
  } catch {
    // storage may be forbidden or full: then the text is in the page alone
  }
}

export function forget(company: string | null): void {
  try {
    sessionStorage.removeItem(name(company));
  } catch {
    // as above
  }
}

export function left(company: string | null, account: string): Unsaved | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(name(company)) ?? "null") as Unsaved | null;
    return found?.account === account ? found : null;
  } catch {
    return null; // as above
  }
}
