/**
 * Reads the JSON body of a response that may be anything: too long, cut off, or no JSON.
 *
 * @module
 */

/** The most bytes that are read of a response. */
export const MAX_RESPONSE_BYTES = 65_536;

/** The most bytes of one read. */
const CHUNK_BYTES = 8192;

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
 * Reads at most 64 KiB as strict UTF-8 JSON. The content type is ignored, and so are a byte order mark (RFC 8259, 8.1) and
 * what stands behind an object.
 * Never rejects: a body that breaks off, or whose signal aborts, is `interrupted`.
 *
 * @param options `salvage`: whether an object that is complete counts, although the body breaks off after it. Such a
 *   body is read as a stream, which costs more.
 */
export async function readJson(
  response: Response,
  { salvage = false }: { readonly salvage?: boolean } = {},
): Promise<JsonBody> {
  const { bytes, whole } = !salvage && declaresSmallBody(response)
    ? await readAtOnce(response)
    : await readBounded(response);
  const value = bytes === null ? undefined : parse(bytes);
  if (typeof value === "object" && value !== null && !Array.isArray(value) && (whole || salvage)) {
    return { kind: "object", value: value as JsonObject };
  }
  return { kind: whole ? "other" : "interrupted" };
}

/** What was read. `bytes` is null when there were too many. `whole`: whether the body ended as it should. */
interface Read {
  readonly bytes: Uint8Array | null;
  readonly whole: boolean;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Parses the bytes. An object counts also with something else behind it: what it says is complete. */
function parse(bytes: Uint8Array): unknown {
  return parseWhole(bytes) ?? parseWhole(bytes.subarray(0, endOfObject(bytes)));
}

function parseWhole(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
}

/** Finds the end of the object with which the bytes begin; 0 when it has none. */
function endOfObject(bytes: Uint8Array): number {
  const at = (character: string) => character.charCodeAt(0);
  let [depth, inText] = [0, false];
  for (let i = bytes.indexOf(at("{")); i >= 0 && i < bytes.length; i++) {
    const byte = bytes[i];
    if (inText) {
      if (byte === at("\\")) i++;
      else if (byte === at('"')) inText = false;
    } else if (byte === at('"')) inText = true;
    else if (byte === at("{")) depth++;
    else if (byte === at("}") && --depth === 0) return i + 1;
  }
  return 0;
}

/**
 * Reads at most 64 KiB as strict UTF-8.
 *
 * @returns Null when the body is longer.
 * @throws {Error} when the body breaks off, its signal aborts, or it is no UTF-8
 */
export async function readText(response: Response): Promise<string | null> {
  const { bytes, whole } = declaresSmallBody(response)
    ? await readAtOnce(response)
    : await readBounded(response);
  if (!whole) throw new Error("The body broke off");
  return bytes === null ? null : utf8.decode(bytes);
}

async function readAtOnce(response: Response): Promise<Read> {
  try {
    return { bytes: await response.bytes(), whole: true };
  } catch {
    return { bytes: null, whole: false };
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

async function readBounded(response: Response): Promise<Read> {
  const { body } = response;
  if (body === null) return { bytes: new Uint8Array(), whole: true };
  const declared = declaresSmallBody(response) ? Number(response.headers.get("content-length")) : Infinity;
  const read = readerOf(body, Math.min(declared + 1, CHUNK_BYTES));
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    // After the declared length there is nothing more, so nothing more is waited for.
    while (length < declared) {
      const chunk = await read();
      if (chunk === undefined) break;
      length += chunk.length;
      chunks.push(chunk);
      if (length > MAX_RESPONSE_BYTES) break;
    }
  } catch {
    return { bytes: joined(chunks, length), whole: false };
  }
  read.cancel();
  return { bytes: length > MAX_RESPONSE_BYTES ? null : joined(chunks, length), whole: true };
}

/** Reads the next chunk of a body, or undefined at its end. */
interface ChunkReader {
  (): Promise<Uint8Array | undefined>;
  /** Reads no more. */
  cancel(): void;
}

/**
 * Returns a reader of bytes where the body is a stream of bytes, as the body of `fetch` is: it is the faster one.
 *
 * @param chunkBytes The most bytes of one read, at least 1. A small body needs no large buffer.
 */
function readerOf(body: ReadableStream<Uint8Array>, chunkBytes: number): ChunkReader {
  try {
    const reader = body.getReader({ mode: "byob" });
    return chunksOf(reader, () => reader.read(new Uint8Array(chunkBytes)));
  } catch {
    const reader = body.getReader();
    return chunksOf(reader, () => reader.read());
  }
}

function chunksOf(
  reader: { cancel(): Promise<void> },
  read: () => Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>,
): ChunkReader {
  // At the end a reader of bytes gives an empty chunk, and another reader none.
  const next = async () => {
    const { done, value } = await read();
    return done ? undefined : value;
  };
  return Object.assign(next, { cancel: () => void reader.cancel().catch(() => {}) });
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
