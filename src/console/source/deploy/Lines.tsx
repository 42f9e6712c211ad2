/** Lines of files that differ, as a diff: read from the server when somebody opens it. */

import { useState } from "preact/hooks";
import type { Answer } from "../server.ts";
import { words } from "./words.ts";

const MOST = 2000;

interface Props {
  read(): Promise<Answer<{ files: string }>>;
}

export function Lines({ read }: Props) {
  const say = words();
  const [text, setText] = useState<string | null>(null);
  const [isFailed, setFailed] = useState(false);
  const open = async (isOpen: boolean) => {
    if (!isOpen || text !== null) return;
    setFailed(false);
    const answer = await read();
    if (answer.ok) setText(answer.value.files);
    else setFailed(true);
  };
  return (
    <details class="lines" onToggle={(event) => void open(event.currentTarget.open)}>
      <summary>{say.lines}</summary>
      {text === null ? <p class="quiet">{isFailed ? say.failedOtherwise : "…"}</p> : <Text text={text} />}
    </details>
  );
}

export function Text({ text }: { text: string }) {
  const say = words();
  if (text === "") return <p class="quiet">{say.noLines}</p>;
  const lines = text.split("\n");
  return (
    <pre tabIndex={0}>
      {lines.slice(0, MOST).map((line, number) => (
        <span key={number} class={kind(line)}>
          {line}
          {"\n"}
        </span>
      ))}
      {lines.length > MOST && <span class="file">{say.moreChanges(lines.length - MOST)}</span>}
    </pre>
  );
}

function kind(line: string): string {
  if (line.startsWith("+++") || line.startsWith("---") || line.startsWith("# ")) return "file";
  if (line.startsWith("@@")) return "place";
  return line.startsWith("+") ? "plus" : line.startsWith("-") ? "minus" : "";
}
