/** Today's calls: what was received, and what became of it. The figures after "=" add up to the one before it. */

import { health, today } from "../live/state.ts";
import type { TodayCard } from "../live/board.ts";
import { percent } from "../format.ts";
import { language, words } from "../preferences.ts";

const PARTS = ["handled", "self_service", "voicemail", "callback", "overflowed", "dissuaded", "abandoned", "technical"] as const;

export function Today() {
  const say = words();
  const card = today.value;
  return (
    <section class={`panel today ${health.value.state === "feedLost" ? "frozen" : ""}`} aria-label={say.today}>
      <dl class="sum">
        <Figure name="received" label={say.received} value={card?.received} />
        {PARTS.map((part) => (
          <Figure key={part} name={part} label={say.counts[part]} value={card?.[part]} />
        ))}
        <Figure name="in_progress" label={say.in_progress} value={card?.in_progress} />
      </dl>
      <dl class="rates">
        <Figure name="blocked" label={say.counts.blocked} value={card?.blocked} title={say.blockedApart} />
        <Rates card={card} />
      </dl>
    </section>
  );
}

interface FigureProps {
  name: string;
  label: string;
  value: number | undefined;
  title?: string;
}

function Figure({ name, label, value, title = "" }: FigureProps) {
  return (
    <div class={`figure ${name} ${value ? "" : "none"}`} title={title}>
      <dt>{label}</dt>
      <dd>{value ?? "–"}</dd>
    </div>
  );
}

function Rates({ card }: { card: TodayCard | null }) {
  const say = words();
  return (
    <>
      <Rate label={say.service} value={card?.service_rate} formula={say.serviceFormula} />
      <Rate label={say.abandonment} value={card?.abandon_rate} formula={say.abandonmentFormula} />
    </>
  );
}

function Rate({ label, value, formula }: { label: string; value: number | null | undefined; formula: string }) {
  return (
    <div class={`figure rate ${value == null ? "none" : ""}`}>
      <dt>{label}</dt>
      <dd>{percent(value ?? null, language.value)}</dd>
      <dd class="formula">{formula}</dd>
    </div>
  );
}
