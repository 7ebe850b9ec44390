/**
 * A service that stops before and after each operation on the database and each call to Amazon. It writes the name of
 * the step, and goes on when it reads that name from its standard input. So a test can kill it exactly there.
 *
 * @module
 */
import { serveHooked } from "../support/hooked_main.ts";
import { operationOf } from "../support/kv_hooks.ts";

const waiting = new Map<string, () => void>();

readNames();
await serveHooked(Deno.env.toObject(), {
  kvHooks: {
    read: (_, perform) => around("read", perform),
    commit: (commit, perform) => around(operationOf(commit), () => perform()),
  },
  fetch(url, init) {
    const name = String(url).includes("/auth/o2/token") ? "token" : "profile";
    return around(name, () => fetch(url, init));
  },
});

async function around<T>(name: string, operation: () => Promise<T>): Promise<T> {
  await step(`before ${name}`);
  if (name === "commit") console.log(JSON.stringify({ step: "during commit" }));
  const result = await operation();
  await step(`after ${name}`);
  return result;
}

function step(name: string): Promise<void> {
  return new Promise((resolve) => {
    waiting.set(name, resolve);
    console.log(JSON.stringify({ step: name }));
  });
}

async function readNames(): Promise<void> {
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const names = (rest + text).split("\n");
    rest = names.pop() ?? "";
    for (const name of names) waiting.get(name)?.();
  }
}
