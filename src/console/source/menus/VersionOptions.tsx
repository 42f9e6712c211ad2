/** A choice for each version that is known. */

import { overview } from "./state.ts";
import { words } from "./words.ts";

export function VersionOptions() {
  const say = words();
  return overview.value?.versions.map(({ version }) => (
    <option key={version} value={String(version)}>
      {say.version(version)}
    </option>
  ));
}
