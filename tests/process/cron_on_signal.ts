/**
 * Loaded before `main.ts`: the cron job runs at each SIGUSR1 instead of every minute, and the clock is ahead by
 * `CLOCK_AHEAD_MS` milliseconds.
 *
 * @module
 */
const { now } = Date;
const ahead = Number(Deno.env.get("CLOCK_AHEAD_MS") ?? 0);
Date.now = () => now() + ahead;

const cron = (name: string, schedule: unknown, handler: unknown) => {
  console.log(JSON.stringify({ cron: name, schedule }));
  Deno.addSignalListener("SIGUSR1", async () => {
    await (handler as () => Promise<void> | void)();
    console.log(JSON.stringify({ cron: name, ended: true }));
  });
  return Promise.resolve();
};
Object.defineProperty(Deno, "cron", { value: cron });
