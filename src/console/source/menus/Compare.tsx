/** Two versions beside each other: what differs for callers in words, and every figure of both. */

import { useState } from "preact/hooks";
import type { Row } from "./shapes.ts";
import { compare, comparison, isComparing, overview } from "./state.ts";
import { decimal, placeInWords, wayInWords, words } from "./words.ts";

/** What is compared at a glance; the rest is in the command. */
const SHOWN = new Set(["calls", "share", "hung_up", "silent", "wrong", "seconds_median", "to_exit_median"]);

export function Compare() {
  const say = words();
  const versions = overview.value?.versions ?? [];
  const [ends, setEnds] = useState<{ before: number | null; after: number | null }>({ before: null, after: null });
  if (versions.length < 2) return null;
  const after = ends.after ?? versions[0]!.version;
  const before = ends.before ?? versions[1]!.version;
  const choice = (value: number, label: string, set: (chosen: number) => void) => (
    <label>
      {label}{" "}
      <select value={String(value)} onChange={(event) => set(Number(event.currentTarget.value))}>
        {versions.map(({ version }) => (
          <option key={version} value={String(version)}>
            {version}
          </option>
        ))}
      </select>
    </label>
  );
  const found = comparison.value;
  return (
    <section class="panel compare" aria-labelledby="compare-title" aria-busy={isComparing.value}>
      <header>
        <h2 id="compare-title">{say.compare}</h2>
      </header>
      <form
        class="acts"
        onSubmit={(event) => {
          event.preventDefault();
          void compare(before, after);
        }}
      >
        {choice(before, say.before, (version) => setEnds({ ...ends, before: version }))}
        {choice(after, say.after, (version) => setEnds({ ...ends, after: version }))}
        <button type="submit" disabled={isComparing.value || before === after}>
          {say.look}
        </button>
      </form>
      {found !== null && (
        <>
          <ul class="quiet">
            {found.changes.length === 0 && <li>{say.noChanges}</li>}
            {found.changes.map((line) => (
              <li key={line}>
                <bdi>{line}</bdi>
              </li>
            ))}
          </ul>
          <div class="scroll" tabIndex={0} role="group" aria-labelledby="compare-title">
            <table class="counts">
              <thead>
                <tr>
                  <th>{say.what}</th>
                  <th class="number">{say.version(found.before)}</th>
                  <th class="number">{say.version(found.after)}</th>
                  <th class="number">{say.difference}</th>
                </tr>
              </thead>
              <tbody>
                {found.figures.filter(({ name, part, before, after }) => SHOWN.has(name) && part !== "way" && (before || after)).map((row) => (
                  <tr key={`${row.part} ${row.of} ${row.way} ${row.name}`}>
                    <td>
                      <bdi>{what(row)}</bdi>
                    </td>
                    <td class="number">{figure(row, row.before)}</td>
                    <td class="number">{figure(row, row.after)}</td>
                    <td class="number">{row.difference === null ? "" : `${row.difference > 0 ? "+" : ""}${figure(row, row.difference)}`}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </section>
  );
}

function what({ part, of, way, name }: Row): string {
  const say = words();
  const parts = [say.parts[part] ?? "", of === "" ? "" : placeInWords(of), way === "" ? "" : wayInWords(way)];
  return `${parts.filter((each) => each !== "").join(" ")}: ${say.names[name] ?? name}`;
}

function figure({ name }: Row, value: number | null): string {
  if (value === null) return "";
  const shown = name === "share" ? `${Math.round(value * 100)} %` : decimal(value, Number.isInteger(value) ? 0 : 1);
  return shown.replace("-", "−");
}
