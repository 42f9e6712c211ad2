/** Which company the page is about, where somebody may see several. */

import { named, turnTo } from "../company.ts";
import { words } from "../preferences.ts";
import type { Session } from "../server.ts";

export function CompanyChoice({ session, isNamed = true }: { session: Session; isNamed?: boolean }) {
  const say = words();
  return (
    <label class="company">
      <span class={isNamed ? "" : "unseen"}>{say.company}</span>
      <select
        value={named ?? ""}
        onChange={(event) => {
          const wanted = event.currentTarget.value;
          // Who stays, as he has written something, stays with this one.
          event.currentTarget.value = named ?? "";
          turnTo(wanted);
        }}
      >
        {session.companies.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
