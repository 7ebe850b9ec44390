/**
 * Flights: one piece of work for each code in this process. A retry with the same code and the same `Idempotency-Key` joins
 * the request that is under way and gets its answer, which costs nothing more. Any other request with the code is turned
 * away at once.
 *
 * @module
 */
import { type Clock, sleep } from "../base/clock.ts";
import { Problem } from "../base/problem.ts";
import { hashSecret } from "../kv/keyring.ts";
import type { Services } from "../services.ts";
import type { CodeExchange } from "./code_exchange.ts";
import { Leftovers } from "./leftovers.ts";
import { type AmazonSignInResult, signInWithAmazon } from "./one_click.ts";
import type { AmazonSignIn } from "./one_click_answer.ts";

interface Flight {
  readonly idempotencyKey: string | null;
  readonly result: Promise<AmazonSignInResult>;
}

/** Milliseconds that Amazon's tokens still get to come when the process ends. A token that is lost costs a code. */
const LAST_TOKENS_MS = 600;

/** The one-click sign-ins of this process that are under way. */
export class SignInFlights {
  readonly #services: Services & { readonly leftovers: Leftovers; readonly exchanges: Set<CodeExchange> };
  readonly #flights = new Map<string, Flight>();

  /** Starts without sign-ins. */
  constructor(services: Services) {
    const exchanges = new Set<CodeExchange>();
    this.#services = { ...services, leftovers: new Leftovers(services.clock), exchanges };
    services.stopping.atCut(() => cutShort(exchanges, services.clock));
  }

  /**
   * Signs in as {@linkcode signInWithAmazon} does, or joins the request that works on the same code for the same key.
   *
   * @throws {Problem} `code_in_progress` when a request with another key, or without one, works on the code; `overloaded`
   *   above `MAX_SIGN_INS_IN_FLIGHT`
   */
  async signIn(request: AmazonSignIn): Promise<AmazonSignInResult> {
    const { code, idempotencyKey } = request;
    const flight = this.#flights.get(code);
    if (flight !== undefined) {
      const same = idempotencyKey !== null && flight.idempotencyKey === idempotencyKey;
      if (!same) throw new Problem("code_in_progress", { retryAfter: 1 });
      return { ...await flight.result, replayed: true, checkDue: false };
    }
    const { db, config, leftovers } = this.#services;
    // A token that is held is work half done: it goes on before a new code.
    const hasToken = leftovers.size > 0 && (leftovers.get(hashSecret(code))?.token ?? null) !== null;
    if (this.#flights.size >= config.maxSignInsInFlight && !hasToken) throw db.overloaded();
    const result = signInWithAmazon(this.#services, request, hasToken ? "started" : "new");
    this.#flights.set(code, { idempotencyKey, result });
    try {
      return await result;
    } finally {
      this.#flights.delete(code);
    }
  }
}

/**
 * Ends the sign-ins that are left at the end of the process. Most fail at once, release their codes, and their devices are
 * told to come again. Those that wait for a token wait a little longer, then their codes are released for them: a lease
 * that outlives its process would keep the device waiting.
 */
async function cutShort(exchanges: ReadonlySet<CodeExchange>, clock: Clock): Promise<void> {
  for (const exchange of exchanges) exchange.cutShort();
  await sleep(clock, LAST_TOKENS_MS);
  await Promise.all(Array.from(exchanges, (exchange) => exchange.release()));
}
