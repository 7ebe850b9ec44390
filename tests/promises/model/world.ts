/**
 * Two processes of the service on one database and one Amazon, under a {@linkcode Scheduler}, and the rules that are
 * checked at every operation.
 *
 * @module
 */
import { AssertionError } from "node:assert";
import { assert } from "@std/assert";
import { LEASE_MARGIN_MS } from "../../../lib/sign_in/code_claim.ts";
import { KEPT_TOKEN_MS } from "../../../lib/sign_in/code_exchange.ts";
import { REPLAY_MS } from "../../../lib/sessions/replay.ts";
import { type AmazonSignInResult, signInWithAmazon } from "../../../lib/sign_in/one_click.ts";
import { parseConfig } from "../../../lib/config/config.ts";
import { DEV_CLIENT_SECRETS, devEnvironment } from "../../../lib/dev/environment.ts";
import { createSimulator, type Simulator } from "../../../lib/dev/simulator/simulator.ts";
import { Database } from "../../../lib/kv/database.ts";
import { hashSecret, type Keyring } from "../../../lib/kv/keyring.ts";
import { createServices, type Services } from "../../../lib/services.ts";
import { type Commit, isProgress, type Operation, operationOf, wrapKv } from "../../support/kv_hooks.ts";
import type { CodeHistory, Request } from "./history.ts";
import { type RingIds, ringOf } from "./rings.ts";
import type { Process, Scheduler } from "./scheduler.ts";

const config = parseConfig({
  ...devEnvironment("https://amazon.test", 8000),
  AMAZON_KEEP_REFRESH_TOKEN: "true",
});
/** The difference between the clocks of the two processes: less than the margin of a lease. */
export const MOST_SKEW_MS = 900;

/** Removes a mechanism from the service, so that a test can check that the model notices. */
export interface Sabotage {
  readonly kv?: (kv: Deno.Kv) => Deno.Kv;
  /** Replaces the key rings. */
  readonly Ring?: typeof Keyring;
  /** Replaces the clock by which the database decides what has expired. */
  readonly databaseNow?: () => number;
}

/** The world of one run. */
export class World {
  readonly simulator: Simulator;
  readonly processes: Process[];
  /** The histories by SHA-256 of the code. */
  readonly codes: Map<string, CodeHistory> = new Map();
  /** The broken rules. */
  readonly violations: AssertionError[] = [];
  readonly #active = new Set<Request>();
  readonly #tokens = new Map<string, { readonly by: Request; readonly at: number }>();
  /** The first request that got each session token. */
  readonly sessions: Map<string, Request> = new Map();
  #requests = 0;

