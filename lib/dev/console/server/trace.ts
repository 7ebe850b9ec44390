/**
 * Watches the service from outside while it answers a request of the console: what it asks of Amazon and of KV, and
 * what comes back. Other requests pass unwatched.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Begun, type Outcome, readable, record, type TimelineEvent } from "../browser/events.ts";

const MOST_VISITS = 20;
const MOST_EVENTS = 500;

/** What the requests of each visit to the console caused. */
export class Trace {
  readonly #now: () => number;
  readonly #visits = new Map<string, TimelineEvent[]>();
  readonly #current = new AsyncLocalStorage<TimelineEvent[]>();

  /** Starts empty. `now`: milliseconds since the epoch, with their fractions. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** What was watched for a visit, in the order in which it began; the newest 20 visits are kept. */
  eventsOf(visit: string): readonly TimelineEvent[] {
    return this.#visits.get(visit) ?? [];
  }

  /** Answers a request of a visit, watched. */
  async answer(
    visit: string,
    request: Request,
    answer: (request: Request) => Response | Promise<Response>,
  ): Promise<Response> {
    const events = this.#visits.get(visit) ?? [];
    this.#visits.set(visit, events);
    const [oldest] = this.#visits.keys();
    if (this.#visits.size > MOST_VISITS && oldest !== undefined) this.#visits.delete(oldest);
    const asked = await describeRequest(request);
    const { pathname } = new URL(request.url);
    return await this.#current.run(
      events,
      () =>
        this.#record({ lane: "service", title: `${request.method} ${pathname}`, request: asked }, {
          work: async () => await withText(await answer(request)),
          describe: outcomeOf,
        }).then(({ response }) => response),
    );
  }

  /** Watches calls to Amazon. `baseUrl`: where its endpoints are; other calls pass unwatched. */
  wrapFetch(fetch: typeof globalThis.fetch, baseUrl: string): typeof globalThis.fetch {
    return async (input, init) => {
      const watched = this.#current.getStore() !== undefined && String(input).startsWith(`${baseUrl}/`);
      if (!watched) return await fetch(input, init);
      const request = new Request(input, init);
      const title = `${request.method} ${new URL(request.url).pathname.replace("/version/1.0", "…")}`;
      const asked = await describeRequest(request);
      const { response } = await this.#record({ lane: "amazon", title, request: asked }, {
        work: async () => await withText(await fetch(input, init)),
        describe: outcomeOf,
      });
      return response;
    };
  }

  /** Watches the operations of a database. */
  wrapKv(kv: Deno.Kv): Deno.Kv {
    const read = (keys: readonly Deno.KvKey[], work: () => Promise<readonly Deno.KvEntryMaybe<unknown>[]>) =>
      this.#record({ lane: "kv", title: `read ${kindsOf(keys)}`, request: { keys } }, {
        work,
        describe: describeEntries,
      });
    const watched: Record<PropertyKey, unknown> = {
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
        if (name in watched) return watched[name];
        const member = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  }

  #atomic(operation: Deno.AtomicOperation): Deno.AtomicOperation {
    const checks: Deno.AtomicCheck[] = [];
    const mutations: Deno.KvMutation[] = [];
    const watched: Record<PropertyKey, unknown> = {
      commit: () =>
        this.#record({ lane: "kv", title: titleOf(mutations), request: show({ checks, mutations }) }, {
          work: () => operation.commit(),
          describe: (result) => ({
            status: result.ok ? "committed" : "conflict",
            ok: result.ok,
            answer: result,
          }),
        }),
    };
    const proxy: Deno.AtomicOperation = new Proxy(operation, {
      get(target, name) {
        if (name in watched) return watched[name];
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

  #record<T>(
    begun: Begun,
    options: { readonly work: () => Promise<T>; readonly describe: (result: T) => Outcome },
  ): Promise<T> {
    const events = this.#current.getStore();
    if (events === undefined || events.length >= MOST_EVENTS) return options.work();
    return record({ events, now: this.#now }, begun, options);
  }
}

interface Answered {
  readonly response: Response;
  readonly text: string;
}

async function describeRequest(request: Request): Promise<unknown> {
  const { searchParams } = new URL(request.url);
  const query = Object.fromEntries(searchParams);
  const body = readable(await request.clone().text());
  return {
    ...(searchParams.size > 0 ? { query } : {}),
    headers: Object.fromEntries(request.headers),
    ...(body === null ? {} : { body }),
  };
}

/** Reads a copy of the body, for as long as whoever asked would: until it ends, or breaks off. */
async function withText(response: Response): Promise<Answered> {
  const text = await response.clone().text().catch(() => "…");
  return { response, text };
}

function outcomeOf({ response, text }: Answered): Outcome {
  const { status, ok, headers } = response;
  return {
    status: String(status),
    ok,
    answer: { headers: Object.fromEntries(headers), body: readable(text) },
  };
}

function describeEntries(entries: readonly Deno.KvEntryMaybe<unknown>[]): Outcome {
  const found = entries.filter(({ versionstamp }) => versionstamp !== null).length;
  const status = entries.length === 1 ? (found === 1 ? "found" : "nothing") : `${found} of ${entries.length}`;
  return { status, ok: true, answer: show(entries) };
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

/** The kind of a record, with the word that a key may have behind its id. */
function nameOf([kind, , part]: Deno.KvKey): string {
  return typeof part === "string" && /^[a-z]+$/.test(part) ? `${String(kind)} ${part}` : String(kind);
}

/** What is stored, as it is: of sealed bytes their number, the name of their key, and how they begin. */
export function show(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    const id = new TextDecoder().decode(value.subarray(2, 2 + (value[1] ?? 0)));
    const begins = Array.from(value.subarray(0, 20), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    return { sealed_by: id, bytes: value.length, begins: `${begins} …` };
  }
  if (Array.isArray(value)) return value.map(show);
  if (typeof value !== "object" || value === null) return typeof value === "bigint" ? String(value) : value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, show(field)]));
}
