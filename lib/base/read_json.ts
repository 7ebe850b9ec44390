/**
 * Reads the JSON body of a response that may be anything: too long, cut off, or no JSON.
 *
 * @module
 */

/** The most bytes that are read of a response. */
export const MAX_RESPONSE_BYTES = 65_536;

/** A JSON object whose fields are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The body of a response. `object`: a JSON object. `other`: anything else. `interrupted`: the body broke off before its
 * end.
 */
export type JsonBody = { readonly kind: "object"; readonly value: JsonObject } | {
  readonly kind: "other" | "interrupted";
};

/**
 * Reads at most 64 KiB as strict UTF-8 JSON. The content type is ignored, and so is a byte order mark (RFC 8259, 8.1).
 * Never rejects: a body that breaks off, or whose signal aborts, is `interrupted`.
 */
export async function readJson(response: Response): Promise<JsonBody> {
  let text: string | null;
  try {
    text = await readText(response);
    if (text === null) return { kind: "other" };
  } catch (error) {
    return { kind: error instanceof EncodingError ? "other" : "interrupted" };
  }
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? { kind: "object", value: value as JsonObject } : { kind: "other" };
  } catch {
    return { kind: "other" };
  }
}

/**
 * Reads at most 64 KiB as strict UTF-8.
 *
 * @returns Null when the body is longer.
 * @throws {Error} when the body breaks off, its signal aborts, or it is no UTF-8
 */
export async function readText(response: Response): Promise<string | null> {
  const bytes = declaresSmallBody(response) ? await response.bytes() : await readBounded(response);
  return bytes === null ? null : decode(bytes);
}

class EncodingError extends Error {}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new EncodingError();
  }
}

/**
 * Returns true when the body can be read at once, which costs less than a stream. A declared length is true only for a
 * body that is neither compressed nor chunked: a chunked body may be longer than `Content-Length` (RFC 9112, 6.3), and
 * `fetch` returns both headers.
 */
function declaresSmallBody({ headers }: Response): boolean {
  const length = headers.get("content-length");
  return length !== null && Number(length) <= MAX_RESPONSE_BYTES && !headers.has("content-encoding") &&
    !headers.has("transfer-encoding");
}

/** Returns null when the body is longer than {@linkcode MAX_RESPONSE_BYTES}. */
async function readBounded(response: Response): Promise<Uint8Array | null> {
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > MAX_RESPONSE_BYTES) return null; // Leaving the loop cancels the stream.
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
