/**
 * Lets a test break the commits of a database, or do something right before one of them.
 *
 * @module
 */
import { type Commit, type CommitResult, wrapKv } from "./kv_hooks.ts";

/** What goes wrong with a commit. A commit that conflicts reports a failed check. */
export type CommitFault =
  | "fails"
  | "hangs"
  | "takes effect and fails"
  | "takes effect and conflicts"
  | "takes effect and hangs";

/** Which commits have a fault. */
export interface FaultOptions {
  /** Only commits that write or delete a record of this kind; any commit by default. */
  readonly kind?: string;
  /** How many of these commits come before the first one that has the fault; 0 by default. */
  readonly after?: number;
  /** How many commits have the fault; all by default. */
  readonly times?: number;
}

/** Controls the commits of the databases that it wraps. */
export class CommitControl {
  /** How many commits have had a fault. */
  faults = 0;
  #fault: { fault: CommitFault; kind: string | undefined; after: number; times: number } | null = null;
  #interruption: { type: "set" | "delete"; kind: string; work: () => Promise<unknown> } | null = null;
  readonly #hanging: (() => void)[] = [];

  /** From now on commits have a fault. */
  break(fault: CommitFault, { kind, after = 0, times = Infinity }: FaultOptions = {}): void {
    this.#fault = { fault, kind, after, times };
  }

  /** From now on no commit has a fault, and those that hang fail. */
  mend(): void {
    this.#fault = null;
    for (const end of this.#hanging.splice(0)) end();
  }

  /** Does `work` once, right before the next commit that writes or deletes a record of a kind. */
  beforeNext(type: "set" | "delete", kind: string, work: () => Promise<unknown>): void {
    this.#interruption = { type, kind, work };
  }

  /** Wraps a database. */
  readonly wrap = (kv: Deno.Kv): Deno.Kv =>
    wrapKv(kv, {
      commit: async (commit, perform) => {
        await this.#interrupt(commit);
        return await this.#commit(commit, perform);
      },
    });

  async #interrupt({ mutations }: Commit): Promise<void> {
    const interruption = this.#interruption;
    if (interruption === null) return;
    const { type, kind, work } = interruption;
    if (!mutations.some((mutation) => mutation.type === type && mutation.key[0] === kind)) return;
    this.#interruption = null;
    await work();
  }

  async #commit({ mutations }: Commit, perform: () => Promise<CommitResult>): Promise<CommitResult> {
    const broken = this.#fault;
    if (broken === null) return await perform();
    const { fault, kind } = broken;
    if (kind !== undefined && !mutations.some(({ key }) => key[0] === kind)) return await perform();
    if (broken.after-- > 0 || broken.times-- <= 0) return await perform();
    this.faults++;
    if (fault.startsWith("takes effect")) await perform();
    if (fault.endsWith("conflicts")) return { ok: false };
    if (fault.endsWith("hangs")) await new Promise<void>((resolve) => this.#hanging.push(resolve));
    throw new TypeError("connection reset");
  }
}
