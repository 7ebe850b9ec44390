/**
 * What is stored of an Appstore's code: a claim, and the progress beside it.
 *
 * @module
 */
import { CODE_PROGRESS, EXCHANGE } from "./schema.ts";
import type { WriteBatch } from "./write_batch.ts";

/** The ids of the progress of a code, by SHA-256 of the code. */
export function progressIds(codeHash: string): readonly [string, string] {
  return [codeHash, "token"];
}

/** Removes what is stored of a code, by SHA-256 of the code. */
export function deleteCode(batch: WriteBatch, codeHash: string): void {
  batch.delete([EXCHANGE.kind, codeHash]);
  batch.delete([CODE_PROGRESS.kind, ...progressIds(codeHash)]);
}
