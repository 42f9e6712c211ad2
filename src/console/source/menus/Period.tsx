/** Which calls the figures are of: the days, and the version. */

import { PERIODS, type Period } from "./period.ts";
import { count, ofVersion, period } from "./state.ts";
import { VersionOptions } from "./VersionOptions.tsx";
import { words } from "./words.ts";

export function PeriodChoice() {
  const say = words();
  return (
    <div class="of">
      <label>
        <span class="unseen">{say.period}</span>
        <select
          value={period.value}
          onChange={(event) => {
            period.value = event.currentTarget.value as Period;
            void count();
          }}
        >
          {PERIODS.map((each) => (
            <option key={each} value={each}>
              {say.periods[each]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="unseen">{say.ofVersion}</span>
        <select
          value={String(ofVersion.value ?? "")}
          onChange={(event) => {
            ofVersion.value = event.currentTarget.value === "" ? null : Number(event.currentTarget.value);
            void count();
          }}
        >
          <option value="">{say.allVersions}</option>
          <VersionOptions />
        </select>
      </label>
    </div>
  );
}
