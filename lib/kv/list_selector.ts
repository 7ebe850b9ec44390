/**
 * The range of keys that a list reads.
 *
 * @module
 */
import type { RecordType } from "./schema.ts";
import type { ListOptions } from "./write_batch.ts";

/** Selects the keys of the records that {@linkcode ListOptions} ask for. */
export function selectorOf(
  { kind, idPrefix }: RecordType<unknown>,
  { under = [], beside = under.length === 0, after, before }: Omit<ListOptions, "reverse" | "limit">,
): Deno.KvListSelector {
  const prefix = [kind, ...under];
  const least = idPrefix === undefined || beside ? undefined : [...prefix, idPrefix];
  // Ids go on with hexadecimal digits, which sort before the tilde.
  const most = least === undefined ? undefined : [...prefix, `${idPrefix}~`];
  // The first key that sorts after a given one is that key with an empty part at its end.
  const start = after === undefined ? least : [...after, ""];
  const end = before === undefined ? most : [...prefix, before];
  if (start !== undefined && end !== undefined) return { start, end };
  if (start !== undefined) return { prefix, start };
  return end === undefined ? { prefix } : { prefix, end };
}
