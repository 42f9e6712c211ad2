/** The plan: what forbids it, what it costs, what changes, what drifted; and the way to put exactly it into force. */

import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../parts/Icon.tsx";
import { code } from "../server.ts";
import { api } from "./api.ts";
import { ApplyBar } from "./ApplyBar.tsx";
import { Changes } from "./Changes.tsx";
import { Lines } from "./Lines.tsx";
import { harms } from "./plan.ts";
import { Problems } from "./Problems.tsx";
import type { Difference, Plan } from "./shapes.ts";
import { isOutdated, look, looking, lookingFailed, shown, work } from "./state.ts";
import { words } from "./words.ts";

export function PlanPanel() {
  const say = words();
  const target = looking.value ? looking.value.target : (shown.value?.target ?? null);
  const title = useRef<HTMLHeadingElement>(null);
  const known = useRef(target);
  useEffect(() => {
    if (known.current !== target) title.current?.focus();
    known.current = target;
  }, [target]);
  return (
    <section class={`panel plan ${looking.value ? "looking" : ""}`} aria-labelledby="plan-title" aria-busy={looking.value !== null}>
      <header>
        <h2 id="plan-title" tabIndex={-1} ref={title}>
          {target === null ? say.plan : say.wayBack(target)}
        </h2>
        {target !== null && (
          <button type="button" class="plain" onClick={() => void look(null)}>
            {say.leave}
          </button>
        )}
        <button
          type="button"
          class="plain again"
          disabled={looking.value !== null || work.value !== null}
          onClick={() => void look(target)}
        >
          <Icon name="syncing" />
          {say.look}
        </button>
      </header>
      <Body />
    </section>
  );
}

function Body() {
  const say = words();
  const plan = shown.value;
  const failed = lookingFailed.value;
  if (failed) {
    return (
      <div class="refusal" role="alert">
        <p>
          <strong>{say.lookingFailed}</strong> {say.refusals[code(failed)] ?? say.failedOtherwise}
        </p>
        {failed.problems ? <Problems problems={failed.problems} /> : <p class="quiet">{failed.detail}</p>}
        <p class="acts">
          <button type="button" onClick={() => void look(null)}>
            {say.again}
          </button>
        </p>
      </div>
    );
  }
  if (plan === null || (looking.value !== null && looking.value.target !== plan.target)) {
    return (
      <p class="empty" role="status">
        {work.value === null ? say.looking : "…"}
      </p>
    );
  }
  return (
    <>
      {isOutdated.value && (
        <p class="outdated" role="status">
          <Icon name="late" />
          {say.outdated}
          <button type="button" onClick={() => void look(plan.target)}>
            {say.showNew}
          </button>
        </p>
      )}
      <Shown key={plan.plan.plan} plan={plan.plan} target={plan.target} />
    </>
  );
}

function Shown({ plan, target }: { plan: Plan; target: number | null }) {
  const say = words();
  const costs = harms(plan);
  const quiet = plan.effects.filter(({ is_harmful }) => !is_harmful);
  if (plan.is_empty && !plan.is_refused) {
    return (
      <>
        <div class="empty done">
          <Icon name="ready" />
          <p>
            <strong>{say.nothing}</strong>
            <br />
            {plan.is_asterisk_read && say.nothingWhy}
          </p>
        </div>
        <Problems problems={plan.problems} />
      </>
    );
  }
  const { add, change, remove } = plan.counts;
  return (
    <>
      {target !== null && <p class="quiet">{say.wayBackWhy}</p>}
      <p class="sum-up">
        {plan.base === null && `${say.first} `}
        <strong>{say.counts(add, change, remove) || say.onlyDrift}</strong>
      </p>
      <Problems problems={plan.problems} />
      {costs.length > 0 && (
        <section class="found errors harm">
          <h3>{say.harm}</h3>
          <ul>
            {costs.map((cost) => (
              <li key={cost} class="error">
                <Icon name="late" />
                {cost}
              </li>
            ))}
          </ul>
        </section>
      )}
      {quiet.length > 0 && (
        <section class="found calm">
          <h3>{say.calls}</h3>
          <ul>
            {quiet.map(({ text }) => (
              <li key={text}>
                <Icon name="ready" />
                {text}
              </li>
            ))}
          </ul>
        </section>
      )}
      <Changes changes={plan.changes} isNew={plan.base !== null && target === null} />
      <Drift plan={plan} />
      {target === null && <Lines read={api.files} />}
      {plan.reloads.length > 0 && <p class="quiet reloads">{say.reloads(plan.reloads.join(", "))}</p>}
      <ApplyBar plan={plan} target={target} costs={costs.length} />
    </>
  );
}

function Drift({ plan }: { plan: Plan }) {
  if (plan.drift.length === 0) return null;
  const say = words();
  return (
    <section class="part drift" id="drift">
      <h3>{say.drift(plan.base ?? 0)}</h3>
      <ul>
        {plan.drift.map((difference) => (
          <li key={`${difference.place}${difference.kind}${difference.name}`} class="change">
            <Icon name="late" />
            <div>
              <p class="sentence">{told(difference)}</p>
              <p class="quiet">{difference.is_mended ? say.mended : say.unmended}</p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What a hand did to a file, by the first word of what was found. */
function deedOf(found: string): "edited" | "removed" | "added" {
  const [first] = found.split(" ");
  return first === "removed" || first === "added" ? first : "edited";
}

/** One thing that is not as it was left. */
export function told({ place, kind, name, expected, found }: Difference): string {
  const say = words();
  if (place === "file" && kind === "file") return say.byHand[deedOf(found)](name);
  const what = `${kind} ${name}`;
  if (!found) return say.isMissing(what);
  return expected ? say.differs(what, found, expected) : say.notGenerated(what, found);
}
