/**
 * Reads the bodies of requests: as text in strict UTF-8, up to 16 KiB, within ten seconds.
 *
 * @module
 */
import { type Clock, Deadline, DeadlineError } from "../../lib/base/clock.ts";
import type { Log } from "../../lib/base/log.ts";
import { Problem } from "../../lib/base/problem.ts";

/** The most bytes of a body. */
export const MOST_BODY_BYTES: number = 16 * 1024;
/** Milliseconds in which a body has to come. Deno itself waits for ever. */
export const BODY_WITHIN_MS = 10_000;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** How a body is read. */
export interface BodyOptions {
  /** The media type that the request must name, such as `application/json`. */
  readonly mediaType: RegExp;
  /** The public sentence for a request that names another one. */
  readonly wanted: string;
  /** The id of the request, for the log. */
  readonly requestId: string;
}

/** Reads bodies. */
export class BodyReader {
  readonly #clock: Clock;
  readonly #log: Log;

  /** Makes a reader. */
  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Reads the body as text. A byte order mark at its start is left out, as some libraries write one.
   *
   * @throws {Problem} `unsupported_media_type` for another media type, charset or encoding, `payload_too_large`, or
   *   `invalid_request` when the bytes are no UTF-8, or do not come
   */
  async text(request: Request, { mediaType, wanted, requestId }: BodyOptions): Promise<string> {
    const { headers } = request;
    const type = headers.get("content-type");
    if (!isPlain(headers) || (type !== null && !isTextOf(type, mediaType))) {
      throw new Problem("unsupported_media_type", { detail: wanted });
    }
    const text = decode(await this.#bytes(request, MOST_BODY_BYTES, requestId));
    if (type === null && text !== "") throw new Problem("unsupported_media_type", { detail: wanted });
    return text;
  }

  /**
   * Reads a body of any media type as text. What breaks off or does not come is no fault of its sender, who is to send it
   * again.
   *
   * @param options `most`: the most bytes.
   * @throws {Problem} `payload_too_large`, `invalid_request` when the bytes are no UTF-8, or `upstream_unavailable`
   */
  async anyText(
    request: Request,
    { most, requestId }: { readonly most: number; readonly requestId: string },
  ): Promise<string> {
    if (Number(request.headers.get("content-length") ?? 0) > most) throw new Problem("payload_too_large");
    const bytes = await this.#bytes(request, most, requestId).catch((error) => {
      throw error.code === "payload_too_large" ? error : new Problem("upstream_unavailable");
    });
    return decode(bytes);
  }

  async #bytes(request: Request, most: number, requestId: string): Promise<Uint8Array> {
    using deadline = new Deadline(this.#clock, BODY_WITHIN_MS);
    try {
      return await deadline.race(
        declaresSmallBody(request.headers) ? request.bytes() : readBounded(request, most),
      );
    } catch (error) {
      if (error instanceof Problem) throw error;
      if (error instanceof DeadlineError) {
        throw invalidBody(`The body did not come within ${BODY_WITHIN_MS / 1000} seconds`);
      }
      // Nobody gets the response. For the log it is no fault of the service.
      this.#log("info", "client_gone", { request_id: requestId });
      throw invalidBody("The body broke off");
    }
  }
}

/** Returns an `invalid_request` about the body as a whole. */
export function invalidBody(message: string): Problem {
  return new Problem("invalid_request", { errors: [{ path: "", message }] });
}

/** Returns true when the body is as it was written: no `Content-Encoding` has to be undone. */
function isPlain(headers: Headers): boolean {
  return /^(?:identity)?$/i.test((headers.get("content-encoding") ?? "").trim());
}

/** Returns true when a content type names the media type, and no charset but UTF-8. Blanks and case have no meaning. */
function isTextOf(contentType: string, mediaType: RegExp): boolean {
  const [type = "", ...parameters] = contentType.split(";").map((part) => part.trim().toLowerCase());
  return mediaType.test(type) &&
    parameters.every((parameter) =>
      !/^charset\s*=/.test(parameter) || /^charset\s*=\s*"?utf-?8"?$/.test(parameter)
    );
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw invalidBody("The body is not UTF-8");
  }
}

/** Returns true when the body can be read at once, which costs less than a stream. */
function declaresSmallBody(headers: Headers): boolean {
  const length = headers.get("content-length");
  return length !== null && Number(length) <= MOST_BODY_BYTES && !headers.has("transfer-encoding");
}

async function readBounded({ body }: Request, most: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    // Leaving the loop cancels the stream.
    if (length > most) throw new Problem("payload_too_large");
    chunks.push(chunk);
  }
  return await new Blob(chunks).bytes();
}
