/**
 * Plays every outcome of the service with secrets that a search finds wherever they leak.
 *
 * @module
 */
import { CUSTOMERS } from "../../lib/dev/simulator/customers.ts";
import { FAULTS } from "../../lib/dev/simulator/faults.ts";
import { aroundKv } from "./kv_hooks.ts";
import { type Answer, answerOf, marking } from "./leak_answers.ts";
import { playActivations, playMailedLinks, playPasswords, playProfileRefresh } from "./leak_customers.ts";
import { playPurchases, PURCHASE_SECRETS, PURCHASES_ENV } from "./leak_purchases.ts";
import type { Secret } from "./secret_scan.ts";
import { type SignInOptions, TestService } from "./test_service.ts";
import { UPSTREAM_ANSWERS } from "./upstream_responses.ts";

const PROFILES = Object.entries(CUSTOMERS).filter(([name]) => name !== "new").map(([, { profile }]) =>
  profile("")
);

/** Texts that must be in no response, no log line and no place of the database. */
const SECRETS: Secret[] = [
  { name: "code", text: "canary-code" },
  { name: "idempotency key", text: "canary-idempotency-key" },
  { name: "password", text: "canary-password" },
  { name: "client secret", text: "foosecret" },
  { name: "data key", text: "development only: not a secret!!" },
  { name: "access token", text: "canary-access-token" },
  { name: "refresh token", text: "canary-refresh-token" },
  { name: "upstream body", text: "Asked for by the code" },
  { name: "upstream page", text: "Sorry!" },
  { name: "user_id", text: "amznl.account." },
];

/** Texts that may be only in the response bodies for which the contract names them. */
const PERSONAL: Secret[] = [
  { name: "postal_code", text: "PC-canary" },
  { name: "device", text: "canary-device" },
  ...PROFILES.flatMap(({ email, name }) => [
    ...(email === undefined ? [] : [{ name: "email", text: email }]),
    ...(name === undefined ? [] : [{ name: "name", text: name }]),
  ]),
];

/** The result of {@linkcode playLeakMatrix}. */
export interface LeakRun {
  /** The service, still open. */
  service: TestService;
  /** All responses. */
  answers: Answer[];
  /** The texts to search for. A response may hold those that its `allowed` names. */
  secrets: Secret[];
}

/** Plays every outcome. Dispose of `service` afterwards. */
export async function playLeakMatrix(
  { kv, env = {}, wrap = (kv) => kv }: {
    /** The database; by default one in memory. */
    readonly kv?: Deno.Kv;
    /** Further variables. */
    readonly env?: Readonly<Record<string, string>>;
    /** Wraps the database. */
    readonly wrap?: (kv: Deno.Kv) => Deno.Kv;
  } = {},
): Promise<LeakRun> {
  const state = { broken: "nothing", intercept: "" };
  const service = await TestService.open({
    ...(kv === undefined ? {} : { kv }),
    env: {
      ...PURCHASES_ENV,
      AMAZON_KEEP_REFRESH_TOKEN: "true",
      AMAZON_SIGN_INS_PER_MINUTE: "0",
      PASSWORD_TRIES_PER_15_MINUTES: "0",
      AMAZON_TIMEOUT_MS: "100",
      AMAZON_DEADLINE_MS: "400",
      ...env,
    },
    wrapKv: (inner) =>
      aroundKv(wrap(inner), (name, call) => {
        const fails = state.broken === (name === "commit" ? "commits" : "reads");
        return fails ? Promise.reject(new TypeError("database is locked")) : call();
      }),
    wrapFetch: (fetch) => {
      const marked = marking(fetch);
      return (input, init) =>
        UPSTREAM_ANSWERS[state.intercept]?.(String(input), () => marked(input, init)) ?? marked(input, init);
    },
  });
  const answers: Answer[] = [];

  async function record(what: string, pending: Promise<Response>): Promise<Answer> {
    const answer = await answerOf(what, await service.answerOf(pending));
    answers.push(answer);
    return answer;
  }
  let count = 0;
  async function signIn(scenario: string, options: SignInOptions = {}): Promise<void> {
    const code = `${scenario}.canary-code-${++count}`;
    const key = `canary-idempotency-key-${count}`;
    const request = { key, device: { name: "canary-device-name", model: "canary-device-model" }, ...options };
    await record(code, service.signIn(code, request));
    await record(`${code} again`, service.signIn(code, request));
    await record(`${code} with another key`, service.signIn(code, { ...request, key: `${key}-other` }));
  }

  // The registration is closed at the end of the next step.
  const phones = await playActivations(service, record);
  await playPurchases(service, record);
  const moved = await playProfileRefresh(service, record);
  await playPasswords(service, record);
  const links = await playMailedLinks(service, record);
  for (const customer of Object.keys(CUSTOMERS)) if (customer !== "new") await signIn(customer);
  await signIn("mork");
  for (const [kind, { endpoints, example }] of Object.entries(FAULTS)) {
    const fault = kind === "STATUS" ? "429-2" : example === undefined ? kind : `${kind}-${example}`;
    for (const endpoint of endpoints) await signIn(`returning~${endpoint}-${fault}`);
  }
  for (state.intercept of Object.keys(UPSTREAM_ANSWERS)) await signIn("returning");
  state.intercept = "";
  for (state.broken of ["commits", "reads"]) await signIn("mork");
  state.broken = "nothing";

  const slow = service.signIn("mork~token-hang.canary-code-slow");
  await service.clock.advance(0);
  await record("a code in progress", service.signIn("mork~token-hang.canary-code-slow"));
  await record("a slow code", slow);

  await signIn("mork", { app: "canary-code" });
  await signIn("mork", { device: { name: "canary-device".repeat(20) } });
  await signIn("mork", { key: "canary-idempotency-key with spaces" });
  await signIn(`mork.${"canary-code".repeat(200)}`);
  const post = (body: string, headers: Record<string, string>) =>
    service.request("/v1/sessions/amazon", { method: "POST", body, headers });
  await record("broken JSON", post('{"code":"canary-code', { "content-type": "application/json" }));
  await record("no JSON", post("code=canary-code", { "content-type": "application/x-www-form-urlencoded" }));
  await record("large", post("canary-code".repeat(2000), { "content-type": "application/json" }));
  await record("unknown path", service.request("/v1/canary-code?canary-code"));
  await record("wrong method", service.request("/v1/sessions/amazon?canary-code", { method: "PUT" }));

  const { session_token: token } = await service.signedIn("odd.canary-code", {
    device: { name: "canary-device" },
  });
  await record("check a token", service.request("/v1/sessions/current", { token }));
  await record("list", service.request("/v1/sessions", { token }));
  await record("events", service.request("/v1/account/events", { token }));
  await record("export", service.request("/v1/account/export", { token }));
  await record("sign out", service.request("/v1/sessions/current", { method: "DELETE", token }));
  await record("check a dead token", service.request("/v1/sessions/current", { token }));
  const own = { name: "own token", text: token.slice(-43) };

  // An unexpected exception whose message has secrets.
  service.services.keyring.blindIndexes = (_, value) => {
    throw new RangeError(`canary-code canary-access-token ${value}`);
  };
  await signIn("mork");
  const secrets = [
    ...SECRETS,
    ...PURCHASE_SECRETS,
    ...PERSONAL,
    ...links,
    ...phones,
    ...moved,
    own,
    ...answers.flatMap(({ gives }) => gives),
  ];
  return { service, answers, secrets };
}
