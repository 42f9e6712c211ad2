/** Whose calls enter a draft that is published, and from when on. */

import type { Terms } from "./shapes.ts";
import { overview } from "./state.ts";
import { words } from "./words.ts";

const SHARES = [5, 10, 25, 50];
export const EVERY_CALL_NOW: Terms = { share: null, did: null, starts: null };

/** `starts` is "" while a time is to be chosen. */
export function PublishTerms({ terms, onChange }: { terms: Terms; onChange(terms: Terms): void }) {
  const say = words();
  const known = overview.value!;
  const whose = terms.share !== null ? `share ${terms.share}` : terms.did !== null ? `did ${terms.did}` : "";
  const choose = (chosen: string) => {
    const [kind, of] = chosen.split(" ");
    onChange({ ...terms, share: kind === "share" ? Number(of) : null, did: kind === "did" ? of! : null });
  };
  return (
    <span class="terms">
      <label>
        {say.publishTo}{" "}
        <select value={whose} onChange={(event) => choose(event.currentTarget.value)}>
          <option value="">{say.everyCall}</option>
          <optgroup label={say.some}>
            {SHARES.map((share) => (
              <option key={share} value={`share ${share}`}>
                {say.of(share, null)}
              </option>
            ))}
          </optgroup>
          <optgroup label={say.oneNumber}>
            {Object.entries(known.dids).map(([id, name]) => (
              <option key={id} value={`did ${id}`}>
                {say.of(null, name)}
              </option>
            ))}
          </optgroup>
        </select>
      </label>
      <label>
        {say.publishWhen}{" "}
        <select
          value={terms.starts === null ? "now" : "then"}
          onChange={(event) => onChange({ ...terms, starts: event.currentTarget.value === "now" ? null : "" })}
        >
          <option value="now">{say.atOnce}</option>
          <option value="then">{say.atATime}</option>
        </select>
      </label>
      {terms.starts !== null && (
        <label>
          {say.onTheClock(known.time_zone)}{" "}
          <input type="datetime-local" required value={terms.starts} onInput={(event) => onChange({ ...terms, starts: event.currentTarget.value })} />
        </label>
      )}
    </span>
  );
}
