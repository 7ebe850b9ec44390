/**
 * Faults of the database at one operation of a sign-in.
 *
 * @module
 */
import { type Operation, operationOf, wrapKv } from "./kv_hooks.ts";
import type { TestService } from "./test_service.ts";

/** What an operation does. One that takes effect reports a failure all the same, and one that conflicts reports a failed check. */
export type Fault =
  | "fails once"
  | "fails"
  | "hangs"
  | "takes effect once and fails"
  | "takes effect and hangs"
  | "conflicts";

/** Moves the clock until a response arrives. Between the steps the database finishes its work. */
export async function settled(service: TestService, response: Promise<Response>): Promise<Response> {
  let waiting = true;
  response.finally(() => waiting = false);
  while (waiting) {
    await service.kv.get(["the database has done what it was asked before"]);
    await service.clock.advance(100);
  }
  return await response;
}

/** The reads, by the kind of the first record that they read. */
const READS: Readonly<Record<string, Operation>> = {
  amazon_user: "owners",
  account: "account",
  exchange: "code",
  session: "session",
};

/** Controls the operations of a database. */
export class FaultControl {
  readonly #faults = new Map<Operation, Fault>();
  #hanging: (() => void)[] = [];

  /** From now on the operation has the fault. */
  breaks(operation: Operation, fault: Fault): void {
    this.#faults.set(operation, fault);
  }

  /** From now on no operation has a fault. */
  mends(): void {
    this.#faults.clear();
  }

  /** Lets hanging operations go on. */
  goesOn(): void {
    for (const resume of this.#hanging.splice(0)) resume();
  }

  wrap(kv: Deno.Kv): Deno.Kv {
    return wrapKv(kv, {
      read: ({ keys: [key] }, perform) => {
        return this.#run(READS[String(key?.[0])] ?? "other", perform, perform);
      },
      commit: (commit, perform) =>
        this.#run(operationOf(commit), () => perform(), () => Promise.resolve({ ok: false })),
    });
  }

  async #run<T>(operation: Operation, perform: () => Promise<T>, conflict: () => Promise<T>): Promise<T> {
    const fault = this.#faults.get(operation);
    if (fault?.includes("once")) this.#faults.delete(operation);
    if (fault === undefined) return await perform();
    if (fault === "conflicts") return await conflict();
    if (fault.startsWith("takes effect")) await perform();
    if (fault.endsWith("hangs")) await new Promise<void>((resume) => this.#hanging.push(resume));
    else throw new TypeError("connection reset");
    return await perform();
  }
}
