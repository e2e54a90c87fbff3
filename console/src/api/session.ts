/** The session of this browser: half B is here, half A in a cookie that no script can read. */

export const KEPT = "kumoniwa-session";
const CODE = /^#code=([\w-]+)$/;

/** Why nobody is signed in here: `refused` where the code of an address was not good any more. */
export type SignedOut = "never" | "refused" | "ended";

let ended: ((why: SignedOut) => void) | undefined;

/** Call `told` when the session turns out to have ended. */
export function onEnd(told: (why: SignedOut) => void): void {
  ended = told;
}

/** Whether there is a session to try, and how it must be named in requests. */
export function halfB(): string | null {
  return localStorage.getItem(KEPT);
}

/** Whether the address has a sign-in code. */
export function hasCode(): boolean {
  return CODE.test(location.hash);
}

/** Take the sign-in code out of the address, where there is one, and begin a session with it: why not, where there is none. */
export async function signInByAddress(): Promise<SignedOut | undefined> {
  const code = CODE.exec(location.hash)?.[1];
  if (code === undefined) return halfB() === null ? "never" : undefined;
  history.replaceState(null, "", location.pathname); // before anything else: it must not stay in the history
  const asked = { method: "POST", body: JSON.stringify({ code }) };
  const answer = await fetch("/console/api/sign-in", asked).catch(() => undefined); // the pages say so where it is gone
  if (answer?.ok) localStorage.setItem(KEPT, ((await answer.json()) as { session: string }).session);
  return halfB() === null ? "refused" : undefined;
}

/** The server does not know this session any more. */
export function sessionEnded(why: SignedOut = "ended"): void {
  localStorage.removeItem(KEPT);
  ended?.(why);
}
