/**
 * Stores the state of a sign-in on the device, as one record. Each step of a sign-in is one write, so an app that is
 * killed between two steps finds either the state before or the state after.
 *
 * @module
 */
import type { SignedIn } from "./contract.ts";

/**
 * A key-value storage on the device. React Native's `AsyncStorage` and a browser's `localStorage` can be passed as
 * they are.
 */
export interface DeviceStorage {
  /** Returns the text stored under a key, or null. */
  getItem(key: string): Promise<string | null> | string | null;
  /** Stores a text under a key. */
  setItem(key: string, value: string): Promise<void> | void;
  /** Removes a key. */
  removeItem(key: string): Promise<void> | void;
}

/** A stored code whose exchange is not finished. */
export interface PendingCode {
  /** Tells this state from {@linkcode StoredSession}. */
  readonly kind: "code";
  /** The id of the Appstore user who got the code. The code signs nobody else in. */
  readonly user: string;
  /** The code that the Appstore returned. */
  readonly code: string;
  /** The code's `Idempotency-Key`. */
  readonly key: string;
  /** Whether this is the second code of its sign-in. A sign-in asks for no third. */
  readonly renewed: boolean;
}

/** A stored session of this device. */
export interface StoredSession {
  /** Tells this state from {@linkcode PendingCode}. */
  readonly kind: "session";
  /** The id of the Appstore user who signed in by one click; null for a sign-in by password. */
  readonly user: string | null;
  /** The service's response to the sign-in. */
  readonly session: SignedIn;
}

/** Everything that a device stores; null when it stores nothing. */
export type DeviceState = PendingCode | StoredSession | null;

/** Loads and saves the state of a device. */
export interface Store {
  /** Returns the state. Never rejects: a record that cannot be read counts as null. */
  load(): Promise<DeviceState>;
  /** Saves the state. Never rejects: a state that cannot be written is kept in memory, so the customer gets in. */
  save(state: DeviceState): Promise<void>;
  /**
   * Removes the session of a token, if it is still the stored one.
   *
   * @returns Whether this call removed the session. Only one of several calls returns true.
   */
  forget(token: string): Promise<boolean>;
}

const STORAGE_KEY = "oneclick";

/** Creates the store of a device. The storage is read once, at the first `load`. */
export function openStore(storage: DeviceStorage): Store {
  let state: DeviceState | undefined;
  let lastWrite: Promise<unknown> = Promise.resolve();

  async function write(next: DeviceState): Promise<void> {
    if (next === null) await storage.removeItem(STORAGE_KEY);
    else await storage.setItem(STORAGE_KEY, JSON.stringify(next));
  }

  async function save(next: DeviceState): Promise<void> {
    state = next;
    // Writes run one after the other, so the last state saved is the one that stays stored.
    lastWrite = lastWrite.then(() => write(next)).catch(() => {});
    await lastWrite;
  }

  return {
    save,
    async load() {
      if (state === undefined) {
        const stored = await read(storage);
        // A save during the read wins.
        if (state === undefined) state = stored;
      }
      return state;
    },
    async forget(token) {
      // No `await` between this check and the change, so two calls cannot both find the session.
      if (state?.kind !== "session" || state.session.session_token !== token) return false;
      await save(null);
      return true;
    },
  };
}

async function read(storage: DeviceStorage): Promise<DeviceState> {
  try {
    const state = JSON.parse(await storage.getItem(STORAGE_KEY) ?? "null");
    if (state.kind === "code" && state.code && state.key && state.user) return state;
    if (state.kind === "session" && state.session.session_token) return state;
  } catch { /* The record is missing or broken: start anew. */ }
  return null;
}
