/** The device client among calls of the app, the Appstore and the engine that do what they must not. */
import { assert, assertEquals } from "@std/assert";
import type { Client, ClientOptions, PurchasingService } from "../../../lib/client/mod.ts";
import { EMAIL, PASSWORD } from "../../support/account_requests.ts";
import { SimulatedTv } from "../../support/simulated_tv.ts";
import { TestService } from "../../support/test_service.ts";

type Call = (...args: never[]) => unknown;

const OUTCOMES = [
  "signed_in",
  "consent_unavailable",
  "sign_in_needed",
  "sign_up_needed",
  "try_later",
  "refused",
  "signed_out",
  "synced",
];

/** An object of which no property can be read. */
const UNREADABLE: object = new Proxy({}, {
  get(_, name) {
    if (name === "then") return undefined;
    throw new Error("The engine's fault");
  },
});

const FAULTS: Readonly<Record<string, Call>> = {
  "throws": () => {
    throw new Error("A fault");
  },
  "throws undefined": () => {
    throw undefined;
  },
  "rejects with undefined": () => Promise.reject(undefined),
  "never settles": () => new Promise(() => {}),
  "returns an object that cannot be read": () => UNREADABLE,
  "resolves with an object that cannot be read": () => Promise.resolve(UNREADABLE),
  ...Object.fromEntries(
    [undefined, null, 0, -1, Infinity, true, "text", {}, [], () => {}].flatMap((value) => [
      [`returns ${String(value) || "[]"}`, () => value],
      [`resolves with ${String(value) || "[]"}`, () => Promise.resolve(value)],
    ]),
  ),
};

const USERS = [7, {}, "", ["a"], null].map((userId) => ({
  responseCode: 1,
  userData: { userId, userProfileAccessConsentStatus: 2 },
}));
const CODES = [7, {}, ["a"], true].map((code) => ({ responseCode: 1, userProfileAccessAuthCode: code }));
const PAGES = [
  { receiptList: 5, hasMore: true },
  { receiptList: [null], hasMore: false },
  { receiptList: [{ receiptId: 5 }], userData: { userId: {} }, hasMore: true },
  { receiptList: [{ receiptId: "x".repeat(300) }], userData: { userId: "u" }, hasMore: false },
].map((page) => ({ responseCode: 1, ...page }));

/** Responses that are none of ours, as another server on the way could give them. */
const RESPONSES: unknown[] = [
  [200, { session_token: "x", account: {} }],
  [200, { session_token: {}, account: { id: "a" } }],
  [201, { session_token: "x", account: { id: "a" }, entitlements: 5 }],
  [201, { session_token: "x", account: { id: "a" }, entitlements: [null] }],
  [200, { entitlements: [null] }],
  [200, { access_token: {}, expires_in: 5 }],
  [200, { device_code: {}, user_code: "a" }],
  [201, { device_code: "a", user_code: "b", expires_in: "x", interval: "x" }],
  [400, { code: "invalid_request", next: "fix_request", errors: 5 }],
  [400, { code: "invalid_request", next: "fix_request", errors: [null] }],
  [409, { code: {}, next: {} }],
  [200, null],
  [204, null],
  [500, "text"],
].map(([status, body]) => ({
  status,
  ok: Number(status) < 300,
  headers: { get: () => "-5" },
  json: () => Promise.resolve(body),
}));

/** The calls that the client makes, each with what it may come to beside {@linkcode FAULTS}. */
const CALLS: readonly (readonly [name: string, values: readonly unknown[]])[] = [
  ["getUserData", USERS],
  ["requestUserProfileAccess", CODES],
  ["getPurchaseUpdates", PAGES],
  ["notifyFulfillment", []],
  ["getItem", [
    '{"kind":"session","user":5}',
    '{"activation":{"device_code":"a","user_code":"b"},"link_ticket":null}',
  ]],
  ["setItem", []],
  ["removeItem", []],
  ["fetch", [...RESPONSES, { status: 200, ok: true }, { status: 401, ok: false }]],
  ["now", [NaN]],
  ["after", []],
  ["onSignedOut", []],
  ["onCode", []],
  ["addEventListener", []],
  ["aborted", []],
  ["random", []],
];

/** The faults with which every two methods are called at the same time. */
const PAIRED = ["throws", "never settles", "resolves with undefined"];
/** Calls that return no promise. */
const SYNCHRONOUS = ["now", "after", "aborted", "random"];

