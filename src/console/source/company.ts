/** Whose a page is, for who may see several companies: the one in the address, else the one looked at last, else the first. */

import { recall, remember } from "./preferences.ts";
import type { Session } from "./server.ts";

const PLACE = "company";

/** The company of this page, by its id; null: there is none to see, or it is not known yet. */
export let named: string | null = new URLSearchParams(location.search).get(PLACE);

/** Once it is known who looks. What is in the address afterwards can be sent to somebody else, and opened again. */
export function settle({ companies }: Session): void {
  const seen = [named, recall(PLACE)].find((id) => companies.some((company) => company.id === id));
  named = seen ?? companies[0]?.id ?? null;
  if (companies.length < 2 || named === null) return;
  remember(PLACE, named);
  history.replaceState(null, "", of(named));
}

/** Look at another one, on the same page. */
export function turnTo(id: string): void {
  location.assign(of(id));
}

function of(id: string): URL {
  const address = new URL(location.href);
  address.searchParams.set(PLACE, id);
  return address;
}
