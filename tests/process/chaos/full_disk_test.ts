/**
 * The disk of the database becomes full. Deno's database and `denokv` remove expired records beside the requests, and the
 * thread that does so ends when it cannot: with the process, or without anybody who writes.
 */
import { assert, assertEquals } from "@std/assert";
import { openTestBed, pause, type ServiceProcess, signIn } from "../../support/service_process.ts";
import { Denokv } from "./denokv.ts";
import { mayMount, SmallDisk } from "./small_disk.ts";
import { ASKED, denokvProgram, play, restart } from "./stage.ts";

const MEGABYTES = 8;
const FULL_FOR_MS = 8000;
/** A record expires each second, so that one does while the disk is full. */
const EXPIRING = 60;

const mounts = ASKED && mayMount();
if (ASKED && !mounts) console.warn("SKIPPED: the cases on a full disk. Only root may mount a small one");
const options = { sanitizeOps: false, sanitizeResources: false };

async function putExpiring(path: string): Promise<void> {
  using kv = await Deno.openKv(path);
  const atomic = kv.atomic();
  for (let i = 1; i <= EXPIRING; i++) atomic.set(["expiring", i], i, { expireIn: 3000 + i * 1000 });
  await atomic.commit();
}

async function deleteExpiring(path: string): Promise<void> {
  using kv = await Deno.openKv(path);
  for await (const { key } of kv.list({ prefix: ["expiring"] })) await kv.delete(key);
}

/** What a process says: the statuses of `/readyz`, `/healthz`, a token check and a sign-in. */
async function statesOf({ url }: ServiceProcess, token: string): Promise<readonly number[]> {
  const headers = { authorization: `Bearer ${token}` };
  const statusOf = async (path: string) => {
    const answer = await fetch(url + path, { headers });
    await answer.body?.cancel();
    return answer.status;
  };
  const signedIn = signIn(url, { code: `new.${crypto.randomUUID()}`, key: crypto.randomUUID() });
  const gets = await Promise.all(["/readyz", "/healthz", "/v1/sessions/current"].map(statusOf));
  return [...gets, (await signedIn).status];
}

async function tokenFrom({ url }: ServiceProcess): Promise<string> {
  return (await signIn(url, { code: "new.1", key: crypto.randomUUID() })).body.session_token;
}

Deno.test(
  { name: "the disk of a file is full for a while", ignore: !mounts, ...options },
  async ({ name }) => {
    await using disk = await SmallDisk.mount(MEGABYTES);
    const KV_PATH = `${disk.folder}/kv.sqlite3`;
    await putExpiring(KV_PATH);
    await using bed = await openTestBed({ KV_PATH });
    await play(name, { bed, kvPaths: [KV_PATH] }, async (stage) => {
      const [service] = stage.services;
      assert(service !== undefined);
      const token = await tokenFrom(service);
      await disk.fill();
      await pause(FULL_FOR_MS);
      assertEquals(await statesOf(service, token), [503, 200, 200, 503]);
      await service.line(/"disk_full"/);
      // Some room, and the reserve, and then no room: the next start finds it so.
      await disk.empty();
      await service.line(/"disk_has_room"/);
      service.kill("SIGSTOP");
      await disk.fill();
      const again = await restart(stage, 0, "SIGKILL").then(() => stage.services[0]);
      assert(again !== undefined);
      const events = again.lines.map((line) => JSON.parse(line).message);
      assert(
        events.indexOf("disk_full") < events.indexOf("database_opened"),
        "The reserve is given up too late",
      );
      assert(events.includes("disk_full"));
      assertEquals(await statesOf(again, token), [503, 200, 200, 503]);
      await disk.empty();
      await again.line(/"disk_has_room"/);
      await deleteExpiring(KV_PATH);
    }, { mayLoseCodes: true, accounts: 1 });
  },
);

Deno.test(
  { name: "the disk of a denokv is full for a while", ignore: !mounts || denokvProgram === null, ...options },
  async ({ name }) => {
    await using disk = await SmallDisk.mount(MEGABYTES);
    const file = `${disk.folder}/denokv.sqlite3`;
    await putExpiring(file);
    await using denokv = await Denokv.start(denokvProgram ?? "", file);
    await using bed = await openTestBed({ KV_PATH: denokv.url });
    await play(name, { bed, kvPaths: [denokv.url] }, async ({ services: [service] }) => {
      assert(service !== undefined);
      const token = await tokenFrom(service);
      await disk.fill();
      await pause(FULL_FOR_MS);
      const states = await statesOf(service, token);
      console.log(`${name}: /readyz, /healthz, a check and a sign-in answer ${states.join(", ")}`);
      assertEquals([states[0], states[3]], [503, 503]);
      await disk.empty();
      await denokv.kill();
      await denokv.start();
      await deleteExpiring(denokv.url);
    }, { mayLoseCodes: true, accounts: 1 });
  },
);
