/**
 * The least that the trips and writes of the promises cost: the floor with the claim, the token that is stored during
 * the second call, the read, the checks and the records of a sign-in, with the service's own commit queue. No
 * framework, validation, sealing, hashing of secrets, deadline, header or log. It is an upper bound for any service
 * with these records.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { systemClock } from "../../lib/base/clock.ts";
import { CommitQueue } from "../../lib/kv/commit_queue.ts";
import { Connection } from "../../lib/kv/connection.ts";

const AMAZON = `${Deno.env.get("AMAZON_BASE_URL")}/version/1.0`;
// The sizes of the service's own records, in bytes.
const SEALED = {
  account: new Uint8Array(346),
  session: new Uint8Array(263),
  token: new Uint8Array(483),
  result: new Uint8Array(298),
};
const MINUTE = 60_000;
const YEAR = 365 * 1440 * MINUTE;

const kv = await Deno.openKv(Deno.env.get("KV_PATH"));
const commits = new CommitQueue(new Connection({ kv, clock: systemClock }), systemClock);

Deno.serve({ port: Number(Deno.env.get("PORT")), hostname: "127.0.0.1", onListen() {} }, signIn);

async function signIn(request: Request): Promise<Response> {
  const { code } = await request.json();
  const exchange = ["exchange", createHash("sha256").update(code).digest("base64url")];
  const claim = { v: 1, state: "claimed", claim_id: crypto.randomUUID(), lease_until: Date.now() };
  const claimed = await commits.commit({
    checks: [{ key: exchange, versionstamp: null }],
    mutations: [{ type: "set", key: exchange, value: claim, expireIn: 60 * MINUTE }],
  });
  if (!claimed.ok) return new Response(null, { status: 409 });
  const check = { key: exchange, versionstamp: claimed.versionstamp };

  const client = { grant_type: "authorization_code", code, client_id: "foodev", client_secret: "foosecret" };
  const token = await ask(`${AMAZON}/auth/o2/token?${new URLSearchParams(client)}`, "POST");
  const access = new URLSearchParams({ access_token: token.access_token ?? "" });
  const asked = ask(`${AMAZON}/user/profile?${access}`, "GET");
  const progress = [...exchange, "token"];
  commits.commit({
    checks: [check],
    mutations: [{ type: "set", key: progress, value: SEALED.token, expireIn: 10 * MINUTE }],
  });
  const profile = await asked;

  const user = ["amazon_user", profile.user_id ?? ""];
  const email = ["email", profile.email ?? ""];
  const owners = await kv.getMany<[string, string]>([user, email], { consistency: "eventual" });
  const known = owners[0].value === null
    ? []
    : [await kv.get(["account", owners[0].value], { consistency: "eventual" })];
  const account = owners[0].value ?? `${Date.now()}-${crypto.randomUUID()}`;
  const session = crypto.randomUUID();
  await commits.commit({
    checks: [check, ...owners, ...known],
    mutations: [
      ...(known.length > 0 ? [] : [
        { type: "set", key: ["account", account], value: SEALED.account } as const,
        { type: "set", key: user, value: account } as const,
        { type: "set", key: email, value: account } as const,
      ]),
      { type: "set", key: ["session", account, session], value: SEALED.session, expireIn: YEAR },
      { type: "set", key: progress, value: SEALED.result, expireIn: 60 * MINUTE },
    ],
  });
  return Response.json({ session_token: session, account: { id: account, ...profile } }, { status: 201 });
}

async function ask(url: string, method: string): Promise<Record<string, string>> {
  return await (await fetch(url, { method })).json();
}
