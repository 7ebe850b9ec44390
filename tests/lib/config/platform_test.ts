import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError, type Environment, parseConfig } from "../../../lib/config/config.ts";
import { LEAST } from "../../support/config_cases.ts";

const production = { production: true };
const MAIL = { MAIL_URL: "https://:key@mail.example", MAIL_FROM: "hello@app.example" };
const WEBHOOK = { WEBHOOK_URL: "https://app.example/", WEBHOOK_SECRET: `whsec_${"A".repeat(32)}` };

Deno.test("parseConfig demands a database that lasts in production off Deno Deploy, and names the file to set", () => {
  const faults = (env: Environment) =>
    assertThrows(() => parseConfig({ ...LEAST, ...env }, production), ConfigError).faults;
  assertEquals(faults({}), [
    "KV_PATH is missing: the file for the accounts, such as /var/lib/oneclick/kv.sqlite3, or the URL of a KV service",
  ]);
  assertEquals(faults({ KV_PATH: "" }).length, 1);
  for (const KV_PATH of ["ftp://kv.example", "https://", "kv://x"]) {
    assertEquals(faults({ KV_PATH }), ["KV_PATH must be the path of a file or an http:// or https:// URL"]);
  }
  assertEquals(faults({ KV_PATH: "https://kv.example" }), [
    "DENO_KV_ACCESS_TOKEN is missing: the token of the KV service that KV_PATH names",
  ]);
});

Deno.test("parseConfig refuses a token of the KV service that no header can hold, or that has lost its end", () => {
  for (const token of ["token\n", "to ken", "token\u00a0", "“token”", '"token"', "'token'", "\ufefftoken"]) {
    const env = { ...LEAST, KV_PATH: "https://kv.example", DENO_KV_ACCESS_TOKEN: token };
    assertEquals(assertThrows(() => parseConfig(env, production), ConfigError).faults, [
      "DENO_KV_ACCESS_TOKEN must have visible ASCII characters alone: look for a blank, a quote or a cut copy",
    ]);
  }
});

Deno.test("parseConfig takes a file, a KV service with its token, and the database of Deno Deploy", () => {
  for (
    const env of [
      { KV_PATH: "/var/lib/kv" },
      { KV_PATH: ":memory:" },
      { KV_PATH: "https://kv.example", DENO_KV_ACCESS_TOKEN: "token" },
      { DENO_DEPLOY: "true" },
      { DENO_TIMELINE: "production" },
    ]
  ) {
    parseConfig({ ...LEAST, ...env }, production);
  }
  assertEquals(parseConfig(LEAST).kvPath, undefined);
});

Deno.test("a branch and a preview of Deno Deploy mail nobody and post no event, unless BRANCH_DELIVERY says so", () => {
  const sends = (env: Environment) => {
    const { mail, webhook, delivers } = parseConfig({ ...LEAST, ...MAIL, ...WEBHOOK, ...env });
    return [mail !== null, webhook !== null, delivers];
  };
  for (const DENO_TIMELINE of ["git-branch/main", "preview/abc"]) {
    assertEquals(sends({ DENO_TIMELINE }), [false, false, false]);
    assertEquals(sends({ DENO_TIMELINE, BRANCH_DELIVERY: "on" }), [true, true, true]);
  }
  for (const env of [{}, { DENO_TIMELINE: "production" }]) assertEquals(sends(env), [true, true, true]);
});
