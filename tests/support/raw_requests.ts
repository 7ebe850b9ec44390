/**
 * One-click sign-ins with bodies that are not made from an object.
 *
 * @module
 */
import type { TestService } from "./test_service.ts";

/** Posts a body to `/v1/sessions/amazon` as JSON, with `headers` over that. */
export function post(
  service: TestService,
  body: BodyInit,
  headers: Record<string, string> = {},
): Promise<Response> {
  return service.request("/v1/sessions/amazon", {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });
}

/** Makes a body whose length is not declared. */
export function streamed(text: string): ReadableStream<Uint8Array> {
  return new Blob([text]).stream();
}
