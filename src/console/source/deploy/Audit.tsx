/** Who did what to the configuration, the last first. */

import { moment } from "./moments.ts";
import { audit } from "./state.ts";
import { words } from "./words.ts";

export function Audit() {
  const say = words();
  const lines = audit.value;
  if (lines.length === 0) return null;
  return (
    <section class="panel audit" aria-labelledby="audit-title">
      <header>
        <h2 id="audit-title">{say.audit}</h2>
      </header>
      <ol tabIndex={0} aria-labelledby="audit-title">
        {lines.map((line, place) => (
          <li key={`${line.at} ${place}`}>
            <p>
              <strong>{say.deedsDone[line.action] ?? line.action}</strong>{" "}
              <span class="quiet">
                {line.by}, {moment(line.at)}
              </span>
            </p>
            <p class="quiet detail">
              <bdi>{[line.company, line.detail].filter(Boolean).join(": ")}</bdi>
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}
