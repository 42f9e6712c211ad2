/** A titled part of the board. A live one says so when it is not. */

import type { ComponentChildren } from "preact";
import { company, frozenAt, health } from "../live/state.ts";
import { timeOfDay } from "../format.ts";
import { language, words } from "../preferences.ts";

interface Props {
  id: string;
  title: string;
  count?: number;
  isLive?: boolean;
  children: ComponentChildren;
}

export function Panel({ id, title, count, isLive = true, children }: Props) {
  // What comes from the database is old only when nothing comes at all.
  const frozen = isLive || health.value.state === "feedLost" ? frozenAt.value : null;
  return (
    <section class={`panel ${id} ${frozen === null ? "" : "frozen"}`} aria-labelledby={`${id}-title`}>
      <header>
        <h2 id={`${id}-title`}>
          {title}
          {count !== undefined && <span class="count">{count}</span>}
        </h2>
        {frozen !== null && (
          <p class="frozen-at">{words().frozen(timeOfDay(frozen, language.value, company.value?.time_zone ?? "UTC", true))}</p>
        )}
      </header>
      {children}
    </section>
  );
}

/** What a panel says when it has nothing to show. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
