/**
 * A service whose webhooks go to a receiver that answers as a test says.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Webhook } from "standardwebhooks";
import { TestService, type TestServiceOptions } from "./test_service.ts";

/** The secrets of the receiver, as `WEBHOOK_SECRET` has them. */
export const SECRETS = ["old", "new"].map((name) => `whsec_${btoa(name.repeat(10))}`);

/** Where the webhooks go. */
export const WEBHOOK_URL = "https://hooks.test/oneclick?from=tv";

/** The variables of a service that sends webhooks. */
export const WEBHOOK_ENV = { WEBHOOK_URL, WEBHOOK_SECRET: SECRETS.join(",") };

/** One try, as the receiver got it. */
export interface Received {
  /** The time of the try, in simulated milliseconds since the epoch. */
  readonly at: number;
  /** The headers of the request. */
  readonly headers: Headers;
  /** The parsed body. */
  readonly body: {
    readonly type: string;
    readonly timestamp: string;
    readonly data: Record<string, unknown>;
  };
  /** The text of the body. */
  readonly text: string;
}

/** What the receiver does with a webhook: answers, or never does. */
export type Answer = Response | "hangs";

/** A service, and the receiver of its webhooks. */
export interface Hooked extends AsyncDisposable {
  /** The service. */
  readonly service: TestService;
  /** Every try, in the order in which they came. */
  readonly received: readonly Received[];
  /** Chooses the answer to a try. At first every webhook is taken. */
  answer: (received: Received) => Answer;
  /** Moves the clock, and then runs the tasks that are due. */
  advance(ms: number): Promise<void>;
  /** Resolves after a number of tries in all. The clock stands still meanwhile. */
  tried(count: number): Promise<void>;
  /** The log's lines with a message, without the fields that every line has. */
  logged(message: string): Record<string, unknown>[];
}

/** Opens a service and its receiver. */
export async function openHooked({ env, ...options }: TestServiceOptions = {}): Promise<Hooked> {
  const received: Received[] = [];
  const service: TestService = await TestService.open({
    ...options,
    env: { ...WEBHOOK_ENV, ...env },
    wrapFetch: (reach) => async (url, init) => {
      if (!String(url).startsWith("https://hooks.test/")) return await reach(url, init);
      assertEquals([String(url), init?.method, init?.redirect], [WEBHOOK_URL, "POST", "manual"]);
      const text = String(init?.body);
      const one = {
        at: service.clock.now(),
        headers: new Headers(init?.headers),
        body: JSON.parse(text),
        text,
      };
      received.push(one);
      const answer = hooked.answer(one);
      if (answer !== "hangs") return answer;
      return await new Promise((_, reject) => {
        init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      });
    },
  });
  const hooked: Hooked = {
    service,
    received,
    answer: () => new Response(null, { status: 204 }),
    async advance(ms) {
      await service.clock.advance(ms);
      await service.runDueTasks();
    },
    async tried(count) {
      while (received.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
    },
    logged: (message) =>
      service.log.filter((line) => line.message === message).map(
        ({ "@timestamp": _, level: __, logger: ___, message: ____, ...fields }) => fields,
      ),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
  return hooked;
}

/** Verifies a webhook as a receiver does that has one secret. The package takes no clock, so the age is not checked. */
export function verify({ headers, text }: Pick<Received, "headers" | "text">, secret: string): boolean {
  const webhook = new Webhook(secret);
  const id = headers.get("webhook-id") ?? "";
  const seconds = Number(headers.get("webhook-timestamp"));
  const signature = webhook.sign(id, new Date(seconds * 1000), text);
  return (headers.get("webhook-signature") ?? "").split(" ").includes(signature);
}
