/**
 * Records what the service does for a request of the console: its requests to Amazon, its KV operations, and their
 * responses. Other requests are not recorded. The service itself contains no code for this.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  type EventResult,
  type EventStart,
  parseBody,
  recordEvent,
  type TimelineEvent,
} from "../browser/events.ts";

const MAX_VISITS = 20;
const MAX_EVENTS = 500;

/** Some work, and how its result is shown. */
export interface Recorded<T> {
  /** Does the work. */
  readonly work: () => Promise<T>;
  /** Returns the result of the event. */
  readonly describe: (value: T) => EventResult;
}

/** Records the events of each visit to the console. */
export class Trace {
  readonly #now: () => number;
  readonly #visits = new Map<string, TimelineEvent[]>();
  readonly #current = new AsyncLocalStorage<TimelineEvent[]>();

  /**
   * Creates an empty trace.
   *
   * @param now Returns the milliseconds since the epoch, with fractions.
   */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Returns the events of a visit, in the order of their starts. The trace keeps the newest 20 visits. */
  eventsOf(visit: string): readonly TimelineEvent[] {
    return this.#visits.get(visit) ?? [];
  }

  /** Runs `respond` for a request of a visit and records every event that it causes. */
  async watch(
    visit: string,
    request: Request,
    respond: (request: Request) => Response | Promise<Response>,
  ): Promise<Response> {
    const shown = await describeRequest(request);
    const path = new URL(request.url).pathname.replace(/^(\/activate\/).+/, "$1…");
    const start = { lane: "service", title: `${request.method} ${path}`, request: shown } as const;
    const { response } = await this.run(visit, start, {
      work: async () => await withText(await respond(request)),
      describe: resultOf,
    });
    return response;
  }

  /** Does some work for a visit, as one event, and records every event that it causes. */
  async run<T>(visit: string, start: EventStart, work: Recorded<T>): Promise<T> {
    const events = this.#visits.get(visit) ?? [];
    this.#visits.set(visit, events);
    const [oldest] = this.#visits.keys();
    if (this.#visits.size > MAX_VISITS && oldest !== undefined) this.#visits.delete(oldest);
    return await this.#current.run(events, () => this.#record(start, work));
  }

  /**
   * Returns a `fetch` that records requests to Amazon.
   *
   * @param baseUrl The URL of Amazon's endpoints. Other requests are not recorded.
   */
  wrapFetch(fetch: typeof globalThis.fetch, baseUrl: string): typeof globalThis.fetch {
    return async (input, init) => {
      const recorded = this.#current.getStore() !== undefined && String(input).startsWith(`${baseUrl}/`);
      if (!recorded) return await fetch(input, init);
      const request = new Request(input, init);
      const title = `${request.method} ${shortPath(new URL(request.url))}`;
      const shown = await describeRequest(request);
      const { response } = await this.#record({ lane: "amazon", title, request: shown }, {
        work: async () => await withText(await fetch(input, init)),
        describe: resultOf,
      });
      return response;
    };
  }

  /** Returns a database that records its operations. */
  wrapKv(kv: Deno.Kv): Deno.Kv {
    const read = (keys: readonly Deno.KvKey[], work: () => Promise<readonly Deno.KvEntryMaybe<unknown>[]>) =>
      this.#record({ lane: "kv", title: `read ${kindsOf(keys)}`, request: { keys } }, {
        work,
        describe: describeEntries,
      });
    const recorded: Record<PropertyKey, unknown> = {
      get: async (...[key, options]: Parameters<Deno.Kv["get"]>) =>
        (await read([key], async () => [await kv.get(key, options)]))[0],
      getMany: (...[keys, options]: Parameters<Deno.Kv["getMany"]>) =>
        read([...keys], () => kv.getMany([...keys], options)),
      list: async function* (...[selector, options]: Parameters<Deno.Kv["list"]>) {
        const prefix = "prefix" in selector ? selector.prefix : selector.start;
        yield* await read([prefix], () => Array.fromAsync(kv.list(selector, options)));
      },
      atomic: () => this.#atomic(kv.atomic()),
    };
    return new Proxy(kv, {
      get(target, name) {
        if (name in recorded) return recorded[name];
        const member = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  }

  #atomic(operation: Deno.AtomicOperation): Deno.AtomicOperation {
    const checks: Deno.AtomicCheck[] = [];
    const mutations: Deno.KvMutation[] = [];
    const recorded: Record<PropertyKey, unknown> = {
      commit: () =>
        this.#record({ lane: "kv", title: titleOf(mutations), request: show({ checks, mutations }) }, {
          work: () => operation.commit(),
          describe: (result) => ({
            status: result.ok ? "committed" : "conflict",
            ok: result.ok,
            response: result,
          }),
        }),
    };
    const proxy: Deno.AtomicOperation = new Proxy(operation, {
      get(target, name) {
        if (name in recorded) return recorded[name];
        return (...args: never[]) => {
          if (name === "check") checks.push(...args);
          if (name === "mutate") mutations.push(...args);
          Reflect.apply(Reflect.get(target, name, target), target, args);
          return proxy;
        };
      },
    });
    return proxy;
  }

  #record<T>(start: EventStart, options: Recorded<T>): Promise<T> {
    const events = this.#current.getStore();
    if (events === undefined || events.length >= MAX_EVENTS) return options.work();
    return recordEvent(events, start, { now: this.#now, ...options });
  }
}

