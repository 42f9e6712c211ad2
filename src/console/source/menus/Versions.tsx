/** The versions of the menus and the draft, with the ways to change what callers meet for those who may. */

import { useState } from "preact/hooks";
import { moment, onTheClock } from "../deploy/moments.ts";
import { now } from "../live/clock.ts";
import { focus } from "../parts/focus.ts";
import { Icon } from "../parts/Icon.tsx";
import { code } from "../server.ts";
import { Errors } from "./Errors.tsx";
import { EVERY_CALL_NOW, PublishTerms } from "./PublishTerms.tsx";
import type { Draft, Version } from "./shapes.ts";
import { isBusy, outcome, overview, promote, publish, unpublish, type Deed } from "./state.ts";
import { words } from "./words.ts";

const TOLD = 4;
const at = (text: string) => moment(Date.parse(text) / 1000);
/** As it was chosen: on the company's clock. */
const begins = (text: string) => moment(Date.parse(text) / 1000, overview.value?.time_zone);
/** Whose calls, where it is not every call. */
const whose = (share: number | null, did: string | null) => words().of(share, did && (overview.value?.dids[did] ?? did));
const isToCome = (text: string | null): text is string => text !== null && Date.parse(text) > now.value * 1000;

export function Versions() {
  const say = words();
  const known = overview.value;
  const versions = known?.versions ?? [];
  const [newest, before] = versions.filter(({ state }) => state !== "withdrawn");
  return (
    <section class="panel versions" aria-labelledby="versions-title">
      <header>
        <h2 id="versions-title" tabIndex={-1}>{say.versions}</h2>
      </header>
      <Result />
      {known?.draft && <DraftSign key={known.draft.made_at} draft={known.draft} may={known.may_publish} />}
      {known !== null && versions.length === 0 && <p class="empty">{say.noVersions}</p>}
      <ol>
        {versions.map((version) => (
          <VersionSign
            key={`${version.version} ${version.state}`}
            version={version}
            may={known!.may_publish && version === newest && before !== undefined}
          />
        ))}
      </ol>
    </section>
  );
}

function Result() {
  const say = words();
  const result = outcome.value;
  if (result === null) return null;
  if (!("problem" in result)) {
    return (
      <p class="told good" role="status">
        <Icon name="ready" /> {result.deed === "publish" && isToCome(result.starts) ? say.waits(result.version, begins(result.starts)) : say.done[result.deed](result.version)}
      </p>
    );
  }
  const { problem } = result;
  return (
    <div class="told bad" role="alert">
      <p>
        <Icon name="abandoned" /> {say.refusals[code(problem)] ?? say.failed}
      </p>
      <Errors problem={problem} />
    </div>
  );
}

function DraftSign({ draft, may }: { draft: Draft; may: boolean }) {
  const say = words();
  const [terms, setTerms] = useState(EVERY_CALL_NOW);
  return (
    <article class="version draft">
      <p class="head">
        <strong>{say.draft}</strong> <span class="tag">{draft.is_checked ? say.draftChecked : say.draftFaulty}</span>{" "}
        <span class="quiet">{say.by(draft.by, at(draft.made_at))}</span>
      </p>
      {draft.changes !== null && <Changes lines={draft.changes} />}
      {may && (
        <Ask
          deed="publish"
          sure={say.surePublish(whose(terms.share, terms.did), terms.starts && onTheClock(terms.starts))}
          isReady={terms.starts !== ""}
          onYes={() => void publish(draft.made_at, terms)}
        >
          <PublishTerms terms={terms} onChange={setTerms} />
        </Ask>
      )}
    </article>
  );
}

function VersionSign({ version, may }: { version: Version; may: boolean }) {
  const say = words();
  const of = whose(version.share, version.did);
  const isPartial = version.state === "waiting" || version.state === "on trial";
  const isMet = isPartial || version.state === "in force";
  return (
    <li class={`version ${isMet ? "met" : ""}`}>
      <p class="head">
        <strong>{say.version(version.version)}</strong>{" "}
        <span class={`tag ${version.state === "in force" ? "in-force" : ""}`}>{say.states[version.state]}</span>{" "}
        {of !== "" && isPartial && <span class="tag">{of}</span>} <span class="quiet">{say.by(version.by, at(version.published_at))}</span>
      </p>
      {version.starts !== null && version.state === "waiting" && <p class="quiet">{say.from(begins(version.starts))}</p>}
      {version.withdrawn_at !== null && (
        <p class="quiet">{say.takenBack(version.withdrawn_by ?? "", at(version.withdrawn_at))}</p>
      )}
      {version.changes !== null && <Changes lines={version.changes} />}
      {may && (
        <div class="acts">
          {isPartial && <Ask deed="promote" sure={say.sure.promote} onYes={() => void promote(version.version)} />}
          <Ask deed="unpublish" sure={say.sure.unpublish} onYes={() => void unpublish(version.version)} />
        </div>
      )}
    </li>
  );
}

function Changes({ lines }: { lines: string[] }) {
  const say = words();
  if (lines.length === 0) return <p class="quiet">{say.noChanges}</p>;
  return (
    <ul class="quiet">
      {lines.slice(0, TOLD).map((line) => (
        <li key={line}>
          <bdi>{line}</bdi>
        </li>
      ))}
      {lines.length > TOLD && <li>{say.moreChanges(lines.length - TOLD)}</li>}
    </ul>
  );
}

interface AskProps {
  deed: Deed;
  sure: string;
  isReady?: boolean;
  onYes(): void;
  children?: preact.ComponentChildren;
}

/** A button that asks once more before it does what callers will notice. */
function Ask({ deed, sure, isReady = true, onYes, children }: AskProps) {
  const say = words();
  const [isAsking, setIsAsking] = useState(false);
  if (!isAsking) {
    return (
      <p class="acts">
        <button type="button" class={deed === "unpublish" ? "plain" : "main"} disabled={isBusy.value || !isReady} onClick={() => setIsAsking(true)}>
          {say[deed]}
        </button>
        {children}
      </p>
    );
  }
  return (
    <p class="acts sure" role="group" aria-label={say[deed]}>
      <span>{sure}</span>
      <button
        type="button"
        class="main"
        disabled={isBusy.value}
        ref={focus}
        onClick={() => {
          setIsAsking(false);
          onYes();
        }}
      >
        {say.yes}
      </button>
      <button type="button" class="plain" onClick={() => setIsAsking(false)}>
        {say.no}
      </button>
    </p>
  );
}
