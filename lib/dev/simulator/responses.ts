/**
 * Builds responses of the simulator before they are delivered.
 *
 * @module
 */

/** A response, and what goes wrong with it on the way. */
export interface SimulatedResponse {
  /** The HTTP status. */
  status: number;
  /** The headers without `content-length`. */
  headers: Record<string, string>;
  /** The whole body. */
  body: Uint8Array<ArrayBuffer>;
  /** How the response reaches the client; `whole` when nothing goes wrong. See `deliver`. */
  delivery: "whole" | "hang" | "drop" | "cut" | "stall" | "drip" | "endless";
  /** Milliseconds before anything is sent. */
  delayMs: number;
}

/** Returns a response of a media type, delivered whole and at once. */
export function textResponse(status: number, type: string, text: string): SimulatedResponse {
  const headers = { "content-type": type, "cache-control": "no-store" };
  return { status, headers, body: new TextEncoder().encode(text), delivery: "whole", delayMs: 0 };
}

/** Returns a JSON response. */
export function jsonResponse(status: number, json: unknown): SimulatedResponse {
  return textResponse(status, "application/json;charset=UTF-8", JSON.stringify(json));
}

/** Returns an error response in the form of the guide's "Access token errors" and "User profile response". */
export function errorResponse(status: number, error: string, description: string): SimulatedResponse {
  return jsonResponse(status, { error, error_description: description, request_id: crypto.randomUUID() });
}

/** Returns the HTML page of a proxy, firewall or front end that answers in Amazon's place. */
export function htmlResponse(status: number): SimulatedResponse {
  const text = `<!DOCTYPE html>\n<html><head><title>${status}</title></head><body>Sorry!</body></html>\n`;
  return textResponse(status, "text/html;charset=UTF-8", text);
}

/** Returns a copy of a response with its body text changed. */
export function changeText(response: SimulatedResponse, change: (text: string) => string): SimulatedResponse {
  return { ...response, body: new TextEncoder().encode(change(textOf(response))) };
}

/** Returns the body as text. */
export function textOf({ body }: SimulatedResponse): string {
  // Keeps a byte order mark, so that `changeText` changes nothing else.
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(body);
}
