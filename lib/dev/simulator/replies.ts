/**
 * Answers of the simulator before they are sent.
 *
 * @module
 */

/** An answer, and what goes wrong with it on the way. */
export interface Answer {
  /** The HTTP status. */
  status: number;
  /** Its headers but `content-length`. */
  headers: Record<string, string>;
  /** All its bytes. */
  body: Uint8Array<ArrayBuffer>;
  /** `whole` is how it should be; see `deliver`. */
  delivery: "whole" | "hang" | "drop" | "cut" | "stall" | "drip" | "endless";
  /** Milliseconds before anything is sent. */
  delayMs: number;
}

/** An answer of a media type, delivered whole and at once. */
export function answerOf(status: number, type: string, text: string): Answer {
  const headers = { "content-type": type, "cache-control": "no-store" };
  return { status, headers, body: new TextEncoder().encode(text), delivery: "whole", delayMs: 0 };
}

/** A JSON answer. */
export function jsonAnswer(status: number, json: unknown): Answer {
  return answerOf(status, "application/json;charset=UTF-8", JSON.stringify(json));
}

/** An error answer as "Access token errors" and "User profile response" of the guide show it. */
export function errorAnswer(status: number, error: string, description: string): Answer {
  return jsonAnswer(status, { error, error_description: description, request_id: crypto.randomUUID() });
}

/** The page of whatever answers in Amazon's place: a proxy, a firewall, a front end. */
export function htmlAnswer(status: number): Answer {
  const text = `<!DOCTYPE html>\n<html><head><title>${status}</title></head><body>Sorry!</body></html>\n`;
  return answerOf(status, "text/html;charset=UTF-8", text);
}

/** The same answer with its text changed. */
export function rewrite(answer: Answer, change: (text: string) => string): Answer {
  return { ...answer, body: new TextEncoder().encode(change(textOf(answer))) };
}

/** The body as text. */
export function textOf({ body }: Answer): string {
  // Keeps a byte order mark, so that rewriting changes nothing else.
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(body);
}
