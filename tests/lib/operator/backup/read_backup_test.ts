import { assert, assertEquals, assertRejects } from "@std/assert";
import { checkBackup, restoreBackup } from "../../../../lib/operator/backup/read_backup.ts";
import { BACKUP } from "../../../../lib/operator/backup.ts";
import { CommandError } from "../../../../lib/operator/command.ts";
import { RESTORE } from "../../../../lib/operator/restore.ts";
import { assertProblem } from "../../../support/contract_problems.ts";
import { checkInvariants } from "../../../support/invariants.ts";
import { MAY_USE_FILES, OperatedService, run } from "../../../support/operator.ts";
import { TestService } from "../../../support/test_service.ts";

const ignore = !MAY_USE_FILES;
const QUIET = { progress: () => {} };

Deno.test("a backup is restored into a new file, and everybody is known there", { ignore }, async () => {
  await using operated = await OperatedService.open();
  const { service, file, restored } = await withBackup(operated);
  const { account, session_token: token } = service.known;
  assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600, "Only its owner reads it");
  const lines = (await Deno.readTextFile(file)).trim().split("\n");
  for (const line of lines) JSON.parse(line);
  for (const secret of ["mhashimoto-04@plaxo.com", "Mork", token, token.slice(-43)]) {
    assert(!lines.join().includes(secret), "Sealed values stay sealed");
  }

  const env = { ...operated.env, KV_PATH: restored };
  assertEquals((await run(RESTORE, [file, "--json"], env, service.clock)).code, 2, "It asks for --yes");
  const ran = await run(RESTORE, [file, "--yes", "--json"], env, service.clock);
  assertEquals([ran.code, ran.json], [0, { records: lines.length - 2 }], ran.err);
  assertEquals((await Deno.stat(restored)).mode! & 0o777, 0o600);

  using kv = await Deno.openKv(restored);
  const before = await Array.fromAsync(operated.kv.list({ prefix: [] }));
  const after = await Array.fromAsync(kv.list({ prefix: [] }));
  assertEquals(
    after.map(({ key, value }) => ({ key, value })),
    before.map(({ key, value }) => ({ key, value })),
  );
  await using moved = await TestService.open({ kv, simulator: service.simulator });
  assertEquals((await moved.request("/v1/sessions/current", { token })).status, 200);
  const again = await moved.signedIn("mork.2");
  assertEquals([again.account.id, again.account.created], [account.id, false]);
  await checkInvariants(kv, moved.services.keyring);
  kv.close();
  const twice = await run(RESTORE, [file, "--yes", "--json"], env, service.clock);
  assertEquals([twice.code, twice.json.error.code], [1, "not_empty"]);
});

Deno.test(
  "a restored record ends when it would have ended, and one that has ended is left out",
  { ignore },
  async () => {
    await using operated = await OperatedService.open();
    const { service, file } = await withBackup(operated);
    const lines = (await Deno.readTextFile(file)).trim().split("\n").map((line) => JSON.parse(line));
    const session = lines.find(({ key }) => key?.[2]?.startsWith("ses_"));
    assert(
      session.expires_at > service.clock.now() + 364 * 86_400_000,
      "The end is known although the record is sealed",
    );
    const ends = lines.filter(({ expires_at }) => expires_at !== undefined).map(({ key }) => key[0]);
    assertEquals([...new Set(ends)].toSorted(), ["exchange", "session"]);

    lines.find(({ key }) => key?.[0] === "exchange").expires_at = service.clock.now() - 1;
    await Deno.writeTextFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const lives = new Map<string, number | undefined>();
    using memory = await Deno.openKv(":memory:");
    const { hash, records } = await checkBackup(file);
    assertEquals(
      await restoreBackup(recordLives(memory, lives), file, { hash, clock: service.clock, ...QUIET }),
      records - 1,
    );
    const life = lives.get(session.key.join("/")) ?? 0;
    assert(Math.abs(life - (session.expires_at - service.clock.now())) < 60_000);
    const endless = lines.filter(({ key, expires_at }) => key !== undefined && expires_at === undefined);
    for (const { key } of endless) assertEquals(lives.get(key.join("/")), undefined);
    assertEquals((await memory.get(["data_key", "#restoring"])).value, null);
  },
);

Deno.test("a restore that was cut short goes on, and nothing works with the database before its end", {
  ignore,
}, async () => {
  await using operated = await OperatedService.open();
  const { service, file } = await withBackup(operated);
  using memory = await Deno.openKv(":memory:");
  const { hash, records } = await checkBackup(file);
  let commits = 0;
  const dying = intercept(memory, () => {
    if (++commits === 2) throw new Error("killed");
  });
  await assertRejects(
    () => restoreBackup(dying, file, { hash, clock: service.clock, ...QUIET }),
    Error,
    "killed",
  );
  await using cut = await TestService.open({ kv: memory, simulator: service.simulator });
  await assertProblem(await cut.signIn("mork.7"), "storage_unavailable");
  await assertRejects(
    () => restoreBackup(memory, file, { hash: "another", clock: service.clock, ...QUIET }),
    CommandError,
  );
  assertEquals(await restoreBackup(memory, file, { hash, clock: service.clock, ...QUIET }), records);
  cut.clock.jump(60_000);
  assertEquals((await cut.signIn("mork.8")).status, 200);
});

