import { assert, assertEquals } from "@std/assert";
import { MAX_RESPONSE_BYTES, readJson } from "../../../lib/base/read_json.ts";

Deno.test("readJson() returns the object of a response with any content type", async () => {
  for (const type of ["application/json", "text/html", "application/json;charset=utf-16", ""]) {
    const response = new Response('{"a":[1,"ü"]}', { headers: { "content-type": type } });
    assertEquals(await readJson(response), { kind: "object", value: { a: [1, "ü"] } }, type);
  }
});

Deno.test("readJson() ignores a byte order mark", async () => {
  assertEquals(await readJson(new Response('\ufeff{"a":1}')), { kind: "object", value: { a: 1 } });
});

Deno.test("readJson() returns other for a JSON value that is no object", async () => {
  for (const text of ["null", "[]", '[{"a":1}]', "1", '"text"', "true"]) {
    assertEquals(await readJson(new Response(text)), { kind: "other" }, text);
  }
});

Deno.test("readJson() returns other for text that is not JSON", async () => {
  for (
    const text of [
      "",
      " ",
      "{",
      '{"a":1',
      '[{"a":1}]x',
      '<p>{"a":1}',
      "<!DOCTYPE html>",
      "{'a':1}",
      '{"a":NaN}',
      "\ufeff",
    ]
  ) {
    assertEquals(await readJson(new Response(text)), { kind: "other" }, text);
  }
  for (const status of [204, 304]) {
    assertEquals(await readJson(new Response(null, { status })), { kind: "other" });
  }
});

Deno.test("readJson() returns an object that is complete, and ignores what stands behind it", async () => {
  const value = { a: 'b"}\\', c: { d: "{" } };
  for (const rest of ["}", ",", "\0\0", "\r\n0\r\n\r\n", "<html>", ' {"a":2}', "\ufeff", "\xff"]) {
    const text = new TextEncoder().encode(JSON.stringify(value) + rest);
    assertEquals(await readJson(new Response(text)), { kind: "object", value }, rest);
    const bytes = Uint8Array.of(...new TextEncoder().encode(JSON.stringify(value)), 0xff, 0xc0);
    assertEquals(await readJson(new Response(bytes)), { kind: "object", value });
  }
});

Deno.test("readJson() returns other for invalid UTF-8, with and without a declared length", async () => {
  const latin1 = Uint8Array.from('{"a":"é"}', (letter) => letter.charCodeAt(0));
  const surrogate = Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22);
  const cut = new TextEncoder().encode('{"a":"ü').slice(0, -1);
  const utf16 = Uint8Array.of(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00);
  for (const bytes of [latin1, surrogate, cut, utf16]) {
    assertEquals(await readJson(declared(bytes)), { kind: "other" });
    assertEquals(await readJson(streamed([bytes]).response), { kind: "other" });
  }
});

Deno.test("readJson() joins a letter that is cut between two chunks", async () => {
  const bytes = new TextEncoder().encode('{"a":"ü"}');
  const chunks = Array.from(bytes, (byte) => Uint8Array.of(byte));
  assertEquals(await readJson(streamed(chunks).response), { kind: "object", value: { a: "ü" } });
});

Deno.test("readJson() reads at most 65,536 bytes", async () => {
  assertEquals(MAX_RESPONSE_BYTES, 65_536);
  const most = jsonOf(65_536);
  const tooMany = jsonOf(65_537);
  assertEquals((await readJson(declared(most))).kind, "object");
  assertEquals((await readJson(streamed([most]).response)).kind, "object");
  assertEquals(await readJson(declared(tooMany)), { kind: "other" });
  assertEquals(await readJson(streamed([tooMany]).response), { kind: "other" });
  const inTwo = streamed([tooMany.slice(0, 65_536), tooMany.slice(65_536)]);
  assertEquals(await readJson(inTwo.response), { kind: "other" });
});

Deno.test("readJson() counts bytes, not characters", async () => {
  const text = JSON.stringify({ a: "ü".repeat(32_764) });
  assertEquals([text.length, new TextEncoder().encode(text).length], [32_772, 65_536]);
  assertEquals((await readJson(streamed([new TextEncoder().encode(text)]).response)).kind, "object");
  const longer = new TextEncoder().encode(JSON.stringify({ a: "ü".repeat(32_765) }));
  assertEquals(await readJson(streamed([longer]).response), { kind: "other" });
});

