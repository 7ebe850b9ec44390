/**
 * What the device remembers, as one record: so that every step of a sign-in is one write, and an app that is killed
 * between two of them finds either the one or the other.
 *
 * @module
 */
import type { SignedIn } from "./contract.ts";

/** Where the device remembers things: React Native's `AsyncStorage` and a browser's `localStorage` fit as they are. */
export interface DeviceStorage {
  /** What was stored under a key, or null. */
  getItem(key: string): Promise<string | null> | string | null;
  /** Stores a text. */
  setItem(key: string, value: string): Promise<void> | void;
  /** Forgets a key. */
  removeItem(key: string): Promise<void> | void;
}

/** A code that is being exchanged. */
export interface PendingCode {
  /** Which state this is. */
  readonly kind: "code";
  /** The customer that the Appstore gave it for: nobody else is signed in by it. */
  readonly user: string;
  /** As the Appstore gave it. */
  readonly code: string;
  /** The code's `Idempotency-Key`. */
  readonly key: string;
  /** Whether it is the second of its sign-in: there is no third. */
  readonly renewed: boolean;
}

/** A session of this device. */
export interface HeldSession {
  /** Which state this is. */
  readonly kind: "session";
  /** The Appstore's customer who signed in by one click; null for a sign-in by password. */
  readonly user: string | null;
  /** As the service gave it. */
  readonly session: SignedIn;
}

/** All that a device remembers. */
export type DeviceState = PendingCode | HeldSession | null;

/** The memory of a device. */
export interface Store {
  /** Never rejects: what cannot be read is nothing. */
  load(): Promise<DeviceState>;
  /** Never rejects: what cannot be written is kept for as long as the app runs, and the customer gets in. */
  save(state: DeviceState): Promise<void>;
  /**
   * Forgets the session of a token, if it is still the one that is held. Of several calls one finds it.
   *
   * @returns Whether it was there.
   */
  forget(token: string): Promise<boolean>;
}

const KEY = "oneclick";

/** Opens the memory of a device. It is read once, when it is first asked for. */
export function openStore(storage: DeviceStorage): Store {
  let state: DeviceState | undefined;
  let written: Promise<unknown> = Promise.resolve();

  async function write(next: DeviceState): Promise<void> {
    if (next === null) await storage.removeItem(KEY);
    else await storage.setItem(KEY, JSON.stringify(next));
  }

  async function save(next: DeviceState): Promise<void> {
    state = next;
    // One after the other: the last one that was asked for is the one that stays.
    written = written.then(() => write(next)).catch(() => {});
    await written;
  }

  return {
    save,
    async load() {
      if (state === undefined) {
        const stored = await read(storage);
        // Something may have been saved meanwhile.
        if (state === undefined) state = stored;
      }
      return state;
    },
    async forget(token) {
      // No wait between the look and the change.
      if (state?.kind !== "session" || state.session.session_token !== token) return false;
      await save(null);
      return true;
    },
  };
}

async function read(storage: DeviceStorage): Promise<DeviceState> {
  try {
    const state = JSON.parse(await storage.getItem(KEY) ?? "null");
    if (state.kind === "code" && state.code && state.key && state.user) return state;
    if (state.kind === "session" && state.session.session_token) return state;
  } catch { /* Nothing that helps. */ }
  return null;
}
