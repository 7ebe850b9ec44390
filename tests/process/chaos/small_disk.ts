/**
 * A small disk in memory that a test fills. Only root may mount one.
 *
 * @module
 */

/** Whether this process may mount a disk. */
export function mayMount(): boolean {
  return Deno.build.os === "linux" && Deno.uid() === 0;
}

/** A disk of a few megabytes. */
export class SmallDisk implements AsyncDisposable {
  /** Where it is mounted. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Mounts a disk. */
  static async mount(megabytes: number): Promise<SmallDisk> {
    const folder = await Deno.makeTempDir({ prefix: "oneclick-disk-" });
    await run("mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder);
    return new SmallDisk(folder);
  }

  /** Takes all the room that is left, as a log that nobody removes. */
  async fill(): Promise<void> {
    using file = await Deno.open(`${this.folder}/log`, { create: true, append: true });
    const bytes = new Uint8Array(4096);
    try {
      for (;;) await file.write(bytes);
    } catch { /* The disk is full. */ }
  }

  /** Gives the room back. */
  async empty(): Promise<void> {
    await Deno.remove(`${this.folder}/log`);
  }

  /** Unmounts it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", "--lazy", this.folder);
    await Deno.remove(this.folder);
  }
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdout: "null", stderr: "piped" })
    .output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}
