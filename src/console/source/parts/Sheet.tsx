/** A dialog about one thing of the board, with what may be asked for it and what came of that. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { words } from "../preferences.ts";
import type { Answer, Done } from "../server.ts";

interface SheetProps {
  title: ComponentChildren;
  /** What the server answered. */
  answer: string;
  onClose(): void;
  children: ComponentChildren;
}

export function Sheet({ title, answer, onClose, children }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog class="deeds" ref={dialog} onClose={onClose} aria-labelledby="deeds-title">
      <h2 id="deeds-title">{title}</h2>
      {children}
      <p role="alert">{answer}</p>
      <button type="button" class="close" onClick={() => dialog.current?.close()}>
        {words().deeds.close}
      </button>
    </dialog>
  );
}

interface Asking {
  isAsking: boolean;
  answer: string;
  /** Waits for what was asked; what is done ends the dialog, unless there is something `toSay` of it. */
  ask(asked: Promise<Answer<Done>>, toSay?: (done: Done) => string): Promise<void>;
}

/** One question at a time. `unsure`: what is said of what was not seen to be done. */
export function useAsking(unsure: string, onDone: () => void): Asking {
  const [answer, setAnswer] = useState("");
  const [isAsking, setAsking] = useState(false);
  return {
    isAsking,
    answer,
    async ask(asked, toSay = () => "") {
      setAsking(true);
      setAnswer("");
      const told = await asked;
      setAsking(false);
      if (!told.ok) return setAnswer(told.problem.detail ?? words().unreachable);
      const said = told.value.outcome === "done" ? toSay(told.value) : unsure;
      if (said === "") onDone();
      else setAnswer(said);
    },
  };
}
