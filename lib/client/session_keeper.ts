/**
 * Keeps the session of a device, and forgets it when it has ended.
 *
 * @module
 */
import type { SignedIn } from "./contract.ts";
import { tell } from "./foreign.ts";
import type { SignedInResult } from "./results.ts";
import { type Store, withoutSession } from "./store.ts";
import type { Send } from "./transport.ts";

/** The session of one device. */
export interface SessionKeeper {
  /** Returns the stored session, or null. */
  stored(): Promise<SignedIn | null>;
  /** Stores the session of a sign-in by password or by phone. */
  keep(session: SignedIn): Promise<SignedInResult>;
  /**
   * Signs out. The device forgets the session in any case.
   *
   * @returns Whether the service has ended the session.
   */
  signOut(): Promise<boolean>;
  /** Forgets the session of a token, if it is still the stored one, and tells the app. */
  forget(token: string): Promise<void>;
  /** Asks the service whether a session has ended: a 401 may mean something else, or come from a faulty back end. */
  forgetIfEnded(token: string): Promise<void>;
}

/**
 * Creates the session keeper of a device.
 *
 * @param onSignedOut Is called once when a session is forgotten.
 */
export function createSessionKeeper({ store, send, onSignedOut }: {
  readonly store: Store;
  readonly send: Send;
  readonly onSignedOut: (() => void) | undefined;
}): SessionKeeper {
  async function stored(): Promise<SignedIn | null> {
    const state = await store.load();
    return state?.kind === "session" ? state.session : null;
  }

  async function forget(token: string): Promise<void> {
    if (!await store.forget(token)) return;
    tell(() => onSignedOut?.());
  }

  return {
    stored,
    async keep(session) {
      const consent = withoutSession(await store.load());
      await store.save({ kind: "session", user: null, session, ...(consent ? { consent } : {}) });
      return { outcome: "signed_in", session, restored: false };
    },
    async signOut() {
      const token = (await stored())?.session_token;
      const response = token ? await send({ method: "DELETE", path: "/v1/sessions/current", token }) : null;
      await store.save(withoutSession(await store.load()));
      return !response || response.ok || response.problem?.code === "invalid_session";
    },
    forget,
    async forgetIfEnded(token) {
      const response = await send({ method: "GET", path: "/v1/sessions/current", token });
      if (!response.ok && response.problem?.code === "invalid_session") await forget(token);
    },
  };
}
