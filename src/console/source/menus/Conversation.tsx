/** What happens in a tried call, as it grows: where the caller comes, what he hears and does, and how it ends. */

import { useEffect, useRef, useState } from "preact/hooks";
import { language } from "../preferences.ts";
import { entriesOf, type Entry } from "./entries.ts";
import type { Decision, Step, Tried } from "./tried.ts";
import { answer, answered, tried } from "./trying.ts";
import { byWay, placeOf, tryWords } from "./try-words.ts";
import { decimal } from "./words.ts";

/** As many as the terminal shows of those who were considered. */
const SHOWN = 12;
const tenth = (seconds: number) => decimal(seconds, 1);

export function Conversation() {
  const say = tryWords();
  const call = tried.value;
  const log = useRef<HTMLDivElement>(null);
  const length = call?.steps.length ?? 0;
  useEffect(() => log.current?.scrollTo({ top: log.current.scrollHeight }), [length, call?.end]);
  return (
    <div class="conversation">
      <h3 id="happens-title">{say.happens}</h3>
      {call === null && <p class="empty">{say.nothingYet}</p>}
      <div ref={log} class="log" role="log" aria-labelledby="happens-title" tabIndex={0} hidden={call === null}>
        <ol>
        {entriesOf(call?.steps ?? [], byWay).map((entry, place) => (
          <li key={place} class={sideOf(entry)}>
            <span class="at">{tenth(entry.at)}</span>
            <EntrySign entry={entry} steps={call!.steps} />
          </li>
        ))}
        {call?.end && (
          <li class="end">
            <span class="at">{tenth(call.seconds)}</span>
            <EndSign call={call} />
          </li>
        )}
        </ol>
      </div>
      {call !== null && <Variables variables={call.variables} />}
    </div>
  );
}

function sideOf(entry: Entry): string {
  if (entry.is !== "step") return entry.is;
  return ["waited", "listened", "recorded", "hungup", "callbackasked"].includes(entry.step.step) ? "did" : "note";
}

function EntrySign({ entry, steps }: { entry: Entry; steps: readonly Step[] }) {
  const say = tryWords();
  if (entry.is === "place") {
    return (
      <p>
        {entry.by && <span class="by">{entry.by} → </span>}
        <bdi>{placeOf(entry)}</bdi>
        {entry.hours && <span class="quiet"> · {say.hours(entry.hours)}</span>}
      </p>
    );
  }
  if (entry.is === "heard") {
    const stopped = entry.key === null ? "" : `, ${say.stoppedBy(entry.key)}`;
    return (
      <div>
        <p lang={entry.language.replace("_", "-")}>{entry.texts.join(" ")}</p>
        <p class="quiet">
          {[entry.prompt, entry.language, `${tenth(entry.seconds)} s`].filter(Boolean).join(" · ")}
          {stopped}
        </p>
        {entry.lacking.length > 0 && <p class="lost">{say.lacking(entry.lacking.join(" "))}</p>}
      </div>
    );
  }
  const { step } = entry;
  if (step.step === "asked" || step.step === "notified") return <Asked step={step} at={steps.indexOf(step)} />;
  return <p>{stepInWords(step)}</p>;
}

function stepInWords(step: Step): string {
  const say = tryWords();
  switch (step.step) {
    case "waited":
      return step.key === null ? say.saysNothing(tenth(step.seconds)) : say.presses(step.key);
    case "listened":
      if (step.phrase !== "") return say.says(step.phrase) + (step.is_known ? "" : `, ${say.unknown}`);
      return step.key === "" ? say.saysNothing(tenth(step.seconds)) : say.presses(step.key);
    case "recorded":
      return step.is_kept ? say.recorded(tenth(step.seconds), say.ended[step.ended] ?? step.ended) : say.notRecorded;
    case "monitored":
      return step.is_on ? say.recordedFrom : say.recordedNoMore;
    case "said":
      return say.hears(step.text, step.language);
    case "unsaid":
      return say.passedOver(step.variable, step.is_secret);
    case "callbackasked":
      return say.asksBack(step.number, step.queue) + (step.is_taken ? "" : `, ${say.notTaken}`);
    case "spoke":
      return say.speaks(step.language);
    case "hungup":
      return say.leaves;
    case "takenback":
      return say.takenBack;
    default:
      return "";
  }
}

