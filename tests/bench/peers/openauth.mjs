/**
 * The same job by OpenAuth: a provider whose client grant takes the code, its own tokens, and its storage in SQLite
 * with synchronous=FULL, as it has no durable one of its own for a single machine.
 */
import { createHash, randomUUID } from "node:crypto";
import { serve } from "@hono/node-server";
import { issuer } from "@openauthjs/openauth";
import { createSubjects } from "@openauthjs/openauth/subject";
import { joinKey, splitKey } from "@openauthjs/openauth/storage/storage";
import Database from "better-sqlite3";
import { Hono } from "hono";
import { object, string } from "valibot";
import { askAmazon } from "./amazon.mjs";

const db = new Database(process.env.DB_PATH);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec(`
  CREATE TABLE IF NOT EXISTS storage (key TEXT PRIMARY KEY, value TEXT, expires_at INTEGER);
  CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY, amazon_user_id TEXT UNIQUE, email TEXT UNIQUE, name TEXT, postal_code TEXT, created_at INTEGER
  );
`);
const read = db.prepare("SELECT value FROM storage WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)");
const write = db.prepare("INSERT OR REPLACE INTO storage VALUES (?, ?, ?)");
const remove = db.prepare("DELETE FROM storage WHERE key = ?");
const range = db.prepare("SELECT key, value FROM storage WHERE substr(key, 1, length($prefix)) = $prefix");
const findAccount = db.prepare("SELECT id FROM accounts WHERE amazon_user_id = ?");
const insertAccount = db.prepare("INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?)");

const storage = {
  get: async (key) => JSON.parse(read.get(joinKey(key), Date.now())?.value ?? "null") ?? undefined,
  set: async (key, value, expiry) =>
    void write.run(joinKey(key), JSON.stringify(value), expiry?.getTime() ?? null),
  remove: async (key) => void remove.run(joinKey(key)),
  async *scan(prefix) {
    for (const { key, value } of range.all({ prefix: joinKey(prefix) })) yield [splitKey(key), JSON.parse(value)];
  },
};

const subjects = createSubjects({ account: object({ id: string() }) });

const auth = issuer({
  subjects,
  storage,
  providers: {
    amazon: {
      type: "amazon",
      init() {},
      client: async ({ params }) => (await askAmazon(params.code)).profile,
    },
  },
  async success(ctx, { user_id, email, name, postal_code }) {
    const known = findAccount.get(user_id);
    const id = known?.id ?? randomUUID();
    if (!known) insertAccount.run(id, user_id, email, name, postal_code, Date.now());
    return await ctx.subject("account", { id }, { subject: createHash("sha256").update(id).digest("hex") });
  },
});

const app = new Hono().post("/v1/sessions/amazon", async (c) => {
  const { code } = await c.req.json();
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    provider: "amazon",
    client_id: "tv",
    client_secret: "none",
    code,
  });
  const response = await auth.request("/token", { method: "POST", body });
  const { access_token: session_token, refresh_token } = await response.json();
  return c.json({ session_token, refresh_token }, response.status);
});

serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: "127.0.0.1" });
