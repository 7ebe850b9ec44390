/**
 * What a careful team writes by hand: Hono on Node, SQLite with synchronous=FULL, one transaction for account and
 * session. No claim, no retry, no sealing, no log.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { serve } from "@hono/node-server";
import Database from "better-sqlite3";
import { Hono } from "hono";

const AMAZON = `${process.env.AMAZON_BASE_URL}/version/1.0`;
const db = new Database(process.env.DB_PATH);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec(`
  CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY, amazon_user_id TEXT UNIQUE, email TEXT UNIQUE, name TEXT, postal_code TEXT, created_at INTEGER
  );
  CREATE TABLE IF NOT EXISTS sessions (
    token_hash TEXT PRIMARY KEY, account_id TEXT NOT NULL, device TEXT, created_at INTEGER
  );
`);
const findAccount = db.prepare("SELECT * FROM accounts WHERE amazon_user_id = ?");
const insertAccount = db.prepare("INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?)");
const insertSession = db.prepare("INSERT INTO sessions VALUES (?, ?, ?, ?)");
const findSession = db.prepare(
  "SELECT a.* FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.token_hash = ?",
);

const hash = (token) => createHash("sha256").update(token).digest("base64url");

const signIn = db.transaction((profile, device) => {
  const known = findAccount.get(profile.user_id);
  const id = known?.id ?? randomUUID();
  const now = Date.now();
  if (!known) insertAccount.run(id, profile.user_id, profile.email, profile.name, profile.postal_code, now);
  const token = randomBytes(32).toString("base64url");
  insertSession.run(hash(token), id, JSON.stringify(device), now);
  return { session_token: token, account: { id, email: profile.email, created: !known } };
});

async function ask(url, method) {
  const response = await fetch(url, { method });
  if (!response.ok) throw new Error(`Amazon answered ${response.status}`);
  return await response.json();
}

const app = new Hono()
  .post("/v1/sessions/amazon", async (c) => {
    const { code, device } = await c.req.json();
    const client = {
      grant_type: "authorization_code",
      code,
      client_id: "foodev",
      client_secret: "foosecret",
    };
    const { access_token } = await ask(`${AMAZON}/auth/o2/token?${new URLSearchParams(client)}`, "POST");
    const profile = await ask(`${AMAZON}/user/profile?${new URLSearchParams({ access_token })}`, "GET");
    const signedIn = signIn(profile, device);
    return c.json(signedIn, signedIn.account.created ? 201 : 200);
  })
  .get("/v1/sessions/current", (c) => {
    const token = c.req.header("authorization")?.slice("Bearer ".length) ?? "";
    const account = findSession.get(hash(token));
    return account ? c.json({ account }) : c.json({ error: "invalid_session" }, 401);
  });

serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: "127.0.0.1" });