/** Shortens Amazon's paths. That of RVS holds the shared secret, the user and the receipt. */
function shortPath({ pathname }: URL): string {
  return pathname.replace(/^(\/sandbox)?\/version\/1\.0/, "$1…").replace(/(verifyReceiptId)\/.*/, "$1");
}

interface ReadResponse {
  readonly response: Response;
  readonly text: string;
}

async function describeRequest(request: Request): Promise<unknown> {
  const { searchParams } = new URL(request.url);
  const query = Object.fromEntries(searchParams);
  const body = parseBody(await request.clone().text());
  return {
    ...(searchParams.size > 0 ? { query } : {}),
    headers: Object.fromEntries(request.headers),
    ...(body === null ? {} : { body }),
  };
}

/** Reads a copy of the body until it ends or breaks off, as the receiver of the response does. */
async function withText(response: Response): Promise<ReadResponse> {
  const text = await response.clone().text().catch(() => "…");
  return { response, text };
}

function resultOf({ response, text }: ReadResponse): EventResult {
  const { status, ok, headers } = response;
  return {
    status: String(status),
    ok,
    response: { headers: Object.fromEntries(headers), body: parseBody(text) },
  };
}

function describeEntries(entries: readonly Deno.KvEntryMaybe<unknown>[]): EventResult {
  const found = entries.filter(({ versionstamp }) => versionstamp !== null).length;
  const status = entries.length === 1 ? (found === 1 ? "found" : "nothing") : `${found} of ${entries.length}`;
  return { status, ok: true, response: show(entries) };
}

function titleOf(mutations: readonly Deno.KvMutation[]): string {
  const written = mutations.filter(({ type }) => type !== "delete");
  const deleted = mutations.filter(({ type }) => type === "delete");
  const words = written.map(({ key, ...mutation }) => {
    const { state } = Object("value" in mutation ? mutation.value : null);
    return typeof state === "string" ? `${nameOf(key)} (${state})` : nameOf(key);
  });
  return [
    words.length > 0 ? `write ${words.join(", ")}` : "",
    deleted.length > 0 ? `delete ${kindsOf(deleted.map(({ key }) => key))}` : "",
  ].filter(Boolean).join(", ");
}

function kindsOf(keys: readonly Deno.KvKey[]): string {
  return keys.map(nameOf).join(", ");
}

/** Returns the kind of a record, with the word that some keys have after the id. */
function nameOf([kind, , part]: Deno.KvKey): string {
  return typeof part === "string" && /^[a-z]+$/.test(part) ? `${String(kind)} ${part}` : String(kind);
}

/** Returns a stored value as JSON. Sealed bytes become their key's name, their number and their first 20 bytes. */
export function show(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    const id = new TextDecoder().decode(value.subarray(2, 2 + (value[1] ?? 0)));
    const start = Array.from(value.subarray(0, 20), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    return { sealed_by: id, bytes: value.length, begins: `${start} …` };
  }
  if (Array.isArray(value)) return value.map(show);
  if (typeof value !== "object" || value === null) return typeof value === "bigint" ? String(value) : value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, show(field)]));
}
