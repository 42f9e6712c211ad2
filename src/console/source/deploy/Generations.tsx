/** The generations that are kept: what each changed, compared with another, and the way back to it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../parts/Icon.tsx";
import { code, type Problem } from "../server.ts";
import { api } from "./api.ts";
import { Changes } from "./Changes.tsx";
import { Text } from "./Lines.tsx";
import { moment } from "./moments.ts";
import type { Diff, Entry } from "./shapes.ts";
import { generations, look, standing, work } from "./state.ts";
import { words } from "./words.ts";

const TOLD = 3;
const FIRST = 6;

export function Generations() {
  const say = words();
  const [compared, setCompared] = useState<{ before: number; after: number } | null>(null);
  const [isWhole, setWhole] = useState(false);
  const found = generations.value;
  const some = isWhole || found.length <= FIRST + 1 ? found : found.slice(0, FIRST);
  const compare = (entry: Entry) => {
    const other = entry.is_in_force ? (entry.base ?? entry.generation) : (standing.value?.in_force?.generation ?? entry.generation);
    setCompared({ before: Math.min(entry.generation, other), after: Math.max(entry.generation, other) });
  };
  return (
    <section class="panel generations" aria-labelledby="generations-title">
      <header>
        <h2 id="generations-title">
          {say.generations}
          <span class="count">{found.length}</span>
        </h2>
      </header>
      {found.length === 0 && <p class="empty">{say.noGenerations}</p>}
      <ol>
        {some.map((entry) => (
          <Kept key={entry.generation} entry={entry} isAlone={found.length < 2} onCompare={() => compare(entry)} />
        ))}
      </ol>
      {some.length < found.length && (
        <button type="button" class="plain" onClick={() => setWhole(true)}>
          {say.showAll(found.length)}
        </button>
      )}
      {compared && <Comparison {...compared} onClose={() => setCompared(null)} />}
    </section>
  );
}

function Kept({ entry, isAlone, onCompare }: { entry: Entry; isAlone: boolean; onCompare(): void }) {
  const say = words();
  const state = say.states[entry.state] ?? entry.state;
  const changes = entry.base === null ? [say.firstOne] : entry.changes;
  return (
    <li class={`kept ${entry.is_in_force ? "current" : ""} ${entry.state}`}>
      <p class="head">
        <strong class="number">{entry.generation}</strong>
        <span class="state" title={entry.reason}>
          {entry.is_in_force ? `${say.current}, ${state}` : state}
        </span>
        <span class="quiet">
          {entry.by}, {moment(entry.created)}
        </span>
        {entry.calls !== null && entry.calls > 0 && <span class="tag">{say.callsIn(entry.calls)}</span>}
      </p>
      <ul class="quiet">
        {changes.slice(0, TOLD).map((line) => (
          <li key={line}>
            <bdi>{line}</bdi>
          </li>
        ))}
        {changes.length > TOLD && <li>{say.moreChanges(changes.length - TOLD)}</li>}
      </ul>
      <p class="acts">
        {!isAlone && (
          <button type="button" class="plain" aria-label={say.compareOf(entry.generation)} onClick={onCompare}>
            {say.compare}
          </button>
        )}
        {entry.may_return && (
          <button
            type="button"
            class="plain"
            aria-label={say.goBackTo(entry.generation)}
            disabled={work.value !== null}
            onClick={() => void look(entry.generation)}
          >
            {say.goBack}
          </button>
        )}
      </p>
    </li>
  );
}

/** A dialog: from one generation to another, in words, then in lines. */
function Comparison({ before, after, onClose }: { before: number; after: number; onClose(): void }) {
  const say = words();
  const dialog = useRef<HTMLDialogElement>(null);
  const [ends, setEnds] = useState({ before, after });
  const [diff, setDiff] = useState<Diff | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    let isWanted = true;
    setDiff(null);
    setProblem(null);
    void api.diff(ends.before, ends.after).then((answer) => {
      if (!isWanted) return;
      if (answer.ok) setDiff(answer.value);
      else setProblem(answer.problem);
    });
    return () => {
      isWanted = false;
    };
  }, [ends.before, ends.after]);
  const choice = (end: "before" | "after", label: string) => (
    <label>
      {label}{" "}
      <select value={String(ends[end])} onChange={(event) => setEnds({ ...ends, [end]: Number(event.currentTarget.value) })}>
        {generations.value.map(({ generation }) => (
          <option key={generation} value={String(generation)}>
            {generation}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="comparison-title">
      <header>
        <h2 id="comparison-title">{say.compare}</h2>
        {choice("before", say.from)}
        {choice("after", say.to)}
        <button type="button" class="plain close" onClick={() => dialog.current?.close()}>
          {say.close}
        </button>
      </header>
      {problem && (
        <p class="refusal" role="alert">
          <Icon name="abandoned" /> {say.refusals[code(problem)] ?? say.failedOtherwise}
        </p>
      )}
      {!diff && !problem && <p class="empty">…</p>}
      {diff && diff.changes.length === 0 && <p class="empty">{say.same}</p>}
      {diff && <Changes changes={diff.changes} />}
      {diff && diff.files !== "" && (
        <details class="lines">
          <summary>{say.lines}</summary>
          <Text text={diff.files} />
        </details>
      )}
    </dialog>
  );
}
