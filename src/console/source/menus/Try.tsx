/** Try a call: what is chosen for it, the caller's phone, what happens in it, and who reaches whom. */

import "../style/try.css";
import { useEffect } from "preact/hooks";
import { Icon } from "../parts/Icon.tsx";
import { language } from "../preferences.ts";
import { code } from "../server.ts";
import { Conversation } from "./Conversation.tsx";
import { Errors } from "./Errors.tsx";
import { Phone } from "./Phone.tsx";
import { TryForm } from "./TryForm.tsx";
import { WhoReaches } from "./WhoReaches.tsx";
import { refusal, retell } from "./trying.ts";
import { tryWords } from "./try-words.ts";

export function Try() {
  const say = tryWords();
  useEffect(() => void retell(), [language.value]);
  return (
    <section class="panel try" aria-labelledby="try-title">
      <header>
        <h2 id="try-title">{say.title}</h2>
        <p class="quiet">{say.hint}</p>
      </header>
      <Refusal />
      <div class="tried">
        <TryForm />
        <Phone />
        <Conversation />
      </div>
      <WhoReaches />
    </section>
  );
}

function Refusal() {
  const say = tryWords();
  const problem = refusal.value;
  return (
    <div role="alert">
      {problem !== null && (
        <div class="told bad">
          <p>
            <Icon name="abandoned" /> {say.refusals[code(problem)] ?? say.failed}
          </p>
          <Errors problem={problem} />
        </div>
      )}
    </div>
  );
}
