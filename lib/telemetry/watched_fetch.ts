/**
 * A `fetch` whose requests have spans and durations as the semantic conventions for HTTP clients say, without their URLs:
 * these hold codes, tokens and secrets.
 *
 * @module
 */
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import type { Attributes } from "../base/telemetry.ts";
import { SCOPE } from "./scope.ts";

/** Where the spans and durations go. */
export interface FetchWatcher {
  /** Takes the duration of each request, in seconds. */
  readonly measure: (seconds: number, attributes: Attributes) => void;
  /** Times the requests. */
  readonly clock: Pick<Clock, "now">;
}

/** The paths of Amazon, as their templates. Other requests go to one path of a host each. */
const TEMPLATES = [
  "/version/1.0/auth/o2/token",
  "/version/1.0/user/profile",
  "/version/1.0/verifyReceiptId/developer/{secret}/user/{user}/receiptId/{receipt}",
  "/version/1.0/acknowledgeReceipt",
].map((template) => [template, new RegExp(`${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`)] as const);

const PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/** Wraps `fetch`. A duration ends with the headers of the response. */
export function watchFetch(
  fetch: typeof globalThis.fetch,
  { measure, clock }: FetchWatcher,
): typeof globalThis.fetch {
  const tracer = trace.getTracer(SCOPE);
  return async (input, init) => {
    const { protocol, hostname, port, pathname } = new URL(input instanceof Request ? input.url : input);
    const method = init?.method ?? (input instanceof Request ? input.method : "GET");
    const template = TEMPLATES.find(([, pattern]) => pattern.test(pathname))?.[0];
    const attributes: Record<string, string | number> = {
      "http.request.method": method,
      "server.address": hostname,
      "server.port": Number(port) || (PORTS[protocol] ?? 0),
      ...(template === undefined ? {} : { "url.template": template }),
    };
    const name = template === undefined ? method : `${method} ${template}`;
    // A device's own baggage is not for Amazon.
    const parent = propagation.deleteBaggage(context.active());
    const start = clock.now();
    return await tracer.startActiveSpan(name, { kind: SpanKind.CLIENT, attributes }, parent, async (span) => {
      const told = (result: Record<string, string | number>) => {
        for (const [key, value] of Object.entries(result)) span.setAttribute(key, value);
        if ("error.type" in result) span.setStatus({ code: SpanStatusCode.ERROR });
        measure((clock.now() - start) / 1000, { ...attributes, ...result });
      };
      try {
        const response = await fetch(input, concealed(span, { ...init, method }));
        const { status } = response;
        const error = status >= 400 ? { "error.type": String(status) } : {};
        told({ "http.response.status_code": status, ...error });
        return response;
      } catch (error) {
        told({ "error.type": error instanceof Error ? error.name : typeof error });
        throw error;
      } finally {
        span.end();
      }
    });
  };
}

/**
 * Returns `init` such that the span of the platform shows nothing. Deno's `fetch` makes a span of its own, and describes it
 * by the whole URL, and by an error that holds the URL. It cannot be told not to, and what it has described stays. But it
 * makes the span first, and then reads `init`; a span that is ended there takes nothing more.
 *
 * @param own The span that the caller has begun. It stays as it is.
 */
function concealed(own: Span, { method, ...init }: RequestInit & { readonly method: string }): RequestInit {
  return {
    ...init,
    get method() {
      const span = trace.getActiveSpan();
      if (span !== own) span?.end();
      return method;
    },
  };
}
