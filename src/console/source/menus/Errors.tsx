/** The errors for which a deed was refused, none of which stands on a line that could be shown. */

import type { MenuProblem } from "./shapes.ts";
import { sentence } from "./sentence.ts";

export function Errors({ problems = [] }: { problems?: MenuProblem[] | undefined }) {
  const errors = problems.filter(({ is_warning }) => !is_warning);
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
