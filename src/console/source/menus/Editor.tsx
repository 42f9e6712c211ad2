/** Where somebody who may publish writes the menus: the text, what is wrong with it, and what it would change. */

import { effect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { moment } from "../deploy/moments.ts";
import { focus } from "../parts/focus.ts";
import { Icon } from "../parts/Icon.tsx";
import { code, type Session } from "../server.ts";
import * as writing from "./editing.ts";
import { Findings } from "./Findings.tsx";
import type { Pane } from "./pane.ts";
import type { Standing } from "./shapes.ts";
import { basis, edited, isOfStranger, isUnsaved, overview, silence } from "./state.ts";
import { editorWords, paneWords, words } from "./words.ts";

/** The way in, for those who may. */
export function EditButton() {
  const say = editorWords();
  if (!overview.value?.may_publish || edited.value !== null) return null;
  return (
    <button type="button" class="edit" disabled={writing.isOpening.value} onClick={() => void writing.open()}>
      {writing.isOpening.value ? say.opening : say.edit}
    </button>
  );
}

export function EditorPanel({ session }: { session: Session }) {
  const say = editorWords();
  const pane = useRef<Pane | null>(null);
  useEffect(() => writing.resume(session.account), [session.account]);
  if (edited.value === null) {
    return (
      <div role="alert">
        <Trouble />
      </div>
    );
  }
  return (
    <section class="panel editor" aria-labelledby="editor-title">
      <header>
        <h2 id="editor-title">{say.title}</h2>
        <span class="tag">{isUnsaved.value ? say.unsaved : say.saved}</span>
        <Acts />
      </header>
      <div class="notes" role="status">
        {writing.isFound.value && isUnsaved.value && <p class="told">{say.found}</p>}
        {!isUnsaved.value && basis.value !== null && basis.value.draft !== null && (
          <p class="quiet">
            {say.isDraft} <a href="#versions-title">{say.toPublish}</a>
          </p>
        )}
        <Trouble />
        {writing.faster.value !== null && <Faster standing={writing.faster.value} />}
      </div>
      <div class="desk">
        <Writing pane={pane} />
        <Findings onChoose={(line, column) => pane.current?.goTo(line, column)} />
      </div>
      <p class="quiet hint">{say.hint}</p>
    </section>
  );
}

function Acts() {
  const say = editorWords();
  const [isSure, setIsSure] = useState(true);
  if (!isSure) {
    return (
      <p class="acts sure" role="group" aria-label={say.close}>
        <span>{say.closeSure}</span>
        <button type="button" class="main" ref={focus} onClick={writing.close}>
          {say.closeYes}
        </button>
        <button type="button" class="plain" onClick={() => setIsSure(true)}>
          {say.no}
        </button>
      </p>
    );
  }
  return (
    <p class="acts">
      <button type="button" class="main" disabled={!isUnsaved.value || writing.isSaving.value} onClick={() => void writing.save()}>
        {writing.isSaving.value ? say.saving : say.save}
      </button>
      <button type="button" class="plain" onClick={() => (isUnsaved.value ? setIsSure(false) : writing.close())}>
        {say.close}
      </button>
    </p>
  );
}

function Trouble() {
  const say = editorWords();
  if ([writing.trouble.value, silence.value].some((problem) => problem !== null && isOfStranger(problem))) {
    return (
      <p class="told bad">
        <Icon name="lost" /> {say.signedOut}{" "}
        <button type="button" onClick={writing.signIn}>
          {say.signIn}
        </button>
      </p>
    );
  }
  const problem = writing.trouble.value && code(writing.trouble.value);
  if (problem === null) return null;
  return (
    <p class="told bad">
      <Icon name="abandoned" /> {say.troubles[problem] ?? words().refusals[problem] ?? words().failed}
    </p>
  );
}

function Faster({ standing }: { standing: Standing }) {
  const say = editorWords();
  const { draft, version, basis } = standing;
  const at = (text: string) => moment(Date.parse(text) / 1000);
  const told =
    draft !== null
      ? say.faster.draft(draft.by, at(draft.made_at))
      : version !== null
        ? say.faster.version(version.version, version.by, at(version.published_at))
        : say.faster.nothing;
  return (
    <div class="told bad">
      <p>
        <Icon name="abandoned" /> {told}
      </p>
      <p class="acts">
        <button type="button" onClick={() => void writing.takeTheirs()}>
          {say.theirs}
        </button>
        <button type="button" onClick={() => void writing.save(basis)}>
          {say.mine}
        </button>
      </p>
    </div>
  );
}

/** The pane is loaded with the first text: the page itself does without it. */
function Writing({ pane }: { pane: { current: Pane | null } }) {
  const say = editorWords();
  const place = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<"loading" | "there" | "unloaded">("loading");
  useEffect(() => {
    if (state !== "loading") return;
    let isGone = false;
    import("./pane.ts").then(
      ({ Pane }) => {
        if (isGone || place.current === null) return;
        pane.current = new Pane(place.current, edited.value ?? "", {
          words: paneWords(),
          onChange: writing.write,
          onSave: () => void writing.save(),
        });
        setState("there");
      },
      () => setState("unloaded"),
    );
    return () => {
      isGone = true;
    };
  }, [state]);
  useEffect(() => {
    const shown = pane.current;
    if (state !== "there" || shown === null) return;
    shown.focus();
    const ends = [
      effect(() => {
        if (edited.value !== null) shown.replace(edited.value);
      }),
      effect(() => {
        const found = writing.judged.value;
        if (found !== null && found.of === edited.peek()) shown.mark(found.problems);
      }),
      effect(() => {
        shown.speak(paneWords());
      }),
    ];
    return () => {
      ends.forEach((end) => end());
      shown.close();
      pane.current = null;
    };
  }, [state]);
  return (
    <div class="writing">
      <div ref={place} class="pane" />
      {state === "loading" && <p class="empty">{say.loading}</p>}
      {state === "unloaded" && (
        <p class="empty">
          {say.unloaded}{" "}
          <button type="button" onClick={() => setState("loading")}>
            {say.again}
          </button>
        </p>
      )}
    </div>
  );
}
