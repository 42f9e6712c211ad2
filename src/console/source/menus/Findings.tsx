/** What came of the text that is written: errors and warnings, each of which leads to its line, and what would change. */

import { isJudging, judged } from "./editing.ts";
import { sentence } from "./sentence.ts";
import type { TextProblem } from "./shapes.ts";
import { edited } from "./state.ts";
import { editorWords } from "./words.ts";

type Choose = (line: number, column: number) => void;

export function Findings({ onChoose }: { onChoose: Choose }) {
  const say = editorWords();
  const found = judged.value;
  const isOld = isJudging.value || found?.of !== edited.value;
  const errors = found?.problems.filter(({ is_warning }) => !is_warning) ?? [];
  const warnings = found?.problems.filter(({ is_warning }) => is_warning) ?? [];
  const told = errors.length + warnings.length === 0 ? say.fine : say.count(errors.length, warnings.length);
  return (
    <div class={`findings ${isOld ? "old" : ""}`} aria-busy={isOld}>
      <p class={`sum ${errors.length > 0 ? "bad" : warnings.length > 0 ? "so-so" : "good"}`} role="status">
        {isOld || found === null ? say.judging : told}
      </p>
      {found !== null && found.tree === null && <p class="quiet">{say.unreadable}</p>}
      <Problems title={say.errors} kind="error" problems={errors} onChoose={onChoose} />
      <Problems title={say.warnings} kind="warning" problems={warnings} onChoose={onChoose} />
      {found !== null && found.tree !== null && (
        <section class="changes">
          <h3>{say.changes}</h3>
          <ul>
            {found.changes.length === 0 && <li class="quiet">{say.noChanges}</li>}
            {found.changes.map((line) => (
              <li key={line}>
                <bdi>{line}</bdi>
              </li>
            ))}
          </ul>
          {found.not_taken.length > 0 && <p class="quiet">{say.notTaken(found.not_taken.join(", "))}</p>}
        </section>
      )}
    </div>
  );
}

function Problems({ title, kind, problems, onChoose }: { title: string; kind: string; problems: TextProblem[]; onChoose: Choose }) {
  if (problems.length === 0) return null;
  return (
    <section class={`problems ${kind}`}>
      <h3>{title}</h3>
      <ol>
        {problems.map((problem) => (
          <li key={`${problem.line} ${problem.where} ${problem.what}`}>
            <ProblemSign problem={problem} onChoose={onChoose} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function ProblemSign({ problem, onChoose }: { problem: TextProblem; onChoose: Choose }) {
  const say = editorWords();
  const { line, column, where } = problem;
  const words = (
    <>
      <span class="place">
        {line > 0 ? say.line(line) : say.nowhere}
        {where !== "" && <bdi> · {where}</bdi>}
      </span>
      <bdi class="what">{sentence(problem)}</bdi>
    </>
  );
  if (line === 0) return <div class="problem">{words}</div>;
  return (
    <button type="button" class="problem" onClick={() => onChoose(line, column)}>
      {words}
    </button>
  );
}
