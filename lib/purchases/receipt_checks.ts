/**
 * The checks that are due: RVS is asked about receipts, one after the other, at the pace that the whole service shares.
 *
 * @module
 */
import { describeError } from "../base/log.ts";
import { findReceiptClient } from "../config/amazon.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { type DueCheck, listDueChecks, type ReceiptCheck } from "../kv/receipt_checks.ts";
import { RECEIPT_CHECK } from "../kv/schema.ts";
import { UnreadableRecordProblem } from "../kv/storage_failure.ts";
import { tellOldest } from "../kv/tasks.ts";
import type { Services } from "../services.ts";
import { checkEntitlement } from "./entitlement_check.ts";
import { checkNotification } from "./notification_check.ts";
import { Pace, PaceOverError } from "./pace.ts";
import { checkParked } from "./parking.ts";

const HANDLERS: Readonly<
  Record<ReceiptCheck["name"], (services: Services, pace: Pace, check: DueCheck) => Promise<void>>
> = {
  entitlement: checkEntitlement,
  parked: checkParked,
  notification: checkNotification,
};

/**
 * Milliseconds after which a run begins no more calls. The cron job starts the next run every minute, unless one is
 * going on.
 */
export const RUN_MS = 55_000;
/** Checks that are done at once. RVS can take seconds to answer, and the next call need not wait for that. */
const AT_ONCE = 14;
const PAGE = 50;

/**
 * Does the checks that are due, for at most 55 seconds. A check that fails is logged and stays due for the next run.
 * Does nothing while another instance asks RVS. Without any shared secret RVS is not asked: the checks stay due, and of
 * the first ones only subscriptions are confirmed.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function runReceiptChecks(services: Services): Promise<void> {
  const { clock, config } = services;
  const mayAsk = findReceiptClient(config.amazonClients, undefined) !== null;
  if (!mayAsk && config.purchases.topics.length === 0) return;
  const until = clock.now() + RUN_MS;
  const begun = new Set<string>();
  let page = await listPage(services, begun);
  tellOldest(services, "receipt_checks", page.map(({ time }) => time.due));
  if (page.length === 0) return;
  const pace = await Pace.take(services, until);
  if (pace === null) return;
  try {
    for (; page.length > 0 && clock.now() < until; page = await listPage(services, begun)) {
      await doPage(services, pace, mayAsk ? page : page.filter(({ name }) => name === "notification"));
      if (!mayAsk) break;
    }
  } finally {
    await pace.release();
  }
}

/** Lists checks that this run has not begun yet. */
async function listPage({ db, clock }: Services, begun: Set<string>): Promise<DueCheck[]> {
  using store = db.within(STORAGE_DEADLINE_MS);
  const due = await listDueChecks(store, { now: clock.now(), limit: PAGE + begun.size });
  const page = due.filter(({ entry }) => !begun.has(entry.key.join("/")));
  for (const { entry } of page) begun.add(entry.key.join("/"));
  return page;
}

async function doPage(services: Services, pace: Pace, page: readonly DueCheck[]): Promise<void> {
  const waiting = page.values();
  const work = async () => {
    for (const check of waiting) {
      try {
        if (check.entry.value === null) throw new UnreadableRecordProblem(RECEIPT_CHECK);
        if (!Object.hasOwn(HANDLERS, check.name)) throw new RangeError("No such check here");
        await services.telemetry.span(
          `task receipt_${check.name}`,
          () => HANDLERS[check.name](services, pace, check),
        );
      } catch (error) {
        if (error instanceof PaceOverError) return;
        services.log("error", "task_failed", { task: `receipt_${check.name}`, ...describeError(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
