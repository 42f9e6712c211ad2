/** The errors of menus for which a deed was refused. */

import { code, type Problem } from "../server.ts";
import { sentence } from "./sentence.ts";
import type { MenuProblem } from "./shapes.ts";

export function Errors({ problem }: { problem: Problem & { problems?: MenuProblem[] } }) {
  // What is wrong with a request itself is told in another form, for who writes programs.
  const errors = code(problem) === "invalid" ? [] : (problem.problems ?? []).filter(({ is_warning }) => !is_warning);
  if (errors.length === 0) return null;
  return (
    <ul>
      {errors.map((each) => (
        <li key={`${each.where} ${each.what}`}>
          <bdi>
            {each.where}: {sentence(each)}
          </bdi>
        </li>
      ))}
    </ul>
  );
}
