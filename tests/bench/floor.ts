/**
 * The least that a sign-in can do: `Deno.serve`, two fetches, one KV commit. It has no claim, retry, sealing, check or
 * log, so it does not survive two requests with one code, a crash or a lost answer. With the argument `grouped`, commits
 * that come while one is under way are sent together.
 *
 * @module
 */
const AMAZON = `${Deno.env.get("AMAZON_BASE_URL")}/version/1.0`;
const kv = await Deno.openKv(Deno.env.get("KV_PATH"));
const commit = Deno.args[0] === "grouped" ? commitGrouped : commitAlone;

Deno.serve({ port: Number(Deno.env.get("PORT")), hostname: "127.0.0.1", onListen() {} }, (request) => {
  if (request.url.endsWith("/v1/access-tokens")) return sign(request);
  return request.method === "POST" ? signIn(request) : check(request);
});

async function signIn(request: Request): Promise<Response> {
  const { code } = await request.json();
  const client = { grant_type: "authorization_code", code, client_id: "foodev", client_secret: "foosecret" };
  const token = await ask(`${AMAZON}/auth/o2/token?${new URLSearchParams(client)}`, "POST");
  const profile = await ask(
    `${AMAZON}/user/profile?${new URLSearchParams({ access_token: token.access_token ?? "" })}`,
    "GET",
  );
  const account = crypto.randomUUID();
  const session = crypto.randomUUID();
  await commit([
    { type: "set", key: ["account", account], value: profile },
    { type: "set", key: ["amazon_user", profile.user_id ?? ""], value: account },
    { type: "set", key: ["email", profile.email ?? ""], value: account },
    { type: "set", key: ["session", session], value: { account } },
  ]);
  return Response.json({ session_token: session, account: { id: account, ...profile } }, { status: 201 });
}

async function check(request: Request): Promise<Response> {
  const token = request.headers.get("authorization")?.slice("Bearer ".length) ?? "";
  const { value } = await kv.get(["session", token], { consistency: "eventual" });
  return Response.json({ session: value }, { status: value === null ? 401 : 200 });
}

let key: Promise<CryptoKeyPair> | null = null;

async function sign(request: Request): Promise<Response> {
  const token = request.headers.get("authorization")?.slice("Bearer ".length) ?? "";
  const { value } = await kv.get(["session", token], { consistency: "eventual" });
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  key ??= crypto.subtle.generateKey("Ed25519", false, ["sign"]) as Promise<CryptoKeyPair>;
  const { privateKey } = await key;
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, bytes));
  return Response.json({ access_token: signature.toBase64() }, { status: value === null ? 401 : 201 });
}

async function ask(url: string, method: string): Promise<Record<string, string>> {
  return await (await fetch(url, { method })).json();
}

async function commitAlone(mutations: Deno.KvMutation[]): Promise<void> {
  await kv.atomic().mutate(...mutations).commit();
}

let next: { mutations: Deno.KvMutation[]; done: Promise<void> } | null = null;
let last: Promise<unknown> = Promise.resolve();

function commitGrouped(mutations: Deno.KvMutation[]): Promise<void> {
  if (next === null || next.mutations.length >= 500) {
    const group: Deno.KvMutation[] = [];
    const done = last.then(() => {
      next = null;
      return commitAlone(group);
    });
    next = { mutations: group, done };
    last = done;
  }
  next.mutations.push(...mutations);
  return next.done;
}
