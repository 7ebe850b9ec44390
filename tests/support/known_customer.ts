/**
 * A customer, with all that the service was told about them.
 *
 * @module
 */
import { assert } from "@std/assert";
import { type Email, parseEmail } from "../../lib/base/email.ts";
import { type Customer, findCustomerRecords, type SentCode } from "./customer_records.ts";
import type { SignedInBody } from "./bodies.ts";
import type { TestService } from "./test_service.ts";

/** The email that the customer asks for. */
export const NEW_EMAIL = "mork-new@example.com";

/** The TV of the customer. */
export const DEVICE = { name: "Living room", model: "AFTKM", platform: "vega" };

/** Collects what the service was told about a customer, and what it answered. */
export class KnownCustomer {
  readonly #service: TestService;
  readonly #answers: SignedInBody[] = [];
  readonly #codes: SentCode[] = [];
  readonly #texts: Record<string, string>;

  constructor(service: TestService, texts: Record<string, string> = {}) {
    this.#service = service;
    this.#texts = { ...texts, device: DEVICE.name, model: DEVICE.model };
  }

  async oneClick(code: string, key = `the-key-of-the-code-${code}`): Promise<SignedInBody> {
    this.#codes.push({ code, key });
    return this.add(await this.#service.signedIn(code, { key, device: DEVICE }));
  }

  /** Sends a code that gives no session. */
  send(code: string, key = `the-key-of-the-code-${code}`): Promise<Response> {
    this.#codes.push({ code, key });
    return this.#service.signIn(code, { key, device: DEVICE });
  }

  add(answer: SignedInBody): SignedInBody {
    this.#answers.push(answer);
    return answer;
  }

  get token(): string {
    return this.#answers[0]?.session_token ?? "";
  }

  get email(): Email {
    return parseEmail(this.customer.email)!;
  }

  get customer(): Customer {
    const [first] = this.#answers;
    assert(first !== undefined);
    const { id, email, name, postal_code } = first.account;
    return {
      accountId: id,
      sessionIds: this.#answers.map(({ session }) => session.id),
      email,
      texts: { ...this.#texts, ...texts({ name, postal_code }) },
      codes: this.#codes,
    };
  }
}

function texts(fields: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, text]) => typeof text === "string" ? [[name, text]] : []),
  );
}

/** Amazon's `user_id` of the simulated customer `mork`. */
export const USER_ID = "amznl.account.K2LI23KL2LK2";

/** Returns what the database still holds of a customer, in words. */
export function recordsOf({ kv, services }: TestService, { customer }: KnownCustomer): Promise<string[]> {
  return findCustomerRecords(kv, services.keyring, customer);
}
