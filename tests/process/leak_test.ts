/** No secret is in the bytes of the database file or of its write-ahead log (design, section 4, promise 8). */
import { assert, assertEquals } from "@std/assert";
import { findSecrets } from "../support/secret_scan.ts";
import { playLeakMatrix } from "../support/leak_scenarios.ts";

const ignore = Deno.permissions.querySync({ name: "write" }).state !== "granted" ||
  Deno.permissions.querySync({ name: "read" }).state !== "granted";

Deno.test(
  "no outcome leaks a secret or personal data to the bytes of the database's file",
  { ignore },
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const kv = await Deno.openKv(`${folder}/kv.sqlite3`);
      const { service, secrets } = await playLeakMatrix({ kv });
      await using _ = service;
      const open = await bytesOf(folder);
      assert(open.names.includes("kv.sqlite3-wal") && open.bytes.length > 100_000, String(open.names));
      assertEquals(findSecrets(open.bytes, secrets), []);
      kv.close();
      const closed = await bytesOf(folder);
      assert(closed.bytes.length > 50_000);
      assertEquals(findSecrets(closed.bytes, secrets), []);

      // The same scan finds a text that is stored in the clear, in a key or in a value.
      for (const secret of secrets.slice(0, 5)) {
        for (
          const [key, value] of [[["planted", secret.text], 1], [["planted"], { text: secret.text }]] as const
        ) {
          const again = await Deno.openKv(`${folder}/kv.sqlite3`);
          await again.set(key, value);
          again.close();
          assert(findSecrets((await bytesOf(folder)).bytes, [secret]).length > 0, secret.name);
          await Deno.remove(folder, { recursive: true });
          await Deno.mkdir(folder);
        }
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

async function bytesOf(folder: string): Promise<{ names: string[]; bytes: Uint8Array }> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  const files = await Promise.all(names.map((name) => Deno.readFile(`${folder}/${name}`)));
  return { names, bytes: new Uint8Array(await new Blob(files).arrayBuffer()) };
}