Deno.test("a database on which a service was only started counts as empty", { ignore }, async () => {
  await using operated = await OperatedService.open();
  const { service, file } = await withBackup(operated);
  await using started = await TestService.open({ env: { DATA_KEYS: `k9:${btoa("x".repeat(32))}` } });
  const { hash, records } = await checkBackup(file);
  assertEquals(await restoreBackup(started.kv, file, { hash, clock: service.clock, ...QUIET }), records);
  await using right = await TestService.open({ kv: started.kv, simulator: service.simulator });
  assertEquals((await right.signIn("mork.8")).status, 200);
});

Deno.test("a damaged backup is refused before anything is written", { ignore }, async () => {
  await using operated = await OperatedService.open();
  const { file, restored } = await withBackup(operated);
  const text = await Deno.readTextFile(file);
  const lines = text.split("\n");
  const damaged = [
    "",
    "x\n",
    lines.slice(1).join("\n"),
    lines.slice(0, -2).join("\n"),
    text.replace(/"records":\d+/, '"records":1'),
    [lines[0], lines[1], lines[1], ...lines.slice(3)].join("\n"),
    [lines[0], lines[2], lines[1], ...lines.slice(3)].join("\n"),
    text.replace(/("\$bytes":"[^"]{40})(.)/, (_, before, letter) => before + (letter === "A" ? "B" : "A")),
    text.replace('["account","acc_0', '["account","acc_1'),
    text.replace('"oneclick_backup":1', '"oneclick_backup":2'),
    text + lines[1],
    text.replace('{"key"', '{"kex"'),
  ];
  for (const content of damaged) {
    await Deno.writeTextFile(file, content);
    const ran = await run(
      RESTORE,
      [file, "--yes", "--json"],
      { ...operated.env, KV_PATH: restored },
      operated.service.clock,
    );
    assertEquals([ran.code, ran.json.error.code], [1, "damaged"], content.slice(0, 60));
    await assertRejects(() => Deno.stat(restored), Deno.errors.NotFound);
  }
  await Deno.writeTextFile(file, text.replace(/,"sha256":"[^"]*"/, "").replaceAll("\n", "\r\n"));
  const older = await run(RESTORE, [file, "--yes", "--json"], {
    ...operated.env,
    KV_PATH: restored,
  }, operated.service.clock);
  assertEquals(older.code, 0, "A backup of a version before has no SHA-256");
  for (
    const [program, args] of [[BACKUP, [operated.folder]], [BACKUP, ["/none/of/these"]], [RESTORE, [
      operated.folder,
      "--yes",
    ]]] as const
  ) {
    const ran = await run(program, [...args, "--json"], operated.env, operated.service.clock);
    assertEquals([ran.code, ran.json.error.code], [1, "not_found"], args[0]);
  }
  const none = await run(RESTORE, [`${file}.none`, "--yes", "--json"], {
    ...operated.env,
    KV_PATH: restored,
  });
  assertEquals([none.code, none.json.error.code], [1, "not_found"]);
});

Deno.test(
  "a backup that fails leaves the older one as it was, and no part of its own",
  { ignore },
  async () => {
    await using operated = await OperatedService.open();
    const { file } = await withBackup(operated);
    const before = await Deno.readTextFile(file);
    await operated.kv.set(["strange"], new Map());
    const ran = await run(BACKUP, [file, "--json"], operated.env, operated.service.clock);
    assertEquals([ran.code, ran.json.error.code], [1, "not_ours"]);
    assertEquals(await Deno.readTextFile(file), before);
    const names = (await Array.fromAsync(Deno.readDir(operated.folder))).map(({ name }) => name);
    assertEquals(names.filter((name) => name.includes("part") || name.startsWith(".")), []);
  },
);

/** Signs a customer in, and writes a backup. */
async function withBackup(operated: OperatedService) {
  const { service } = operated;
  const known = await service.signedIn("mork.1", { key: "0123456789abcdef" });
  const file = `${operated.folder}/backup.jsonl`;
  const ran = await run(BACKUP, [file, "--json"], operated.env, operated.service.clock);
  assertEquals([ran.code, typeof ran.json?.records], [0, "number"], ran.out + ran.err);
  return {
    service: Object.assign(service, { known }),
    file,
    restored: `${operated.folder}/restored.sqlite3`,
  };
}

function recordLives(kv: Deno.Kv, lives: Map<string, number | undefined>): Deno.Kv {
  return intercept(kv, () => {}, (key, options) => lives.set(key.join("/"), options?.expireIn));
}

/** Calls a function before each commit and for each write. */
function intercept(
  kv: Deno.Kv,
  onCommit: () => void,
  onSet: (key: Deno.KvKey, options?: { expireIn?: number }) => void = () => {},
): Deno.Kv {
  return new Proxy(kv, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== "atomic") return typeof value === "function" ? value.bind(target) : value;
      return () => {
        const operation = target.atomic();
        const wrapped = new Proxy(operation, {
          get(inner, method) {
            if (method === "commit") return () => (onCommit(), inner.commit());
            return (...args: [Deno.KvKey, unknown, { expireIn?: number }?]) => {
              if (method === "set") onSet(args[0], args[2]);
              Reflect.get(inner, method).apply(inner, args);
              return wrapped;
            };
          },
        });
        return wrapped;
      };
    },
  });
}
