import assert from "node:assert/strict";
import { test } from "node:test";
import { harms, inForce, needsShrinkTick, onlyAuthor, sections, stops } from "../source/deploy/plan.ts";
import type { Change, Plan, PlanProblem } from "../source/deploy/shapes.ts";

const nadia = { by: "nadia", at: 1, revision: 2 };

function change(kind: string, name: string, more: Partial<Change> = {}): Change {
  const shared = { action: "~", company: "acme", section: "Queues", sentences: [`${kind} ${name}`] } as const;
  return { ...shared, sentences: [...shared.sentences], kind, name, follows: [], authors: [nadia], effects: [], in_force: "apply", reload: [], ...more };
}

function plan(more: Partial<Plan>): Plan {
  const counts = { add: 0, change: 0, remove: 0, keep: 0 };
  return {
    plan: "0", base: 1, is_empty: false, is_refused: false, is_asterisk_read: true, problems: [], effects: [], changes: [],
    counts, drift: [], reloads: [], restarts: [], ...more,
  };
}

const error: PlanProblem = { where: "a", row: "", what: "b", cure: "c", is_warning: false, is_shrinking: false };

test("consequences stand under each of their causes, and alone where no cause is shown", () => {
  const eve = change("phone", "eve", { follows: [{ kind: "person", name: "eve" }], section: "People", reload: ["res_pjsip"] });
  const moved = change("person", "amel", { follows: [{ kind: "queue", name: "one" }, { kind: "queue", name: "two" }], section: "People" });
  const lost = change("phone", "lost", { follows: [{ kind: "person", name: "nobody" }], section: "People" });
  const person = change("person", "eve", { section: "People", in_force: "import" });
  const found = sections([person, eve, moved, lost, change("queue", "one"), change("queue", "two")]);
  assert.deepEqual(
    found.map(({ title, causes }) => [title, causes.map((cause) => [cause.change.name, cause.consequences.map(({ name }) => name)])]),
    [["People", [["eve", ["eve"]], ["lost", []]]], ["Queues", [["one", ["amel"]], ["two", ["amel"]]]]],
  );
  assert.deepEqual(inForce(found[0]!.causes[0]!), { when: "apply", reload: ["res_pjsip"] });
  assert.deepEqual(inForce({ change: person, consequences: [] }), { when: "import", reload: [] });
});

test("harm is that of the whole and of each change", () => {
  const harmful = { text: "2 callers wait in it", is_harmful: true };
  const found = harms(plan({ effects: [{ text: "restart", is_harmful: true }, { text: "calm", is_harmful: false }], changes: [change("queue", "one", { effects: [harmful] })] }));
  assert.deepEqual(found, ["restart", "queue one: 2 callers wait in it"]);
});

test("what removes much can be ticked away, an error cannot, a warning need not", () => {
  const shrinking = { ...error, is_shrinking: true };
  const warning = { ...error, is_warning: true };
  for (const [problems, isStopped, mayTick] of [
    [[], false, false], [[warning], false, false], [[shrinking, warning], false, true], [[shrinking, error], true, false],
  ] as const) {
    const found = plan({ problems: [...problems] });
    assert.deepEqual([stops(found), needsShrinkTick(found)], [isStopped, mayTick]);
  }
});

test("an author is told once when all is his; what nobody made does not count", () => {
  assert.deepEqual(onlyAuthor([change("queue", "one"), change("queue", "two"), change("switch", "pbx", { authors: [] })]), nadia);
  assert.equal(onlyAuthor([change("queue", "one")]), null);
  assert.equal(onlyAuthor([change("queue", "one"), change("queue", "two", { authors: [{ ...nadia, by: "karim" }] })]), null);
});
