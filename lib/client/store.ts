/**
 * Stores the state of a sign-in on the device. Each step of a sign-in is one write, so an app that is killed between two
 * steps finds either the state before or the state after.
 *
 * @module
 */
import { type Clock, settleWithin } from "./clock.ts";
import type { Activation, SignedIn } from "./contract.ts";
import { isText } from "./foreign.ts";

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

/**
 * The Appstore is being asked for the consent. It answers once, so an app that is killed before it reads the answer asks
 * for a code next: the Appstore gives one only to customers who have agreed.
 */
export interface ConsentAsked {
  /** Tells this state from the others. */
  readonly kind: "asked";
  /** The user is not known yet. */
  readonly user: null;
}

/** The customer has agreed. The Appstore says so only once, so the next step is to ask for a code. */
export interface Consented {
  /** Tells this state from the others. */
  readonly kind: "consented";
  /** The id of the Appstore user who agreed. */
  readonly user: string;
}

/** A stored code whose exchange is not finished. */
export interface PendingCode {
  /** Tells this state from the others. */
  readonly kind: "code";
  /** The id of the Appstore user who got the code. The code signs no other user in. */
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
  /** Tells this state from the others. */
  readonly kind: "session";
  /** The id of the Appstore user who signed in by one click; null for a sign-in by password or by phone. */
  readonly user: string | null;
  /** The service's response to the sign-in. */
  readonly session: SignedIn;
  /** What was known of the consent before a sign-in by password or by phone: one click can go on from there later. */
  readonly consent?: ConsentAsked | Consented;
}

/** The state of a sign-in on a device; null before the first step. */
export type DeviceState = ConsentAsked | Consented | PendingCode | StoredSession | null;

/** A stored sign-in from a phone. */
export interface StoredActivation {
  /** The service's response that started it. */
  readonly activation: Activation;
  /** The ticket that it links; null when it links none. */
  readonly link_ticket: string | null;
}

/** Loads and saves what a device stores. No method rejects or waits for ever. */
export interface Store {
  /** Returns the state. A record that cannot be read counts as null. */
  load(): Promise<DeviceState>;
  /** Saves the state. A state that cannot be written is kept in memory, so the customer gets in. */
  save(state: DeviceState): Promise<void>;
  /**
   * Removes the session of a token, if it is still the stored one. One click stays possible for a user who used it.
   *
   * @returns Whether this call removed the session. Only one of several calls returns true.
   */
  forget(token: string): Promise<boolean>;
  /** Returns the sign-in from a phone that was started last, or null. */
  loadActivation(): Promise<StoredActivation | null>;
  /** Saves the sign-in from a phone; null removes it. */
  saveActivation(activation: StoredActivation | null): Promise<void>;
}

const STATE_KEY = "oneclick";
const ACTIVATION_KEY = "oneclick.activation";
/** Milliseconds for a call to the storage. A call that takes longer counts as failed. */
const STORAGE_MS = 5_000;

/** Creates the store of a device. The storage is read once, at the first `load`. */
export function openStore(storage: DeviceStorage, clock: Clock): Store {
  let state: DeviceState | undefined;
  let lastWrite: Promise<unknown> = Promise.resolve();

  async function read<T>(key: string, isValid: (value: T) => unknown): Promise<T | null> {
    const text = await settleWithin(clock, STORAGE_MS, () => storage.getItem(key));
    try {
      const value = JSON.parse(text ?? "null");
      return isValid(value) ? value : null;
    } catch {
      // The record is broken: start anew.
      return null;
    }
  }

  async function write(key: string, value: unknown): Promise<void> {
    const call = () => value === null ? storage.removeItem(key) : storage.setItem(key, JSON.stringify(value));
    // Writes run one after the other, so the last value saved is the one that stays stored.
    lastWrite = lastWrite.then(() => settleWithin(clock, STORAGE_MS, call));
    await lastWrite;
  }

  async function save(next: DeviceState): Promise<void> {
    state = next;
    await write(STATE_KEY, next);
  }

  return {
    save,
    async load() {
      if (state === undefined) {
        const stored = await read(STATE_KEY, isState);
        // A save during the read wins.
        if (state === undefined) state = stored;
      }
      return state;
    },
    async forget(token) {
      // No `await` between this check and the change, so two calls cannot both find the session.
      if (state?.kind !== "session" || state.session.session_token !== token) return false;
      await save(withoutSession(state));
      return true;
    },
    loadActivation: () => read(ACTIVATION_KEY, isActivation),
    saveActivation: (activation) => write(ACTIVATION_KEY, activation),
  };
}

/** Returns the state without session and code. A customer who has agreed once can go on to ask for a code. */
export function withoutSession(state: DeviceState): ConsentAsked | Consented | null {
  if (state?.kind === "asked") return state;
  if (state?.user) return { kind: "consented", user: state.user };
  return state?.kind === "session" ? state.consent ?? null : null;
}

function isState(state: DeviceState): boolean {
  switch (state?.kind) {
    case "asked":
      return state.user === null;
    case "consented":
      return isText(state.user);
    case "code":
      return isText(state.code) && isText(state.key) && isText(state.user);
    case "session":
      return isText(state.session.session_token) && isText(state.session.account.id);
    default:
      return false;
  }
}

function isActivation(stored: StoredActivation): boolean {
  return isText(stored.activation.device_code) && isText(stored.activation.user_code);
}
