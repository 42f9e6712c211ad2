/** For administrators: what the deploy page would ask of them, as a badge that leads there. Nothing when all is well. */

import { useEffect, useState } from "preact/hooks";
import { company } from "../live/state.ts";
import { timeOfDay } from "../format.ts";
import { language, words } from "../preferences.ts";
import { api } from "../deploy/api.ts";
import type { Now } from "../deploy/shapes.ts";
import { Icon } from "./Icon.tsx";

const PAUSE = 20_000;

export function DeployNews() {
  const [now, setNow] = useState<Now | null>(null);
  useEffect(() => {
    let timer = 0;
    let isWanted = true;
    const look = async () => {
      const answer = document.hidden ? null : await api.now();
      if (!isWanted) return;
      if (answer !== null) setNow(answer.ok ? answer.value : null);
      timer = window.setTimeout(() => void look(), PAUSE);
    };
    void look();
    return () => {
      isWanted = false;
      window.clearTimeout(timer);
    };
  }, []);
  const text = now === null ? null : told(now);
  if (text === null) return null;
  return (
    <a class="deploy-news" href="/deploy">
      <Icon name={now?.trial ? "in_progress" : "late"} />
      {text}
    </a>
  );
}

function told({ trial, drift }: Now): string | null {
  const say = words().deployNews;
  if (trial) return say.trial(timeOfDay(trial.until, language.value, company.value?.time_zone ?? "UTC"));
  if (drift === null) return null;
  if (drift.files.length + drift.asterisk.length > 0) return say.drift;
  if (drift.restarts.length > 0) return say.restart;
  return drift.pending > 0 ? say.pending(drift.pending) : null;
}
