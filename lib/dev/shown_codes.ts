/**
 * The codes that documents show. A code of Amazon works once, and a command that is shown works each time it is pasted:
 * development gives such a request a new code of the simulator.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { REPLAY_MS } from "../sessions/replay.ts";

const SIGN_IN = "/v1/sessions/amazon";
/** The code of Amazon's guide, and its customer at the simulator. */
const GUIDE = { code: "SplxlOBezQQYbYS6WxSbIA", scenario: "mork" };
/** A customer with any faults, and neither a client nor a nonce. */
const SCENARIO = /^[a-z]+(?:~[^~@.]+)*$/;
const MOST_REMEMBERED = 1000;

/** What {@linkcode ShownCodes} uses. */
export interface ShownCodesOptions {
  /** Tells how long a code is remembered for its key. */
  readonly clock: Clock;
  /**
   * Makes a code of the simulator.
   *
   * @throws {RangeError} for an unknown scenario
   */
  readonly issueCode: (scenario: string) => string;
}

/** Replaces the codes that documents show, in requests to sign in. */
export class ShownCodes {
  readonly #options: ShownCodesOptions;
  readonly #remembered = new Map<string, { readonly code: string; readonly until: number }>();

  /** Creates it without a remembered code. */
  constructor(options: ShownCodesOptions) {
    this.#options = options;
  }

  /**
   * Returns a request with a new code when the code is the guide's, or a scenario without a nonce, such as `new`. The same
   * code with the same `Idempotency-Key` gets the same new code for as long as the service repeats an answer. All other
   * requests are returned as they are.
   */
  async replace(request: Request): Promise<Request> {
    if (request.method !== "POST" || new URL(request.url).pathname !== SIGN_IN) return request;
    const body = await request.clone().text().catch(() => "");
    const shown = shownCodeOf(body);
    if (shown === null) return request;
    const code = this.#codeFor(shown, request.headers.get("idempotency-key"));
    return code === null
      ? request
      : new Request(request, { body: JSON.stringify({ ...JSON.parse(body), code }) });
  }

  #codeFor(shown: string, key: string | null): string | null {
    const now = this.#options.clock.now();
    const id = JSON.stringify([shown, key]);
    const known = this.#remembered.get(id);
    if (key !== null && known !== undefined && now < known.until) return known.code;
    try {
      const code = this.#options.issueCode(shown === GUIDE.code ? GUIDE.scenario : shown);
      if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
      // A minute less than the service: it must still repeat the answer of a code that is remembered.
      if (key !== null) this.#remembered.set(id, { code, until: now + REPLAY_MS - 60_000 });
      return code;
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }
}

/** Returns the code of a body when it is one that is shown; else null. */
function shownCodeOf(body: string): string | null {
  try {
    const { code } = Object(JSON.parse(body));
    return typeof code === "string" && (code === GUIDE.code || SCENARIO.test(code)) ? code : null;
  } catch {
    return null;
  }
}
