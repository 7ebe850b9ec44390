/**
 * Every outcome that the service has, played with values that can be told apart wherever they turn up.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { CUSTOMERS } from "../../lib/dev/simulator/customers.ts";
import { FAULTS } from "../../lib/dev/simulator/faults.ts";
import { parseLinkToken } from "../../lib/outbox/links.ts";
import type { Canary } from "./secret_scan.ts";
import { type SignInOptions, TestService } from "./test_service.ts";
import { linkIn } from "./mailed_links.ts";
import { UPSTREAM_ANSWERS } from "./upstream_responses.ts";
import { aroundKv } from "./kv_hooks.ts";

const PROFILES = Object.entries(CUSTOMERS).filter(([name]) => name !== "new").map(([, { profile }]) =>
  profile("")
);

/** Never in a response, a log line or the database. */
const SECRETS: Canary[] = [
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

/** In the bodies that the contract gives them to, and nowhere else. */
const PERSONAL: Canary[] = [
  { name: "postal_code", text: "PC-canary" },
  { name: "device", text: "canary-device" },
  ...PROFILES.flatMap(({ email, name }) => [
    ...(email === undefined ? [] : [{ name: "email", text: email }]),
    ...(name === undefined ? [] : [{ name: "name", text: name }]),
  ]),
];

/** One response, with what it may hold. */
export interface Answer {
  /** What was asked. */
  what: string;
  /** The problem's code, or the status. */
  outcome: string;
  /** Status, headers and body as one text. */
  text: string;
  /** Canaries by name that it may hold: the contract says so. */
  allowed: readonly string[];
  /** The session token's secret or the link ticket that it gives: in no other place. */
  gives: Canary[];
}

/** What a run came to. */
export interface LeakRun {
  service: TestService;
  answers: Answer[];
  /** What must not be found, but where an answer's `allowed` says so. */
  canaries: Canary[];
}

/** Plays every outcome on a database; dispose of `service` afterwards. */
export async function playLeakMatrix(kv?: Deno.Kv): Promise<LeakRun> {
  const state = { broken: "nothing", intercept: "" };
  const service = await TestService.open({
    env: {
      AMAZON_SIGN_INS_PER_MINUTE: "0",
      PASSWORD_TRIES_PER_15_MINUTES: "0",
      AMAZON_TIMEOUT_MS: "100",
      AMAZON_DEADLINE_MS: "400",
    },
    wrapKv: (memory) =>
      aroundKv(kv ?? memory, (name, call) => {
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
  await record("sign out", service.request("/v1/sessions/current", { method: "DELETE", token }));
  await record("check a dead token", service.request("/v1/sessions/current", { token }));
  const own = { name: "own token", text: token.slice(-43) };

  // An exception that nobody foresaw, with the worst of messages.
  service.services.keyring.blindIndexes = (_, value) => {
    throw new RangeError(`canary-code canary-access-token ${value}`);
  };
  await signIn("mork");
  const canaries = [...SECRETS, ...PERSONAL, ...links, own, ...answers.flatMap(({ gives }) => gives)];
  return { service, answers, canaries };
}

/** A customer without consent, whose account the Amazon customers mork and twin are asked to link with. */
async function playPasswords(
  service: TestService,
  record: (what: string, pending: Promise<Response>) => Promise<Answer>,
): Promise<void> {
  const { email = "", name, postal_code } = CUSTOMERS.mork.profile("");
  const account = { email, password: "canary-password-1", name, postal_code: `PC-canary-${postal_code}` };
  const signUp = (changes = {}) => service.send("POST", "/v1/accounts", { ...account, ...changes });
  const signIn = (changes = {}) => service.send("POST", "/v1/sessions", { ...account, ...changes });
  await record("sign up", signUp({ device: { name: "canary-device-name" } }));
  await record("sign up again", signUp());
  await record("sign up with a short password", signUp({ password: "canary" }));
  await record("sign up with no email", signUp({ email: "canary-password" }));
  await record("sign in with a wrong password", signIn({ password: "canary-password-2" }));
  const [mork, twin] = await Promise.all(["mork", "twin"].map(async (customer) => {
    const response = await service.signIn(`${customer}.canary-code-link`);
    return (await response.json()).link_ticket as string;
  }));
  await record("link with a made-up ticket", signIn({ link_ticket: `ocl_${"canary-code".repeat(4)}` }));
  await record("link", signIn({ link_ticket: mork }));
  await record("link a second customer", signIn({ link_ticket: twin }));
  const { session_token: token } = await (await signIn()).json();
  const change = { current_password: account.password, new_password: "canary-password-3" };
  await record("change the password", service.send("PUT", "/v1/account/password", change, { token }));
  await record("rename", service.send("PATCH", "/v1/account", { name }, { token }));
  const oneClick = await service.signedIn("noname.canary-code-temporary");
  await record(
    "unlink with a temporary password",
    service.request("/v1/account/amazon-link", { method: "DELETE", token: oneClick.session_token }),
  );
  await record(
    "delete the account",
    service.request("/v1/account", { method: "DELETE", token: oneClick.session_token }),
  );
  await record(
    "delete it again",
    service.request("/v1/account", { method: "DELETE", token: oneClick.session_token }),
  );
  await service.services.background.idle();
  const { config } = service.services;
  Object.assign(config, { registration: "closed" });
  await record("sign up when closed", signUp());
}

/** A one-click customer who is mailed links, and follows them to a password and to the end of the account. */
async function playMailedLinks(
  service: TestService,
  record: (what: string, pending: Promise<Response>) => Promise<Answer>,
): Promise<Canary[]> {
  const { account: { email } } = await service.signedIn("returning.canary-code-mailed", {
    device: { name: "canary-device-name" },
  });
  const submit = (path: string, fields: Record<string, string>) =>
    service.request(path, { method: "POST", body: new URLSearchParams(fields) });
  const links: Canary[] = [];
  const follow = async (): Promise<string> => {
    await service.runDueTasks();
    const link = linkIn(service);
    const token = link.slice(link.lastIndexOf("/") + 1);
    // As it stands in the mail, without the account's id before it; and as it is kept until the mail is on its way.
    links.push({ name: "mailed link", text: token.slice(-42) });
    links.push({ name: "mailed link's secret", text: parseLinkToken(token)?.secret ?? "" });
    return link;
  };
  await record("ask for a password", service.send("POST", "/v1/password-resets", { email }));
  const reset = await follow();
  await record("open a reset", service.request(reset));
  const weak = { password: "canary-password-5", repeat: "canary-password-6", unlink: "on" };
  await record("choose two passwords", submit(reset, weak));
  await record("choose the email", submit(reset, { password: email, repeat: email }));
  const chosen = { password: "canary-password-4", repeat: "canary-password-4" };
  await record("choose a password from elsewhere", service.request(`${reset}/more`, { method: "POST" }));
  await record("choose a password", submit(reset, chosen));
  await record("choose a password again", submit(reset, chosen));
  await record("ask for a deletion", submit("/delete-account", { email }));
  const deletion = await follow();
  await record("open a deletion", service.request(deletion));
  await record("delete", submit(deletion, {}));
  await record("delete again", submit(deletion, {}));
  await service.runDueTasks();
  return links;
}

async function answerOf(what: string, response: Response): Promise<Answer> {
  const body = await response.text();
  const isPage = response.headers.get("content-type")?.startsWith("text/html") ?? false;
  const json = body === "" || isPage ? {} : JSON.parse(body);
  const given: string | undefined = json.session_token?.slice(-43) ?? json.link_ticket?.slice(-43);
  const allowed = isPage
    ? response.status === 404 || response.status === 410 ? [] : ["email", "device"]
    : json.account !== undefined || json.email !== undefined
    ? ["email", "name", "postal_code", "device"]
    : json.sessions !== undefined
    ? ["device"]
    : json.code === "profile_incomplete"
    ? ["name", "postal_code"]
    : [];
  return {
    what,
    outcome: json.code ?? String(response.status),
    text: `${response.status} ${JSON.stringify([...response.headers])}\n${body}`,
    allowed,
    gives: given === undefined ? [] : [{ name: `secret of ${what.replace(/ again$/, "")}`, text: given }],
  };
}

/** Amazon with canaries at the beginning of its tokens and postal codes. */
function marking(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  const begun = new Map<string, string>();
  const mark = (text: string) =>
    text.replaceAll(/(Atz[ar]\|)([\w-]{20})([\w-]{40})/g, (_, prefix, head, rest) => {
      begun.set(rest, head);
      return `${prefix}canary-${prefix === "Atza|" ? "access-token-" : "refresh-token"}${rest}`;
    }).replaceAll('"postal_code":"', '"postal_code":"PC-canary-');
  const unmark = (url: string) =>
    url.replace(/canary-access-token-([\w-]{40})/, (_, rest) => `${begun.get(rest)}${rest}`);
  return async (input, init) => {
    const response = await fetch(unmark(String(input)), init);
    const transform = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) =>
        controller.enqueue(Buffer.from(mark(Buffer.from(chunk).toString("latin1")), "latin1")),
    });
    const headers = new Headers(response.headers);
    headers.delete("content-length");
    return new Response(response.body?.pipeThrough(transform) ?? null, { status: response.status, headers });
  };
}
