/**
 * Plays the app on one TV: what the customer does, and which screen it leads to. Runs in the browser.
 *
 * @module
 */
import type { AmazonResult, Entitlement, PasswordResult } from "../../../client/mod.ts";
import type { Actions } from "./forms.ts";
import { closePhone, openPhone } from "./phone.ts";
import { planList } from "./plans.ts";
import type { Scenario } from "./scenarios.ts";
import {
  codeScreen,
  type Offer,
  resultScreen,
  type ScreenContext,
  startScreen,
  waitingScreen,
} from "./screens.ts";
import type { Prepared } from "./state.ts";
import { Tv } from "./tv.ts";

/** What a play needs of the page. */
export interface Stage {
  /** Shows a screen. A play that has ended shows nothing. */
  show(play: Play, screen: HTMLElement): void;
  /** Keeps the panels up to date while the customer waits for some work. */
  watch(work: () => Promise<void>): Promise<void>;
}

/** The options of a play. */
export interface PlayOptions {
  /** What happens. */
  readonly scenario: Scenario;
  /** The name of one of the simulator's customers. */
  readonly customer: string;
  /** The page. */
  readonly stage: Stage;
  /** Tells the simulated Amazon that the app has fulfilled a purchase. */
  readonly fulfil: (visit: string, receiptId: string) => Promise<void>;
}

/** One TV from its box, and the customer in front of it. */
export class Play {
  /** The TV. */
  readonly tv: Tv;
  /** The id of this visit to the console. */
  readonly visit: string = crypto.randomUUID();
  /** Letters and digits that stand for one person. */
  readonly person: string = this.visit.replaceAll("-", "").slice(0, 16);
  /** What the customer's buttons do. */
  readonly actions: Actions;
  readonly #stage: Stage;
  #prepared: Promise<Prepared> = Promise.resolve({ receipts: [] });
  #entitlements: readonly Entitlement[] = [];
  #home: HTMLElement | null = null;
  #codePage: string | null = null;
  #phone = new AbortController();

  /** Takes a TV out of its box. */
  constructor({ scenario, customer, stage, fulfil }: PlayOptions) {
    const { visit, person } = this;
    this.#stage = stage;
    this.tv = new Tv({
      visit,
      scenario,
      customer,
      person,
      fulfil: (receiptId) => fulfil(visit, receiptId),
      onFulfilled: (fulfilled) =>
        this.#home?.querySelector(".plans")?.replaceWith(planList(this.#entitlements, fulfilled)),
    });
    this.actions = {
      open: () => this.#run(() => this.#signIn()),
      signUp: (values) => this.#run(() => this.#finish(this.tv.client.signUp(values))),
      signIn: ({ email, password }, ticket) => {
        const credentials = { email, password, ...(ticket === null ? {} : { link_ticket: ticket }) };
        return this.#run(() => this.#finish(this.tv.client.signIn(credentials)));
      },
      signOut: () => this.#run(() => this.#signOut()),
      typeInstead: (form) => {
        this.#leavePhone();
        this.#stage.show(this, form);
      },
    };
  }

  /** Shows the TV, and does what the customer has done before. */
  begin(prepare: () => Promise<Prepared>): Promise<void> {
    this.#stage.show(this, startScreen(this.actions));
    return this.#stage.watch(async () => {
      // Without the service the TV works all the same, so that one sees what it does then.
      this.#prepared = prepare().catch(() => ({ receipts: [] }));
      this.tv.appstore.receipts = (await this.#prepared).receipts;
    });
  }

  /** Closes the app and opens it again. */
  restart(): void {
    this.#leavePhone();
    this.tv.restartApp();
    this.actions.open();
  }

  /** Ends what this TV still waits for. */
  end(): void {
    this.#leavePhone();
  }

  /** Takes the phone out: on the page of the code that the TV shows, if it shows one. */
  takePhone(): void {
    openPhone(this.#codePage ?? `${location.origin}/activate`);
  }

  #run(work: () => Promise<void>): Promise<void> {
    this.#leavePhone();
    this.#home = null;
    return this.#stage.watch(async () => {
      this.#stage.show(this, waitingScreen());
      await work();
    });
  }

  async #signIn(): Promise<void> {
    await this.#prepared;
    const { client, appstore } = this.tv;
    const result = await client.signInWithAmazon(appstore);
    if ("activation" in result) return await this.#offerPhone(result);
    await this.#finish(Promise.resolve(result));
  }

  /** Shows the result. A device that was signed in before sends its receipts, as the others have done so already. */
  async #finish(work: Promise<Exclude<AmazonResult, Offer> | PasswordResult>): Promise<void> {
    const result = await work;
    const isSignedIn = result.outcome === "signed_in";
    this.#entitlements = isSignedIn ? result.entitlements ?? [] : [];
    if (isSignedIn && result.entitlements === undefined) {
      const synced = await this.tv.client.syncPurchases(this.tv.appstore);
      if (synced.outcome === "synced") this.#entitlements = synced.entitlements;
    }
    const screen = resultScreen(result, this.#context(await this.#prepared));
    this.#home = isSignedIn ? screen : null;
    this.#codePage = null;
    this.#stage.show(this, screen);
  }

  /** Shows the code, and goes on when the phone has approved this TV. Resolves when the code is on the screen. */
  async #offerPhone(offer: Offer): Promise<void> {
    const prepared = await this.#prepared;
    const { signal } = this.#phone;
    const shown = Promise.withResolvers<void>();
    const ended = this.tv.client.activate({
      ...offer.activation,
      signal,
      onCode: (code) => {
        if (signal.aborted) return;
        this.#stage.show(this, codeScreen(code, offer, this.#context(prepared)));
        this.#codePage = code.verification_uri_complete;
        this.takePhone();
        shown.resolve();
      },
    }).then((result) =>
      signal.aborted ? undefined : this.#stage.watch(() => this.#finish(Promise.resolve(result)))
    );
    await Promise.race([shown.promise, ended]);
  }

  async #signOut(): Promise<void> {
    await this.tv.client.signOut();
    this.#stage.show(this, startScreen(this.actions));
  }

  #leavePhone(): void {
    this.#phone.abort();
    this.#phone = new AbortController();
    this.#codePage = null;
    closePhone();
  }

  #context(prepared: Prepared): ScreenContext {
    const { actions, tv: { appstore: { fulfilled } } } = this;
    return { actions, prepared, fulfilled, entitlements: this.#entitlements };
  }
}
