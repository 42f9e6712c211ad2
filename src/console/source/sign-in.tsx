/** The way in: account and password, then a password of one's own in place of the one-time password. */

import { signal } from "@preact/signals";
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import "./style/page.css";
import "./style/sign-in.css";
import { Mark } from "./parts/Mark.tsx";
import { followPreferences, language, words } from "./preferences.ts";
import { code, mayOversee, server, type Problem, type Session } from "./server.ts";

const asked = new URLSearchParams(location.search);
const hasSession = asked.get("step") === "password";
const step = signal<"sign-in" | "password">(hasSession ? "password" : "sign-in");
const isBusy = signal(false);
const problem = signal<(() => string) | null>(null);

/** The page that leads on: the one that sent here, if this person may see it. */
function after(session: Session): string {
  const to = asked.get("to");
  if (to === "deploy" && session.may_deploy) return "/deploy";
  return to === "menus" && mayOversee(session) ? "/menus" : "/";
}

function enter(session: Session): void {
  if (session.must_set_password) step.value = "password";
  else location.replace(after(session));
}

function explain(found: Problem): () => string {
  return () => {
    const say = words();
    const weakness = found.weakness && say.weaknesses[found.weakness];
    if (weakness) return weakness;
    if (found.seconds) return say.wait_(found.seconds);
    return ["sign-in-refused", "invalid", "not-signed-in"].includes(code(found)) ? say.refused : say.unreachable;
  };
}

async function signIn(form: FormData): Promise<void> {
  const answer = await server.signIn(String(form.get("account")).trim(), String(form.get("password")));
  if (answer.ok) enter(answer.value);
  else problem.value = explain(answer.problem);
}

async function setPassword(form: FormData): Promise<void> {
  const password = String(form.get("new-password"));
  if (password !== String(form.get("again"))) {
    problem.value = () => words().different;
    return;
  }
  const answer = await server.setPassword(password);
  if (answer.ok) enter(answer.value);
  else if (code(answer.problem) === "not-signed-in") step.value = "sign-in";
  else problem.value = explain(answer.problem);
}

function onSubmit(action: (form: FormData) => Promise<void>) {
  return async (event: SubmitEvent) => {
    event.preventDefault();
    if (isBusy.value) return;
    isBusy.value = true;
    problem.value = null;
    await action(new FormData(event.currentTarget as HTMLFormElement));
    isBusy.value = false;
  };
}

function SignIn() {
  const say = words();
  return (
    <form onSubmit={onSubmit(signIn)}>
      <h1>{say.signIn}</h1>
      <Field name="account" label={say.account} complete="username" isFirst />
      <Field name="password" label={say.password} isSecret complete="current-password" />
      <Trouble />
      <button type="submit" disabled={isBusy.value}>
        {isBusy.value ? say.signingIn : say.signIn}
      </button>
      <p class="quiet hint">{say.oneTimeHint}</p>
    </form>
  );
}

function ChoosePassword() {
  const say = words();
  return (
    <form onSubmit={onSubmit(setPassword)}>
      <h1>{say.choosePassword}</h1>
      <p>{say.choosePasswordWhy}</p>
      <Field name="new-password" label={say.newPassword} isSecret complete="new-password" isFirst />
      <p class="quiet hint" id="rule">
        {say.passwordRule}
      </p>
      <Field name="again" label={say.newPasswordAgain} isSecret complete="new-password" />
      <Trouble />
      <button type="submit" disabled={isBusy.value}>
        {say.save}
      </button>
    </form>
  );
}

interface FieldProps {
  name: string;
  label: string;
  isSecret?: boolean;
  complete: string;
  isFirst?: boolean;
}

function Field({ name, label, complete, isSecret = false, isFirst = false }: FieldProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (isFirst) input.current?.focus();
  }, []);
  const common = { ref: input, name, autoComplete: complete, autoCapitalize: "none", spellcheck: false, required: true } as const;
  return (
    <label class="field">
      {label}
      {isSecret ? <input type="password" {...common} /> : <input type="text" {...common} />}
    </label>
  );
}

function Trouble() {
  return (
    <p class="trouble" role="alert">
      {problem.value?.()}
    </p>
  );
}

function Tongue() {
  const other = language.value === "fr" ? "en" : "fr";
  return (
    <button
      class="tongue"
      type="button"
      lang={other}
      onClick={() => {
        language.value = other;
      }}
    >
      {other === "fr" ? "Français" : "English"}
    </button>
  );
}

function Page() {
  return (
    <main class="door">
      <header>
        <Mark />
        <span class="product">Cordboard</span>
        <Tongue />
      </header>
      {step.value === "sign-in" ? <SignIn key="sign-in" /> : <ChoosePassword key="password" />}
    </main>
  );
}

followPreferences();
render(<Page />, document.getElementById("app")!);
