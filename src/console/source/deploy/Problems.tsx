/** What a check found: where, what, and what to do about it. Errors first. */

import { Icon } from "../parts/Icon.tsx";
import type { PlanProblem } from "./shapes.ts";
import { words } from "./words.ts";

export function Problems({ problems }: { problems: PlanProblem[] }) {
  if (problems.length === 0) return null;
  const errors = problems.filter(({ is_warning }) => !is_warning);
  const warnings = problems.filter(({ is_warning }) => is_warning);
  return (
    <section class={`found ${errors.length > 0 ? "errors" : "warnings"}`}>
      <h3>{words().problems(errors.filter(({ is_shrinking }) => !is_shrinking).length)}</h3>
      <ul>
        {[...errors, ...warnings].map((problem) => (
          <li key={`${problem.where}${problem.what}`} class={problem.is_warning ? "warning" : "error"}>
            <Icon name={problem.is_warning ? "late" : "abandoned"} />
            <div>
              <p>
                <strong>{problem.where}</strong>: {problem.what}
              </p>
              {!problem.is_shrinking && <p class="cure">→ {problem.cure}</p>}
              {problem.row && <p class="quiet row">{problem.row}</p>}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
