/**
 * Reads `Retry-After` (RFC 9110, 10.2.3).
 *
 * @module
 */

/**
 * Returns the milliseconds that a response asks to wait; 0 when it asks for nothing that can be read.
 *
 * @param now Milliseconds since the epoch: the header can hold a date.
 */
export function retryAfterMs({ headers }: Pick<Response, "headers">, now: number): number {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // A date ends with "GMT". Other texts that `Date.parse` takes, such as "1.5", are no dates here.
  const date = /\bGMT$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
