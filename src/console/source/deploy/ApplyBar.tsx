/** The end of a plan: on trial or for good, what has to be accepted first, and the button for exactly this plan. */

import { useState } from "preact/hooks";
import { needsShrinkTick, stops } from "./plan.ts";
import type { Plan } from "./shapes.ts";
import { acceptsHarm, acceptsShrinking, apply, isOutdated, looking, standing, work } from "./state.ts";
import { words } from "./words.ts";

const MINUTES = [1, 2, 5, 10, 15, 30, 60];

interface Props {
  plan: Plan;
  target: number | null;
  /** How much harm it does now. */
  costs: number;
}

export function ApplyBar({ plan, target, costs }: Props) {
  const say = words();
  const [isOnTrial, setOnTrial] = useState(true);
  const [minutes, setMinutes] = useState(5);
  if (stops(plan)) return <p class="refused">{say.refusedWhy}</p>;
  const shrinking = needsShrinkTick(plan) ? plan.problems.filter(({ is_shrinking }) => is_shrinking) : [];
  // The first generation has nothing to go back to; going back is itself the way back.
  const mayTry = plan.base !== null && target === null;
  const isTrialFirst = target === null && standing.value?.trial != null;
  const mayNot =
    work.value !== null ||
    looking.value !== null ||
    isOutdated.value ||
    isTrialFirst ||
    (costs > 0 && !acceptsHarm.value) ||
    (shrinking.length > 0 && !acceptsShrinking.value);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!mayNot) void apply(mayTry && isOnTrial ? minutes * 60 : null);
  };
  return (
    <form class="apply" onSubmit={submit}>
      {costs > 0 && <Tick choice={acceptsHarm} label={say.acceptHarm} />}
      {shrinking.length > 0 && (
        <Tick
          choice={acceptsShrinking}
          label={say.acceptShrinking(shrinking.map(({ where, what }) => `${where}: ${what}`).join(", "))}
        />
      )}
      {mayTry && (
        <p class="trial-choice">
          <label>
            <input type="checkbox" checked={isOnTrial} onChange={(event) => setOnTrial(event.currentTarget.checked)} />
            <span id="trial-choice">{say.trialChoice}</span>
          </label>
          <select
            aria-labelledby="trial-choice"
            value={String(minutes)}
            disabled={!isOnTrial}
            onChange={(event) => setMinutes(Number(event.currentTarget.value))}
          >
            {MINUTES.map((count) => (
              <option key={count} value={String(count)}>
                {say.minutes(count)}
              </option>
            ))}
          </select>
        </p>
      )}
      <p class="acts">
        <button type="submit" class="main" disabled={mayNot}>
          {target === null ? say.apply : say.applyBack}
        </button>
        <span class="quiet">{isTrialFirst ? say.trialFirst : say.exactly(plan.plan)}</span>
      </p>
    </form>
  );
}

function Tick({ choice, label }: { choice: typeof acceptsHarm; label: string }) {
  return (
    <label class="tick">
      <input
        type="checkbox"
        checked={choice.value}
        onChange={(event) => {
          choice.value = event.currentTarget.checked;
        }}
      />
      <span>{label}</span>
    </label>
  );
}
