/** Changes in sentences: by section, each with who made it, when it is in force, what it means, and what follows. */

import { useState } from "preact/hooks";
import { Icon, type IconName } from "../parts/Icon.tsx";
import { moment } from "./moments.ts";
import { inForce, onlyAuthor, sections, type Cause, type Section } from "./plan.ts";
import type { Change } from "./shapes.ts";
import { words } from "./words.ts";

const FIRST = 12;
const ICONS: Record<Change["action"], IconName> = { "+": "add", "~": "change", "-": "remove" };

interface Props {
  changes: Change[];
  /** Were they made since the last apply? Then each says by whom, and when it is in force. */
  isNew?: boolean;
}

export function Changes({ changes, isNew = false }: Props) {
  const say = words();
  const author = isNew ? onlyAuthor(changes) : null;
  const companies = new Set(changes.map(({ company }) => company).filter(Boolean));
  const shared = { isSigned: isNew && author === null, isTimed: isNew, isNamed: companies.size > 1 };
  return (
    <div class="changes">
      {author && <p class="quiet author">{say.allBy(author.by, moment(author.at), author.revision)}</p>}
      {sections(changes).map((section) => (
        <Part key={section.title} section={section} {...shared} />
      ))}
    </div>
  );
}

interface Told {
  isSigned: boolean;
  isTimed: boolean;
  isNamed: boolean;
}

function Part({ section, ...told }: { section: Section } & Told) {
  const [isWhole, setWhole] = useState(false);
  const some = isWhole || section.causes.length <= FIRST + 1 ? section.causes : section.causes.slice(0, FIRST);
  return (
    <section class="part">
      <h3>
        {section.title}
        <span class="count">{section.causes.length}</span>
      </h3>
      <ul>
        {some.map((cause) => (
          <One key={`${cause.change.kind} ${cause.change.name}`} cause={cause} {...told} />
        ))}
      </ul>
      {some.length < section.causes.length && (
        <button type="button" class="plain" onClick={() => setWhole(true)}>
          {words().showAll(section.causes.length)}
        </button>
      )}
    </section>
  );
}

function One({ cause, ...told }: { cause: Cause } & Told) {
  const say = words();
  const { change, consequences } = cause;
  const author = change.authors.at(-1);
  const { when, reload } = inForce(cause);
  const facts = [
    told.isTimed && say.inForceWhen[when],
    told.isTimed && when === "apply" && reload.length > 0 && say.reload(reload.join(", ")),
    told.isSigned && author && say.by(author.by, moment(author.at), author.revision),
  ].filter(Boolean);
  return (
    <li class={`change to-${ICONS[change.action]}`}>
      <Icon name={ICONS[change.action]} />
      <div>
        {change.sentences.map((sentence, place) => (
          <p key={sentence} class="sentence">
            {place === 0 && <span class="unseen">{say.actions[change.action]}: </span>}
            {place === 0 && told.isNamed && change.company && <span class="tag">{change.company}</span>}
            <bdi>{sentence}</bdi>
          </p>
        ))}
        {change.effects.map((effect) => (
          <p key={effect.text} class={`effect ${effect.is_harmful ? "harmful" : ""}`}>
            {effect.is_harmful && <Icon name="late" />}
            {effect.text}
          </p>
        ))}
        {facts.length > 0 && <p class="quiet facts">{facts.join(" · ")}</p>}
        {consequences.length > 0 && (
          <details class="follows">
            <summary>{say.follows(consequences.length)}</summary>
            <ul>
              {consequences.map((each) => (
                <li key={`${each.kind} ${each.name}`}>
                  {each.action} <bdi>{each.sentences.join("; ")}</bdi>
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </li>
  );
}
