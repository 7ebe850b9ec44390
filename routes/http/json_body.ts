/**
 * Reads JSON bodies for the routes that declare one, before the validator of `@hono/zod-openapi` gets them.
 *
 * @module
 */
import { type BodyReader, invalidBody } from "./body.ts";

/** The part of Hono's request that is read and changed here. */
export interface ReadableRequest {
  /** The request as it came. */
  raw: Request;
  /** Returns the body, parsed. */
  json<T>(): Promise<T>;
}

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/;
const USUAL_TYPE = /^application\/json(?:; ?charset=utf-8)?$/i;
const WANTED = "Send the body as Content-Type: application/json in UTF-8, without a Content-Encoding";
/** How deep the members of our schemas lie at most, with room. A deeper member cannot be one of them. */
const DEEPEST = 8;

/**
 * Reads the body of a request as JSON, and lets the request's `json()` return it. In an object `null` is the same as
 * absence: serializers of other languages write `null` for a member that is not set.
 *
 * @param options `required`: whether the body may not be empty; an empty one counts as `{}` otherwise. `takesNull`: whether
 *   a member of the body itself may be `null`.
 * @throws {Problem} `unsupported_media_type`, `payload_too_large` or `invalid_request`
 */
export async function readJsonBody(
  request: ReadableRequest,
  { body, requestId, required, takesNull }: {
    readonly body: BodyReader;
    readonly requestId: string;
    readonly required: boolean;
    readonly takesNull: (member: string) => boolean;
  },
): Promise<void> {
  const text = await body.text(request.raw, { mediaType: JSON_TYPE, wanted: WANTED, requestId });
  const empty = text.trim() === "";
  if (empty && required) throw invalidBody("The body is missing: send a JSON object");
  const parsed = empty ? {} : parseJson(text);
  // Most bodies have no null, so nothing needs to be looked through.
  const value = text.includes("null") ? withoutNulls(parsed, DEEPEST, takesNull) : parsed;
  request.json = () => Promise.resolve(value as never);
  nameUsualType(request);
}

/** The validator reads the content type too, and knows fewer ways to write it: it gets the usual one. */
function nameUsualType(request: ReadableRequest): void {
  const { url, method, headers } = request.raw;
  if (USUAL_TYPE.test(headers.get("content-type") ?? "")) return;
  const changed = new Headers(headers);
  changed.set("content-type", "application/json");
  request.raw = new Request(url, { method, headers: changed });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidBody("The body is not valid JSON");
  }
}

function withoutNulls(value: unknown, depth: number, takesNull?: (member: string) => boolean): unknown {
  if (typeof value !== "object" || value === null || depth === 0) return value;
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, depth - 1));
  const members = Object.entries(value).filter(([name, member]) => member !== null || takesNull?.(name));
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member, depth - 1)]));
}
