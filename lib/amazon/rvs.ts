/**
 * The gateway to Amazon's Receipt Verification Service (RVS) and its Acknowledge Receipt API.
 *
 * RVS wants the shared secret, the Appstore user and the receipt in the path of its URL. So no URL, and no error that can
 * hold one, leaves this file.
 *
 * @module
 */
import { type Clock, Deadline } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { readJson } from "../base/read_json.ts";
import type { AmazonClient } from "./appstore.ts";
import { interpretVerdict, type Verdict } from "./verdict.ts";

/** A receipt, and the Appstore user who has it. */
export interface ReceiptOfUser {
  /** The Appstore's `UserData.userId`, 1 to 128 characters. */
  readonly userId: string;
  /** The Appstore's `receiptId`, 1 to 256 characters. Neither may be `.` or `..`: URLs fold these. */
  readonly receiptId: string;
}

/** An Amazon client with the shared secret of its developer. */
export type ClientWithSecret = AmazonClient & { readonly sharedSecret: string };

/** How RVS is called. */
export interface RvsConfig {
  /** Base URL of the Appstore, without a trailing slash. */
  readonly baseUrl: string;
  /** Whether the sandbox of App Tester is asked in place of the real service. */
  readonly sandbox: boolean;
  /** Time limit of one request, in milliseconds. */
  readonly timeoutMs: number;
}

/** Parts of an {@linkcode Rvs}. */
export interface RvsOptions {
  /** How RVS is called. */
  readonly config: RvsConfig;
  /** Times the requests. */
  readonly clock: Clock;
  /** Gets one entry for each request. */
  readonly log: Log;
  /** The global `fetch`, or one that calls a simulated Amazon. */
  readonly fetch: typeof fetch;
}

/** What a call belongs to. */
export interface RvsContext {
  /** Id of the device's request, for the log; undefined for a task. */
  readonly requestId?: string | undefined;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
}

/** Client of RVS. Each call is one request: RVS throttles, so another try comes later, from the queue of checks. */
export class Rvs {
  readonly #options: RvsOptions;

  /** Makes a client. It sends no request yet. */
  constructor(options: RvsOptions) {
    this.#options = options;
  }

  /** Asks RVS about a receipt. Never rejects. */
  async verify(
    { userId, receiptId }: ReceiptOfUser,
    client: ClientWithSecret,
    context: RvsContext = {},
  ): Promise<Verdict> {
    const { baseUrl, sandbox } = this.#options.config;
    const parts = { developer: client.sharedSecret, user: userId, receiptId };
    const path = Object.entries(parts).map(([name, value]) => `/${name}/${encodeURIComponent(value)}`).join(
      "",
    );
    const url = `${baseUrl}${sandbox ? "/sandbox" : ""}/version/1.0/verifyReceiptId${path}`;
    const verdict = await this.#call({ name: "rvs", url, method: "GET", app: client.app }, context);
    if (verdict.outcome === "secret_rejected") {
      const detail = "RVS does not accept the shared secret of this app: set APPSTORE_SHARED_SECRET";
      this.#options.log("error", "rvs_secret_rejected", {
        request_id: context.requestId,
        app: client.app,
        detail,
      });
    }
    return verdict;
  }

  /** Asks RVS about some receipts of one user, all at once. */
  verifyAll(
    { userId, receiptIds }: { readonly userId: string; readonly receiptIds: readonly string[] },
    client: ClientWithSecret,
    requestId: string,
  ): Verification {
    return new Verification(
      receiptIds,
      (receiptId, signal) => this.verify({ userId, receiptId }, client, { requestId, signal }),
    );
  }

  /**
   * Tells the Appstore that a purchase was honoured (Acknowledge Receipt API). Amazon does not document the answers, so
   * the result counts only as a hint: RVS tells whether it took. Never rejects.
   */
  async acknowledge({ userId, receiptId }: ReceiptOfUser, client: ClientWithSecret): Promise<void> {
    const parameters = {
      developer: client.sharedSecret,
      user: userId,
      receiptId,
      fulfillmentResult: "FULFILLED",
    };
    const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const url = `${this.#options.config.baseUrl}/version/1.0/acknowledgeReceipt?${query.join("&")}`;
    await this.#call({ name: "acknowledge", url, method: "PUT", app: client.app }, {});
  }

  /** Sends one request, and logs it without its URL. */
  async #call(
    { name, url, method, app }: {
      readonly name: string;
      readonly url: string;
      readonly method: string;
      readonly app: string;
    },
    { requestId, signal }: RvsContext,
  ): Promise<Verdict> {
    const { config, clock, log, fetch } = this.#options;
    const start = clock.now();
    using timeout = new Deadline(clock, config.timeoutMs);
    const until = signal === undefined ? timeout.signal : AbortSignal.any([timeout.signal, signal]);
    let verdict: Verdict = { outcome: "unavailable" };
    let status: number | undefined;
    try {
      // Not followed: a redirect would send the secret in the URL to another place.
      const response = await fetch(url, { method, signal: until, redirect: "manual" });
      status = response.status;
      verdict = interpretVerdict(status, await readJson(response));
    } catch {
      // The error's cause holds the whole URL, so it ends here.
    }
    log(levelOf(verdict), "upstream", {
      request_id: requestId,
      app,
      endpoint: name,
      status,
      outcome: signal?.aborted ? "not_waited_for" : verdict.outcome,
      ms: clock.now() - start,
    });
    return verdict;
  }
}

/** A call that goes well needs no line beside the one of its request. */
function levelOf({ outcome }: Verdict): "debug" | "info" | "warning" {
  if (outcome === "confirmed") return "debug";
  return outcome === "unavailable" ? "warning" : "info";
}

/** Receipts about which RVS is being asked. Dispose of it when nobody waits for the answers any more. */
export class Verification implements Disposable {
  /** Resolves when RVS was asked about all of them, by the time limit of one request at the latest. Never rejects. */
  readonly all: Promise<void>;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #gone = new AbortController();

  /** Verifications are made by {@linkcode Rvs.verifyAll}. */
  constructor(
    receiptIds: readonly string[],
    verify: (receiptId: string, signal: AbortSignal) => Promise<Verdict>,
  ) {
    const { signal } = this.#gone;
    const asked = receiptIds.map(async (id) => void this.#verdicts.set(id, await verify(id, signal)));
    this.all = Promise.all(asked).then(() => {});
  }

  /** Returns what RVS has said so far. A receipt without an answer is `unavailable`. */
  verdictOf(receiptId: string): Verdict {
    return this.#verdicts.get(receiptId) ?? { outcome: "unavailable" };
  }

  /** Stops the requests that are still under way. */
  [Symbol.dispose](): void {
    this.#gone.abort();
  }
}
