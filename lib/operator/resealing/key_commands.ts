/**
 * The commands about data keys: `keys`, `keys reseal`.
 *
 * @module
 */
import { systemClock } from "../../base/clock.ts";
import { Keyring } from "../../kv/keyring.ts";
import { openDatabase, readConfig } from "../environment.ts";
import { columns } from "../help.ts";
import { type Call, type Command, type Result, UsageError } from "../command.ts";
import { every } from "../progress.ts";
import { reseal, type ResealServices } from "./reseal.ts";
import { assertRing, knownKeys, retire } from "./retirement.ts";
import { survey } from "./survey.ts";

const RATE = "3000";

/** The commands. */
export const KEY_COMMANDS: readonly Command[] = [
  {
    name: "keys",
    args: "",
    does: "Count the records that still need each data key",
    more:
      "It reads everything that is stored. A key with 0 records can leave DATA_KEYS, once keys reseal has run to its end.",
    run: (call) => withRing(call, showKeys),
  },
  {
    name: "keys reseal",
    args: "",
    does: "Rewrite under the first key of DATA_KEYS what another one sealed or indexed, while traffic runs",
    options: { rate: { value: "N", does: `Records to rewrite in a second, at most; ${RATE} by default` } },
    more: "It can be stopped and started again at any time.",
    run(call) {
      const rate = call.options.rate ?? RATE;
      const perSecond = Number(rate);
      if (!/^[1-9]\d{0,6}$/.test(String(rate))) {
        throw new UsageError("--rate must be a whole number from 1 on");
      }
      return withRing(call, (services) => resealKeys(services, call, perSecond));
    },
  },
];

async function withRing(
  call: Call,
  run: (services: ResealServices, call: Call) => Promise<Result>,
): Promise<Result> {
  const keyring = new Keyring(readConfig(call.env).dataKeys);
  const kv = await openDatabase(call.env);
  try {
    return await run({ kv, keyring, clock: call.clock }, call);
  } finally {
    kv.close();
  }
}

async function showKeys(services: ResealServices, { progress }: Call): Promise<Result> {
  const { kv, keyring } = services;
  const needs = await survey(services, every((read) => progress(`${read} records read`)));
  const known = (await knownKeys(kv)).map(({ key }) => String(key[1]));
  const ids = [...new Set([...keyring.ids, ...known, ...needs.ids])];
  const keys = ids.map((id) => ({
    id,
    in_ring: keyring.ids.includes(id),
    seals_new: id === keyring.firstId,
    records: needs.of(id),
  }));
  const rows = keys.map(({ id, in_ring, seals_new, records }) =>
    [
      id,
      `${records} records${seals_new ? ", seals what is new" : in_ring ? "" : ", not in DATA_KEYS"}`,
    ] as const
  );
  return { json: { keys }, text: columns(rows) };
}

async function resealKeys(services: ResealServices, { progress }: Call, perSecond: number): Promise<Result> {
  await assertRing(services, progress);
  const line = every((read: number, resealed: number) =>
    progress(`${resealed} records resealed, ${read} read`)
  );
  const { resealed, needs } = await reseal(services, { perSecond, pace: systemClock, progress: line });
  await retire(services, needs);
  const { keyring } = services;
  const left = needs.ids.filter((id) => id !== keyring.firstId && needs.of(id) > 0);
  return {
    json: { resealed },
    text: [
      `${resealed} records resealed`,
      ...left.map((id) =>
        `${needs.of(id)} answers kept for a replay still need ${id}, for 10 minutes at most`
      ),
    ],
  };
}