  constructor(
    readonly scheduler: Scheduler,
    readonly kv: Deno.Kv,
    /** The key ring of each process. */
    public rings: readonly RingIds[],
    readonly sabotage: Sabotage = {},
  ) {
    this.simulator = createSimulator({ clock: scheduler.clock(null), clients: DEV_CLIENT_SECRETS });
    this.processes = [this.#newProcess(0), this.#newProcess(1)];
    scheduler.onTime = (ms) => {
      if (ms >= 500) { for (const request of this.#active) request.disturbed = true; }
    };
  }

  /** Kills a process and starts another in its place. An operation that was sent to the database may still take effect. */
  kill(index: number): void {
    const process = this.processes[index];
    if (process === undefined) return;
    process.alive = false;
    process.death.resolve(undefined);
    for (const request of this.#active) if (request.process === process) request.disturbed = true;
    this.processes[index] = this.#newProcess(index);
    this.scheduler.trace.push(`process ${index} dies`);
  }

  /** Returns the history of a code so far. */
  history(code: string): CodeHistory {
    const hash = hashSecret(code);
    const known = this.codes.get(hash);
    if (known !== undefined) return known;
    const fresh = {
      requests: [],
      spent: false,
      kept: false,
      owner: undefined,
      done: undefined,
      token: undefined,
      out: undefined,
    };
    this.codes.set(hash, fresh);
    return fresh;
  }

  /** Signs in on a process. The promise never settles when the process dies. */
  async signIn(index: number, { code, key }: Pick<Request, "code" | "key">): Promise<AmazonSignInResult> {
    const process = this.processes[index] as Process;
    const request = { name: `r${++this.#requests}`, process, code, key, disturbed: false };
    this.scheduler.trace.push(`${request.name}: ${code} with key ${key} on process ${index}`);
    const history = this.history(code);
    history.requests.push(request);
    const [client] = config.amazonClients;
    assert(client !== undefined);
    this.#active.add(request);
    try {
      const result = await signInWithAmazon(this.services(request), {
        code,
        idempotencyKey: key,
        client,
        device: { name: code },
        requestId: request.name,
      });
      this.#checkAnswer(request, result);
      return result;
    } finally {
      this.#active.delete(request);
    }
  }

  /** Makes a key ring of this world. */
  ringOf(ids: RingIds): Keyring {
    return ringOf(ids, this.sabotage.Ring);
  }

  /** Makes the services for one request. */
  services(request: Request): Services {
    const clock = this.scheduler.clock(request.process);
    const log = () => {};
    const kv = this.#parkedKv(request);
    const now = this.sabotage.databaseNow ?? clock.now;
    const fetch: typeof globalThis.fetch = (url, init) => this.#fetch(request, url, init);
    const services = createServices({ config, kv, clock, log, fetch, cores: 1 });
    const keyring = this.ringOf(this.rings[this.processes.indexOf(request.process)] ?? ["k1"]);
    const db = new Database({ kv: this.sabotage.kv?.(kv) ?? kv, keyring, clock: { ...clock, now } });
    return { ...services, keyring, db };
  }

  /** Notes a broken rule. The error is not thrown here, because the service would take it for a fault and try again. */
  #require(holds: boolean, violation: string): void {
    if (!holds) this.violations.push(new AssertionError({ message: violation }));
  }

  #newProcess(index: number): Process {
    return { alive: true, skewMs: index === 0 ? 0 : MOST_SKEW_MS, death: Promise.withResolvers() };
  }

  /** Checks an answer: only a request with the same code and key gets it, and no request without a key gets it again. */
  #checkAnswer(request: Request, { answer, replayed }: AmazonSignInResult): void {
    // Its code is released with the token, so that a later request looks at the profile again.
    if (answer.outcome === "profile_incomplete") return;
    const { done, owner } = this.history(request.code);
    assert(done !== undefined, `${request.name} got an answer that was never stored`);
    assert(
      done.by.key === request.key,
      `${request.name} got the answer of ${done.by.name}, which has another key`,
    );
    assert(
      owner === undefined || owner.key === null || owner.key === request.key,
      "The token belongs to a request with another key",
    );
    if (replayed) {
      assert(request.key !== null, `${request.name} got an answer again for the code alone`);
      const age = this.scheduler.time - done.at;
      assert(age <= REPLAY_MS + MOST_SKEW_MS, `${request.name} got an answer that was ${age} ms old`);
    }
    if (answer.outcome === "link_required") return;
    const { session_token: token } = answer.signedIn;
    const history = this.history(request.code);
    history.token ??= token;
    assert(history.token === token, `${request.name} got another session than the one before it`);
    const first = this.sessions.get(token) ?? request;
    this.sessions.set(token, first);
    assert(first.code === request.code && first.key === request.key, "Two requests have one session");
  }

  #parkedKv(request: Request): Deno.Kv {
    const { scheduler, kv } = this;
    const park = async <T>(name: string, operation: () => Promise<T>): Promise<T> => {
      const label = `${request.name} ${name}`;
      const fate = await scheduler.park(label, request.process);
      if (fate === "failed") throw new TypeError("database is locked");
      const result = await scheduler.work(operation);
      if (fate === "done and reported as failed") throw new TypeError("connection reset");
      await scheduler.park(`${label} answered`, request.process);
      return result;
    };
    return wrapKv(kv, {
      read: ({ keys }, perform) => park(`reads ${keys.map(([kind]) => String(kind)).join(" and ")}`, perform),
      commit: (commit, perform) => {
        const operation = operationOf(commit);
        return park(`commits ${operation}`, async () => {
          const result = await perform();
          if (result.ok) this.#committed(request, operation, commit);
          return result;
        });
      },
    });
  }

