/** What the console asks of the server. */

export interface Session {
  account: string;
  role: "watcher" | "agent" | "supervisor" | "administrator";
  person: string | null;
  must_set_password: boolean;
  may_deploy: boolean;
  companies: { id: string; name: string }[];
}

export function mayOversee(session: Session): boolean {
  return session.role === "supervisor" || session.role === "administrator";
}

export interface Problem {
  status: number;
  type: string;
  detail?: string;
  seconds?: number;
  weakness?: string;
}

export type AgentDeed = "login" | "logout" | "pause" | "withdraw" | "ready" | "extend";
export type CallDeed = "hangup" | "transfer" | "cancel" | "complete" | "park" | "fetch" | "withdraw" | "prioritise" | "move";

/** What came of a deed; `dial`: what fetches a caller who was parked. */
export interface Done {
  outcome: "done" | "unknown";
  dial?: string;
}

export type Answer<T> = { ok: true; value: T } | { ok: false; problem: Problem };

const UNREACHABLE: Problem = { status: 0, type: "unreachable" };

export async function ask<T>(path: string, init: RequestInit): Promise<Answer<T>> {
  try {
    const response = await fetch(path, { ...init, credentials: "same-origin", headers: { Accept: "application/json", ...init.headers } });
    const value = response.status === 204 ? null : await response.json();
    return response.ok ? { ok: true, value: value as T } : { ok: false, problem: value as Problem };
  } catch {
    return { ok: false, problem: UNREACHABLE };
  }
}

export function post<T>(path: string, body: unknown): Promise<Answer<T>> {
  return ask<T>(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
}

export const server = {
  session: () => ask<Session>("/api/session", {}),
  signIn: (account: string, password: string) => post<Session>("/sign-in", { account, password }),
  setPassword: (password: string) => post<Session>("/password", { password }),
  agent: (of: string, person: string, deed: AgentDeed, body: object) =>
    post<Done>(`/api/agents/${person}/${deed}?company=${encodeURIComponent(of)}`, body),
  call: (of: string, id: string, deed: CallDeed, body: object) =>
    post<Done>(`/api/calls/${id.split("/").map(encodeURIComponent).join("/")}/${deed}?company=${encodeURIComponent(of)}`, body),
  signOut: () => post<null>("/sign-out", {}),
  live(company: string): WebSocket {
    const address = new URL(`/api/live?company=${encodeURIComponent(company)}`, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    return new WebSocket(address);
  },
};

/** What of a problem's type is ours: "sign-in-refused". */
export function code(problem: Problem): string {
  return problem.type.replace(/^urn:cordboard:problem:/, "");
}