/** What would be asked of another system, or told it, and what comes of that. */
function Asked({ step, at }: { step: Step & { step: "asked" | "notified" }; at: number }) {
  const say = tryWords();
  const [reply, setReply] = useState(answered(step.node));
  const sent = Object.entries(step.sent)
    .map(([name, value]) => `${name} ${value || say.nothing}`)
    .join(", ");
  const list = `replies-${at}`;
  return (
    <div>
      <p>{step.step === "asked" ? say.asks(step.source, sent) : say.tells(step.source, sent)}</p>
      {step.step === "asked" && !step.is_told && <p class="quiet">{say.untold}</p>}
      <form
        class="words"
        onSubmit={(event) => {
          event.preventDefault();
          if (reply.trim() !== "") answer(step.node, reply.trim(), at);
        }}
      >
        <label>
          <span>{say.answers}</span>
          <input
            list={list}
            value={reply}
            placeholder={say.answerHint}
            maxLength={500}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setReply(event.currentTarget.value)}
          />
        </label>
        <datalist id={list}>
          {step.replies.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
        <button type="submit">{say.answer}</button>
      </form>
    </div>
  );
}

function EndSign({ call }: { call: Tried }) {
  const say = tryWords();
  const end = call.end!;
  const title =
    end.kind === "hung up" ? say.endsHungUp : end.kind === "hangup" ? say.endsHangUp : end.kind === "fallback" ? say.endsCompiled : say.ends(placeOf(end));
  const why = end.why === "" || end.why === "message" ? "" : `, ${say.because} ${say.reasons[end.why] ?? end.why.replaceAll("_", " ")}`;
  return (
    <div>
      <p>
        <strong>
          <bdi>{title}</bdi>
        </strong>{" "}
        <span class="quiet">
          {say.after(tenth(call.seconds), call.language)}
          {why}
        </span>
      </p>
      {end.kind === "conference" && <p>{say.pin}</p>}
      {call.answered_by !== null && <p>{say.selfService(call.answered_by)}</p>}
      {call.announced.length > 0 && <p>{say.announced(call.announced.join(" "))}</p>}
      {call.decision !== null && <DecisionSign decision={call.decision} />}
    </div>
  );
}

function DecisionSign({ decision }: { decision: Decision }) {
  const say = tryWords();
  return (
    <>
      <p class="quiet">{say.queue(decision.queue, decision.priority, decision.max_penalty)}</p>
      <ul class="why" lang={language.value}>
        {decision.why.map((sentence) => (
          <li key={sentence}>
            <bdi>{sentence}</bdi>
          </li>
        ))}
      </ul>
      {decision.candidates.length === 0 ? (
        <p class="quiet">{say.noCandidates}</p>
      ) : (
        <table class="counts">
          <thead>
            <tr>
              <th>{say.candidate}</th>
              <th class="number">{say.tier}</th>
              <th class="number">{say.penalty}</th>
              <th>{say.state}</th>
            </tr>
          </thead>
          <tbody>
            {decision.candidates.slice(0, SHOWN).map((each) => (
              <tr key={each.agent} class={each.skipped_because === null ? "" : "quiet"}>
                <td>
                  <bdi>{each.name}</bdi>
                </td>
                <td class="number">{each.tier}</td>
                <td class="number">{each.penalty}</td>
                <td>{each.skipped_because ?? say.offered}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {decision.candidates.length > SHOWN && <p class="quiet">{say.moreCandidates(decision.candidates.length - SHOWN)}</p>}
    </>
  );
}

function Variables({ variables }: { variables: Record<string, string> }) {
  const say = tryWords();
  const all = Object.entries(variables);
  if (all.length === 0) return null;
  return (
    <details>
      <summary>{say.variables(all.length)}</summary>
      <dl class="variables">
        {all.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
