/**
 * Reads an answer of a service that is not trusted to keep to its own description.
 *
 * @module
 */

/** The most that is read of an answer, in bytes. */
export const MAX_ANSWER_BYTES = 65_536;

/** A JSON object whose fields are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** What an answer's body turned out to be: a JSON object, something else, or broken off on the way. */
export type Body = { readonly kind: "object"; readonly value: JsonObject } | {
  readonly kind: "other" | "interrupted";
};

/**
 * Reads at most 64 KiB as strict UTF-8 JSON, whatever the content type claims. A byte order mark is passed over
 * (RFC 8259, 8.1). Never rejects: a body that breaks off, or whose signal aborts, is `interrupted`.
 */
export async function readJson(response: Response): Promise<Body> {
  let text: string;
  try {
    const bytes = declaresSmallBody(response) ? await response.bytes() : await readBounded(response);
    if (bytes === null) return { kind: "other" };
    text = decode(bytes);
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

class EncodingError extends Error {}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new EncodingError();
  }
}

/**
 * One read costs less than a stream. A declared length holds only for a body that is neither compressed nor
 * chunked: a chunked one goes on past it (RFC 9112, 6.3), and fetch hands over both headers.
 */
function declaresSmallBody({ headers }: Response): boolean {
  const length = headers.get("content-length");
  return length !== null && Number(length) <= MAX_ANSWER_BYTES && !headers.has("content-encoding") &&
    !headers.has("transfer-encoding");
}

async function readBounded(response: Response): Promise<Uint8Array | null> {
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) return null; // Leaving the loop cancels the stream.
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