Deno.test("readJson() reads a bounded part of an endless body, then cancels it", async () => {
  const chunk = new TextEncoder().encode("0,".repeat(8192));
  const endless = streamed(Array<Uint8Array<ArrayBuffer>>(1000).fill(chunk));
  assertEquals(await readJson(endless.response), { kind: "other" });
  assertEquals(endless.isCancelled(), true);
  assert(endless.chunksRead() <= 6, `${endless.chunksRead()} chunks of 16 KiB were read`);
});

for (const header of [{ "content-encoding": "gzip" }, { "transfer-encoding": "chunked" }]) {
  const [[name] = []] = Object.entries(header);
  // As fetch returns it: the headers of the encoded body, with the decoded body.
  Deno.test(`readJson() ignores a declared length when there is a ${name}`, async () => {
    const chunk = new TextEncoder().encode(" ".repeat(16_384));
    const headers = { ...header, "content-length": "64" };
    const bomb = streamed(Array<Uint8Array<ArrayBuffer>>(1000).fill(chunk), { headers });
    assertEquals(await readJson(bomb.response), { kind: "other" });
    assertEquals(bomb.isCancelled(), true);
    assert(bomb.chunksRead() <= 6, `${bomb.chunksRead()} chunks of 16 KiB were read`);
    const honest = streamed([new TextEncoder().encode('{"a":1}')], { headers });
    assertEquals(await readJson(honest.response), { kind: "object", value: { a: 1 } });
  });
}

Deno.test("readJson() ignores a declared length that is no number", async () => {
  for (const length of ["lots", "-", "64, 64"]) {
    const bomb = streamed([jsonOf(65_537)], { headers: { "content-length": length } });
    assertEquals(await readJson(bomb.response), { kind: "other" }, length);
  }
});

Deno.test("readJson() returns interrupted for a body that breaks off, with and without a declared length", async () => {
  const half = new TextEncoder().encode('{"a":');
  for (const headers of [{}, { "content-length": "1000" }]) {
    const broken = streamed([half], { headers, error: new TypeError("Connection reset") });
    assertEquals(await readJson(broken.response), { kind: "interrupted" });
  }
});

Deno.test("readJson() returns interrupted when the signal of the body aborts", async () => {
  const controller = new AbortController();
  const body = new ReadableStream({
    start(stream) {
      stream.enqueue(new TextEncoder().encode("{"));
      controller.signal.addEventListener("abort", () => stream.error(controller.signal.reason));
    },
  });
  const reading = readJson(new Response(body));
  controller.abort();
  assertEquals(await reading, { kind: "interrupted" });
});

Deno.test("readJson() treats __proto__ as a normal field", async () => {
  const read = await readJson(new Response('{"__proto__":{"user_id":"x"},"constructor":1}'));
  assert(read.kind === "object");
  assertEquals(read.value.user_id, undefined);
  assertEquals(Object.keys(read.value), ["__proto__", "constructor"]);
  assertEquals(({} as Record<string, unknown>).user_id, undefined);
});

Deno.test("readJson() uses the last of two equal keys", async () => {
  assertEquals(await readJson(new Response('{"a":1,"a":2}')), { kind: "object", value: { a: 2 } });
});

/** Returns the JSON of an object, filled up with spaces to `length` bytes. */
function jsonOf(length: number): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode('{"a":1}'.padEnd(length));
}

function declared(bytes: Uint8Array<ArrayBuffer>): Response {
  return new Response(bytes, { headers: { "content-length": String(bytes.length) } });
}

/** Makes a response whose body arrives in chunks, then ends or breaks off with `error`. */
function streamed(
  chunks: readonly Uint8Array<ArrayBuffer>[],
  { headers = {}, error }: { headers?: HeadersInit; error?: Error } = {},
) {
  let read = 0;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(stream) {
      const chunk = chunks[read++];
      if (chunk !== undefined) stream.enqueue(chunk);
      else if (error !== undefined) stream.error(error);
      else stream.close();
    },
    cancel() {
      cancelled = true;
    },
  });
  return { response: new Response(body, { headers }), chunksRead: () => read, isCancelled: () => cancelled };
}
