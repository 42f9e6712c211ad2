/** The deed under way with its steps, and what came of the last one. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { duration } from "../format.ts";
import { now } from "../live/clock.ts";
import { Icon, type IconName } from "../parts/Icon.tsx";
import { language, words as common } from "../preferences.ts";
import { code } from "../server.ts";
import { told } from "./Plan.tsx";
import { Problems } from "./Problems.tsx";
import type { Applied, Work } from "./shapes.ts";
import { look, outcome, shown, standing, work, type Refusal } from "./state.ts";
import { words } from "./words.ts";

export function Deed() {
  const say = words();
  const under = work.value;
  const found = outcome.value;
  return (
    <div class="deed" aria-live="polite">
      {under && under.deed !== "deploy.confirm" && <Progress work={under} />}
      {!under && found?.kind === "applied" && <Result result={found.result} />}
      {!under && found?.kind === "refused" && <Refused problem={found.problem} />}
      {!under && found?.kind === "confirmed" && <Note>{say.confirmed(found.trial.generation)}</Note>}
      {!under && found?.kind === "reverted" && (
        <Note kind="fair">{say.reverted(found.trial.generation, found.trial.base)}</Note>
      )}
      {!under && found?.kind === "unknown" && <Note kind="fair">{say.unknown}</Note>}
    </div>
  );
}

function Progress({ work: under }: { work: Work }) {
  const say = words();
  const isLoading = (standing.value?.in_force?.generation ?? null) !== under.base;
  return (
    <section class="panel progress">
      <h2>
        <Icon name="syncing" class="turning" />
        {say.deeds[under.deed] ?? under.deed} {under.by && <span class="quiet">{say.byWhom(under.by)}</span>}
        <span class="time" aria-hidden="true">
          {duration(now.value - under.since, common().day)}
        </span>
      </h2>
      <ol>
        <li class={isLoading ? "over" : "on"} aria-current={isLoading ? undefined : "step"}>
          {say.stepTry}
        </li>
        <li class={isLoading ? "on" : ""} aria-current={isLoading ? "step" : undefined}>
          {say.stepLoad}
        </li>
      </ol>
      <p class="quiet">{say.mayLeave}</p>
    </section>
  );
}

function Close() {
  return (
    <button
      type="button"
      class="plain close"
      onClick={() => {
        outcome.value = null;
      }}
    >
      {words().dismiss}
    </button>
  );
}

interface TitleProps {
  kind: keyof typeof ICONS;
  children: ComponentChildren;
}

const ICONS = { good: "ready", fair: "late", bad: "abandoned" } as const satisfies Record<string, IconName>;

/** What came of it. Who pressed a button that is gone now finds himself here. */
function Title({ kind, children }: TitleProps) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) title.current?.focus();
  }, []);
  return (
    <h2 tabIndex={-1} ref={title}>
      <Icon name={ICONS[kind]} />
      <span>{children}</span>
      <Close />
    </h2>
  );
}

function Note({ kind = "good", children }: { kind?: keyof typeof ICONS; children: ComponentChildren }) {
  return (
    <section class={`panel result ${kind}`}>
      <Title kind={kind}>{children}</Title>
    </section>
  );
}

function Result({ result }: { result: Applied }) {
  const say = words();
  const seconds = (value: number) => new Intl.NumberFormat(language.value, { maximumFractionDigits: 1 }).format(value);
  const kind = result.failed !== null ? "bad" : result.is_verified ? "good" : "fair";
  const title =
    result.failed !== null
      ? say.failed(result.failed)
      : `${say.done(result.generation ?? 0)}, ${result.is_verified ? say.doneProven : say.doneUnproven(result.reason)}`;
  const { people, rehearsal } = result;
  const facts = [
    result.failed !== null && result.reason,
    ...result.differences.map(told),
    result.failed !== null && result.generation !== null && say.failedBack(result.generation),
    rehearsal && (rehearsal.held ? say.rehearsed(rehearsal.version, seconds(rehearsal.seconds)) : say.notRehearsed(rehearsal.problems.join("; "))),
    ...(rehearsal?.notes ?? []),
    result.reloaded.length > 0 && say.reloads(result.reloaded.join(", ")),
    people && say.keptPeople(people.callers, people.agents),
    ...(people?.differences ?? []),
    people && people.missing.length > 0 && say.missing(people.missing.length, people.back.length),
    result.kept.length > 0 && say.keptContexts(result.kept.join(", ")),
    result.restarts.length > 0 && say.restart(result.restarts.join(", ")),
  ].filter((fact) => typeof fact === "string");
  return (
    <section class={`panel result ${kind}`}>
      <Title kind={kind}>
        {title} <span class="quiet time">{say.took(seconds(result.seconds))}</span>
      </Title>
      <ul>
        {facts.map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
    </section>
  );
}

function Refused({ problem }: { problem: Refusal }) {
  const say = words();
  const why = code(problem);
  return (
    <section class="panel result bad">
      <Title kind="bad">{say.refusals[why] ?? say.failedOtherwise}</Title>
      {problem.problems ? (
        <Problems problems={problem.problems} />
      ) : (
        why !== "stale" && problem.detail && <p class="quiet">{problem.detail}</p>
      )}
      {why === "stale" && (
        <p class="acts">
          <button
            type="button"
            onClick={() => {
              outcome.value = null;
              void look(shown.value?.target ?? null);
            }}
          >
            {say.showNew}
          </button>
        </p>
      )}
    </section>
  );
}