  #committed(request: Request, operation: Operation, { mutations }: Commit): void {
    const history = this.history(request.code);
    if (operation === "keep" || operation === "commit") history.kept = true;
    if (operation === "keep") {
      const { done } = history;
      this.#require(
        done === undefined,
        `${request.name} kept a token of a code that ${done?.by.name} had settled`,
      );
      history.owner = request;
    }
    if (operation === "commit") {
      const [record] = mutations.flatMap((mutation) =>
        mutation.type === "set" && isProgress(mutation.key) ? [mutation.value] : []
      );
      // A commit that was reported as failed is sent again, with the same bytes, and can take effect once more.
      const first = history.done === undefined || history.done.record === record;
      this.#require(first, `${request.name} settled a code that was settled before`);
      history.done ??= { by: request, at: this.scheduler.time, record };
    }
  }

  async #fetch(request: Request, ...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    const { scheduler } = this;
    const url = new URL(String(input));
    const name = url.pathname.includes("token") ? "token" : "profile";
    const label = `${request.name} asks for the ${name}`;
    const history = this.history(request.code);
    if (name === "token") this.#tokenRequestGoesOut(request);
    else this.#tokenIsUsed(request, url.searchParams.get("access_token") ?? "");
    const aborted = new Promise<never>((_, reject) =>
      init?.signal?.addEventListener("abort", () => {
        scheduler.unpark(label);
        reject(init.signal?.reason);
      })
    );
    const answered = async () => {
      const fate = await scheduler.park(label, request.process);
      if (fate === "failed") {
        throw new TypeError("fetch failed", { cause: new Error("client error (Connect)") });
      }
      const response = await scheduler.work(async () => {
        const given = await this.simulator.fetch(url, { method: init?.method ?? "GET" });
        return { status: given.status, headers: given.headers, body: await given.bytes() };
      }).finally(() => {
        const last = this.simulator.requests.at(-1);
        if (name === "token" && last?.status === 200) history.spent = true;
      });
      if (fate !== "done") {
        request.disturbed = true;
        throw new TypeError("fetch failed", { cause: new Error("client error (SendRequest)") });
      }
      await scheduler.park(`${label} answered`, request.process);
      if (name === "token" && response.status === 200) {
        const { access_token } = JSON.parse(new TextDecoder().decode(response.body));
        this.#tokens.set(access_token, { by: request, at: scheduler.time });
      }
      return new Response(response.body, response);
    };
    try {
      return await Promise.race([answered(), aborted]);
    } finally {
      if (name === "token" && history.out?.by === request) history.out = undefined;
    }
  }

  /** Checks that no other token request with the code is under way. One of a dead or suspended process does not count. */
  #tokenRequestGoesOut(request: Request): void {
    const history = this.history(request.code);
    const { out } = history;
    const over = out === undefined || !out.by.process.alive ||
      out.at + config.amazon.timeoutMs <= this.scheduler.time;
    this.#require(over, `${request.name} asks for a token while ${out?.by.name} does`);
    history.out = { by: request, at: this.scheduler.time };
    history.owner = undefined;
  }

  /** Checks that a stored token is used by a request with the right key, and in time. */
  #tokenIsUsed(request: Request, token: string): void {
    const given = this.#tokens.get(token);
    if (given === undefined || given.by === request) return;
    const history = this.history(request.code);
    const { owner } = history;
    this.#require(
      owner?.key == null || owner.key === request.key,
      `${request.name} took the token of ${owner?.name}`,
    );
    history.owner = request;
    const age = this.scheduler.time - given.at;
    const most = KEPT_TOKEN_MS + config.amazonDeadlineMs + LEASE_MARGIN_MS;
    this.#require(age <= most, `A token is used ${age} ms after Amazon gave it`);
  }
}