/** The parts of a device by the name of a call: those of the simulated TV, and in one of them the fault. */
function device(tv: SimulatedTv, name: string, fault: Call) {
  const { appstore } = tv.startApp();
  const with_ = <T extends object>(part: T): T => name in part ? { ...part, [name]: fault } : part;
  const storage = with_({
    getItem: (key: string) => tv.storage.get(key) ?? null,
    setItem: (key: string, value: string) => void tv.storage.set(key, value),
    removeItem: (key: string) => void tv.storage.delete(key),
  });
  const { clock } = tv.service;
  const time = with_({ now: () => clock.now() });
  // A timer that never fires could not be told from a long one. So the fault comes after the timer is set, or in its place.
  const after = (ms: number, callback: () => void) => {
    if (name !== "after") return clock.after(ms, callback);
    const returned = (fault as () => unknown)();
    clock.after(ms, callback);
    return returned;
  };
  const options = with_({
    fetch: (url: string, init?: RequestInit) => tv.send(url, init),
    onSignedOut: () => {},
  });
  return {
    appstore: with_(appstore) as PurchasingService,
    options: { ...options, storage, clock: { ...time, after } } as unknown as Partial<ClientOptions>,
    onCode: (name === "onCode" ? fault : () => {}) as () => void,
    signal: {
      get aborted() {
        return name === "aborted" ? (fault as () => boolean)() : clock.now() >= (stopAt.get(tv) ?? 0);
      },
      addEventListener: ((type: never, listener: never) => {
        if (name === "addEventListener") return fault(type, listener);
        return name === "aborted" ? clock.after(5_000, listener) : undefined;
      }) as () => void,
    },
  };
}

/** When the app stops a sign-in from a phone. */
const stopAt = new WeakMap<SimulatedTv, number>();

/** Each method of the client, as an app calls it. */
const METHODS: Readonly<
  Record<
    Exclude<keyof Client, "fetch">,
    (client: Client, parts: ReturnType<typeof device>) => Promise<unknown>
  >
> = {
  signInWithAmazon: (client, { appstore }) => client.signInWithAmazon(appstore),
  syncPurchases: (client, { appstore }) => client.syncPurchases(appstore),
  session: (client) => client.session(),
  accessToken: (client) => client.accessToken(),
  signIn: (client) => client.signIn({ email: EMAIL, password: PASSWORD }),
  signUp: (client) => client.signUp({ email: EMAIL, password: PASSWORD }),
  activate: (client, { onCode, signal }) => client.activate({ onCode, signal }),
  signOut: (client) => client.signOut(),
};

for (const [name, values] of CALLS) {
  // Without a working timer the engine's is taken, which no test waits for.
  const stopMs = name === "after" ? 0 : 20_000;
  const own = values.map((value, i) =>
    [`resolves with its garbage ${i}`, () => Promise.resolve(value)] as const
  );
  Deno.test(`no method of the client rejects or hangs when ${name} fails in any way`, async () => {
    await using service = await TestService.open({
      env: { AMAZON_SIGN_INS_PER_MINUTE: "0", PASSWORD_TRIES_PER_15_MINUTES: "0" },
    });
    const faults = [...Object.entries(FAULTS), ...own];
    for (const [what, fault] of faults) {
      if (SYNCHRONOUS.includes(name) && /^(?:rejects|resolves|never)/.test(what)) continue;
      const tv = new SimulatedTv(service);
      tv.receiptPages = [["sub.due.1"]];
      const parts = device(tv, name, fault);
      const { random } = Math;
      if (name === "random") Math.random = fault as () => number;
      try {
        const { client } = tv.startApp(parts.options);
        for (const [method, call] of Object.entries(METHODS)) {
          const label = `${method} when ${name} ${what}`;
          stopAt.set(tv, service.clock.now() + stopMs);
          const before = service.clock.now();
          const result = await service.answerOf(call(client, parts)).catch((error) => {
            throw new Error(`${label}: ${error}`, { cause: error });
          });
          assert(service.clock.now() - before <= 120_000, label);
          if (typeof result !== "object" || result === null) continue;
          if (!("outcome" in result)) continue;
          assert(OUTCOMES.includes(String(result.outcome)), label);
          if (result.outcome !== "signed_in") continue;
          // What a method says is what the next one finds.
          const session = await service.answerOf(client.session());
          assertEquals(session, (result as unknown as { session: unknown }).session, label);
        }
        // Two at a time, in every pair.
        if (!PAIRED.includes(what)) continue;
        for (const one of Object.values(METHODS)) {
          for (const other of Object.values(METHODS)) {
            stopAt.set(tv, service.clock.now() + stopMs / 4);
            await service.answerOf(Promise.all([one(client, parts), other(client, parts)]));
          }
        }
      } finally {
        Math.random = random;
      }
    }
  });
}
