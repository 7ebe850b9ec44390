/**
 * What the service costs on Deno Deploy: the counted units, times the prices.
 *
 * @module
 */
import { bytesStored, type Cost, costs } from "./kv_units.ts";
import { table } from "./report.ts";

/** The prices of Deno Deploy's plan Pro in US dollars, above what the plan includes. */
const PRICE = {
  request: 2e-6,
  writeUnit: 2.5e-6,
  readUnit: 1e-6,
  gigabyteOut: 0.5,
  cpuHour: 0.05,
  gigabyteHour: 0.016,
  gigabyteMonth: 0.75,
};

/** Milliseconds of CPU for a request: those of a new customer, who takes most. */
const CPU_MS = 1.05;
const MILLION = 1e6;
const DAYS = 30;
const HOURS = 730;
const RUNS_OF_CRON = HOURS * 60;
/** An instance in each of two regions, which is never idle long enough to be stopped. */
const INSTANCES = 2;
const INSTANCE_GIGABYTES = 0.75;

/** The requests, as the operator knows them. */
const NAMES: Readonly<Record<string, string>> = {
  "new": "new customers",
  "returning": "known customers who sign in",
  "new, a receipt": "new customers with a receipt",
  "returning, a receipt": "known customers with a receipt",
  "token check": "token checks",
  "access token": "access tokens",
  "first token check of a day": "first token checks of a day",
};

/**
 * The tables of `lib/operator/README.md`: what a million requests of each kind cost, and what a month of a million TVs
 * costs.
 */
export async function priceTables(): Promise<{ readonly perMillion: string; readonly month: string }> {
  const counted = await costs();
  const { "run of the cron job": cron, ...requests } = counted;
  const perMillion = table(
    ["a million of", "KV units written, read each", "bytes out each", "requests", "KV", "rest", "together"],
    Object.entries(requests).map(([name, cost]) => {
      const { request, kv, rest } = partsOf(cost);
      return [
        NAMES[name] ?? name,
        `${cost.writeUnits}, ${cost.readUnits}`,
        String(rounded(cost.bytesOut)),
        ...[request, kv, rest, request + kv + rest].map((price) => dollars(price * MILLION)),
      ];
    }),
  );

  const rows: [what: string, price: number][] = [
    ["a new customer on one TV in 20", MILLION / 20 * priceOf(counted.new)],
    ["a known customer on one TV in 20", MILLION / 20 * priceOf(counted.returning)],
    [
      "every TV in use every day, with one token check",
      MILLION * DAYS * priceOf(counted["first token check of a day"]),
    ],
    ["the cron job", RUNS_OF_CRON * priceOf(cron)],
    [
      `memory: ${INSTANCES} instances that never stop`,
      INSTANCES * INSTANCE_GIGABYTES * HOURS * PRICE.gigabyteHour,
    ],
    ["the records of a million customers", MILLION * await bytesStored() / 1e9 * PRICE.gigabyteMonth],
  ];
  const sum = rows.reduce((sum, [, price]) => sum + price, 0);
  const checks = MILLION * DAYS * 29 * priceOf(counted["token check"]);
  const tokens = MILLION * DAYS * 6 * priceOf(counted["access token"]);
  const month = table(["a month of a million TVs", "dollars"], [
    ...rows.map(([what, price]) => [what, dollars(price)]),
    ["**together**", `**${dollars(sum)}**`],
    ["and 29 more token checks a day by your back end", `${dollars(checks)} more`],
    ["or, in their place, 6 access tokens a day: an hour of use", `${dollars(tokens)} more`],
  ]);
  return { perMillion, month };
}

/** Returns the price of one request, by what is paid for. */
function partsOf({ writeUnits, readUnits, bytesOut }: Cost) {
  return {
    request: PRICE.request,
    kv: writeUnits * PRICE.writeUnit + readUnits * PRICE.readUnit,
    rest: rounded(bytesOut) / 1e9 * PRICE.gigabyteOut + CPU_MS / 3.6e6 * PRICE.cpuHour,
  };
}

function priceOf(cost: Cost): number {
  const { request, kv, rest } = partsOf(cost);
  return request + kv + rest;
}

function dollars(price: number): string {
  return `$${price < 100 ? price.toFixed(2) : Math.round(price).toLocaleString("en")}`;
}

/** Rounds bytes, so that a word more in an answer is no other price. */
function rounded(bytes: number): number {
  return Math.ceil(bytes / 200) * 200;
}
