import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallWanted, Step, Tried } from "../source/menus/tried.ts";

Object.assign(globalThis, { location: { search: "", href: "https://pbx.example/menus", origin: "https://pbx.example" } });
Object.defineProperty(globalThis, "navigator", { value: { languages: ["en"] }, configurable: true });
const { act, answer, begin, choose, isTrying, retell, tried, which } = await import("../source/menus/trying.ts");
const { edited } = await import("../source/menus/state.ts");
const { onTheClock } = await import("../source/deploy/moments.ts");
const { sentence } = await import("../source/menus/sentence.ts");

const step = (node: string): Step => ({ at: 0, step: "entered", node, kind: "menu", name: "", hours: "" });

/** A server that adds a step with each act, and waits for keys until there are `most` of them. */
function server(most: number): CallWanted[] {
  const asked: CallWanted[] = [];
  globalThis.fetch = (async (_: unknown, init: { body: string }) => {
    const wanted = JSON.parse(init.body) as CallWanted;
    asked.push(wanted);
    const awaited = wanted.acts.length < most ? { what: "keys", node: "main", keys: [], phrases: [] } : null;
    const told = { at: "2026-11-23T10:00:00+01:00", version: 7, steps: ["", ...wanted.acts].map(step), awaited } as unknown as Tried;
    return new Response(JSON.stringify(told), { status: 200 });
  }) as unknown as typeof fetch;
  return asked;
}

async function settled(): Promise<void> {
  while (isTrying.value) await new Promise((done) => setImmediate(done));
}

test("each act says all that was done, at the moment and in the version of the first answer", async () => {
  const asked = server(2);
  choose({ to: "main", caller: "+33 6 12 34 56 78" });
  await begin();
  assert.deepEqual([asked[0]!.acts, asked[0]!.at, asked[0]!.version, asked[0]!.caller], [[], null, undefined, "+33612345678"]);
  act("1");
  act("2");
  act("3");
  await settled();
  assert.deepEqual(asked.map(({ acts }) => acts), [[], ["1"], ["1", "2"]], "what is pressed after the end is not asked");
  assert.deepEqual([asked[2]!.at, asked[2]!.version], ["2026-11-23T10:00:00+01:00", 7]);
  assert.equal(tried.value?.awaited, null);
});

test("another answer of a step takes back what was done after it", async () => {
  const asked = server(9);
  await begin();
  for (const key of ["1", "2", "3"]) act(key);
  await settled();
  answer("who", "not_found", 2);
  await settled();
  assert.deepEqual([asked.at(-1)!.acts, asked.at(-1)!.answers], [["1", "2"], { who: "not_found" }]);
});

test("an act that is refused was not done", async () => {
  server(9);
  await begin();
  globalThis.fetch = (async () => new Response(JSON.stringify({ status: 429, type: "urn:cordboard:problem:too-many" }), { status: 429 })) as typeof fetch;
  act("1");
  await settled();
  assert.equal(tried.value?.steps.length, 1);
  const asked = server(9);
  act("2");
  await settled();
  assert.deepEqual(asked[0]!.acts, ["2"]);
});

test("a call that is told anew while an act is on its way loses nothing of it", async () => {
  const asked = server(9);
  await begin();
  act("1");
  await retell();
  await settled();
  assert.deepEqual(asked.map(({ acts }) => acts), [[], ["1"], ["1"]]);
  assert.equal(tried.value?.steps.length, 2);
});

test("menus that are gone meanwhile are not tried: those that calls enter are", async () => {
  const asked = server(9);
  edited.value = "cordboard: 1";
  choose({ which: "text" });
  await begin();
  edited.value = null;
  assert.equal(which.value, "now");
  await begin();
  choose({ which: "draft" });
  await begin();
  assert.deepEqual(asked.map(({ text, is_draft }) => [text, is_draft]), [["cordboard: 1", undefined], [undefined, undefined], [undefined, undefined]]);
});

test("what a clock shows is read as it is, wherever the browser is", () => {
  assert.equal(onTheClock("2026-11-23T00:30:00-05:00"), "23 Nov 2026 00:30");
});

test("no line begins with a sign that a French space stands at", () => {
  assert.equal(sentence({ what: "no menus", cure: "import or draft some" }), "no menus. Import or draft some.");
  assert.equal(sentence({ what: "inconnu : file « a »", cure: "Vouliez-vous dire « b » ?" }), "inconnu\u00a0: file «\u00a0a\u00a0». Vouliez-vous dire «\u00a0b\u00a0»\u00a0?");
});
