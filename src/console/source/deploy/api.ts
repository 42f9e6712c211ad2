/** What the deploy page asks of the server. */

import { language } from "../preferences.ts";
import { ask, post, type Answer } from "../server.ts";
import type { Applied, Diff, Now, Overview, Plan, Trial } from "./shapes.ts";

const PATIENCE = 60_000;

function get<T>(path: string): Promise<Answer<T>> {
  return ask<T>(`/api/deploy${path}`, { signal: AbortSignal.timeout(PATIENCE) });
}

const inLanguage = () => `?language=${language.value}`;

export const api = {
  now: () => get<Now>("/now"),
  overview: () => get<Overview>(""),
  plan: () => get<Plan>(`/plan${inLanguage()}`),
  files: () => get<{ files: string }>("/files"),
  wayBack: (generation: number) => get<Plan>(`/rollback/${generation}${inLanguage()}`),
  diff: (before: number, after: number) => get<Diff>(`/diff/${before}/${after}${inLanguage()}`),
  apply: (plan: string, confirmWithin: number | null, allowShrink: boolean) =>
    post<Applied>("/api/deploy/apply", { plan, confirm_within: confirmWithin, allow_shrink: allowShrink }),
  goBack: (generation: number, plan: string, allowShrink: boolean) =>
    post<Applied>("/api/deploy/rollback", { generation, plan, allow_shrink: allowShrink }),
  confirm: () => post<Trial>("/api/deploy/confirm", {}),
};
