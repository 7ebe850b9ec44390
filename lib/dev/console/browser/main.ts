/**
 * The console in the browser: plays what was chosen, and shows what came of it.
 *
 * @module
 */
import type { AmazonResult, PasswordResult } from "../../../client/mod.ts";
import { Device, now } from "./device.ts";
import { byId } from "./dom.ts";
import { type MailSummary, renderAccount, renderMails, type StoredAccount } from "./panels.ts";
import { cursorOf, type Key, keyOf, press, setCursor } from "./remote.ts";
import { scenarioOf } from "./scenarios.ts";
import { type Actions, type Memory, resultScreen, startScreen, waitingScreen } from "./screens.ts";
import { merge, renderChart, renderEvents, summaryOf } from "./timeline.ts";

const POLL_MS = 150;

const screen = byId("screen");
const customers = byId("customer") as HTMLSelectElement;
let visit = "";
let device: Device;
let memory: Memory = {};
const shown = new Map<string, string>();
let busy = 0;

const actions: Actions = {
  open: () => run(() => device.client.signInWithAmazon(device.appstore)),
  signUp: (typed) => run(() => device.client.signUp(typed)),
  signIn: ({ email, password }, ticket) =>
    run(() => device.client.signIn({ email, password, ...(ticket === null ? {} : { link_ticket: ticket }) })),
  signOut: () =>
    during(async () => {
      await device.client.signOut();
      show(startScreen(actions));
    }),
};

/** A new TV: nothing is stored on it, and nothing has happened. */
async function begin(id: string, customer?: string): Promise<void> {
  const scenario = scenarioOf(id);
  visit = crypto.randomUUID();
  const person = visit.replaceAll("-", "").slice(0, 16);
  customers.value = customer ?? scenario.customer;
  const choice = { scenario, customer: customers.value, person };
  device = new Device({ visit, ...choice });
  const chosen = document.querySelector<HTMLInputElement>(`input[value="${scenario.id}"]`);
  if (chosen) chosen.checked = true;
  show(startScreen(actions));
  const mine = device;
  await during(async () => {
    const before = await post("/dev/before", { ...choice, scenario: scenario.id }) as Memory;
    if (mine === device) memory = before;
  });
}

/** Shows the waiting screen until there is a result. */
async function run(work: () => Promise<AmazonResult | PasswordResult>): Promise<void> {
  // What comes of it is of this TV, and not of one that was chosen meanwhile.
  const mine = device;
  await during(async () => {
    show(waitingScreen());
    const result = await work();
    if (mine === device) show(resultScreen(result, { actions, memory }));
  });
}

/** Shows the timeline as it grows, until some work is done. */
async function during(work: () => Promise<void>): Promise<void> {
  busy++;
  byId("timeline").setAttribute("aria-busy", "true");
  const watch = setInterval(refresh, POLL_MS);
  try {
    await work();
  } finally {
    clearInterval(watch);
    await refresh();
    if (--busy === 0) byId("timeline").removeAttribute("aria-busy");
  }
}

async function refresh(): Promise<void> {
  const account = (await device.client.session())?.account.id;
  const query = new URLSearchParams({ visit, ...(account === undefined ? {} : { account }) });
  const mine = device;
  const state = await (await fetch(`/dev/state?${query}`)).json();
  if (mine !== device) return;
  const events = merge(device.events, state.events);
  renderChart(byId("chart"), events, now());
  renderChanged("events", events, renderEvents);
  renderChanged("account", state.account as StoredAccount | null, renderAccount);
  renderChanged("mails", state.mails as MailSummary[], renderMails);
  byId("summary").textContent = summaryOf(events);
}

/** What did not change stays as it is: unfolded, scrolled, selected. */
function renderChanged<T>(id: string, value: T, render: (place: HTMLElement, value: T) => void): void {
  const text = JSON.stringify(value);
  if (shown.get(id) === text) return;
  shown.set(id, text);
  render(byId(id), value);
}

function show(content: HTMLElement): void {
  const hadFocus = screen.contains(document.activeElement);
  screen.replaceChildren(content);
  document.body.dataset.screen = content.dataset.screen;
  const cursor = cursorOf(screen);
  setCursor(screen, cursor);
  if (hadFocus) cursor?.focus();
}

async function post(path: string, body: unknown): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  return await (await fetch(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

document.addEventListener("keydown", (event) => {
  const key = keyOf(event, screen);
  if (key === undefined) return;
  event.preventDefault();
  press(screen, key);
});
screen.addEventListener("focusin", ({ target }) => setCursor(screen, target as Element));
byId("remote").addEventListener("click", ({ target }) => {
  const key = (target as Element).closest<HTMLElement>("[data-key]")?.dataset.key;
  if (key === "home") begin(location.hash.slice(1), customers.value);
  else if (key === "restart") {
    device.restart();
    device.note("the app is opened again", "started");
    actions.open();
  } else if (key) press(screen, key as Key);
});
byId("scenarios").addEventListener("change", ({ target }) => {
  location.hash = (target as HTMLInputElement).value;
});
customers.addEventListener("change", () => begin(location.hash.slice(1), customers.value));
addEventListener("hashchange", () => begin(location.hash.slice(1)));
begin(location.hash.slice(1));
