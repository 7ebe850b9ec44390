/**
 * `/activate`: the pages on which a customer signs a TV in from a phone. One step leads to the next by the token in the
 * address: of the page, or of a mailed link, which is longer.
 *
 * @module
 */
import { Problem } from "../../lib/base/problem.ts";
import { startDueTasksAt } from "../../lib/due_tasks.ts";
import { countCharacters, MOST_CHARACTERS, passwordRuleOf } from "../../lib/passwords/policy.ts";
import type { Services } from "../../lib/services.ts";
import { type ActivationView, findActivationPage, viewActivation } from "../../lib/sign_in/activation.ts";
import {
  approveByPassword,
  approveBySignUp,
  type Decision,
  denyActivation,
} from "../../lib/sign_in/activation_approval.ts";
import {
  approveByMail,
  denyByMail,
  requestActivationMail,
  viewMailedActivation,
} from "../../lib/sign_in/activation_mail.ts";
import { type AppContext, createRouter, type Router } from "../http/env.ts";
import { languageOfRequest } from "../http/language.ts";
import { clientOfRequest, smallBody } from "../http/middleware.ts";
import { typedText } from "../openapi/text.ts";
import type { TvFault } from "./activation_pages.tsx";
import { emailOf, readForm, refuseForeignForms } from "./forms.ts";

type Form = ReadonlyMap<string, string>;

const MOST_NAME_CHARACTERS = 256;
const MOST_POSTAL_CODE_CHARACTERS = 32;
/** The tokens of mailed links have 64 characters, those of pages 43. */
const MAILED_TOKEN = /^.{64}$/;

/**
 * Creates the routes of the pages. The code that renders them is imported with the first request: a cold start is
 * faster.
 */
export function activationPages(services: Services): Router {
  const router = createRouter();
  router.use("/activate", smallBody, refuseForeignForms(services.config));
  router.use("/activate/:token", smallBody, refuseForeignForms(services.config));
  router.get("/activate", (c) => openCode(services, c, c.req.query("code")));
  router.post("/activate", async (c) => openCode(services, c, (await readForm(c)).get("code") ?? ""));
  router.get("/activate/:token", async (c) => {
    const token = c.req.param("token");
    return MAILED_TOKEN.test(token) ? await showMailed(services, c, token) : await show(services, c, token);
  });
  router.post("/activate/:token", async (c) => {
    const form = await readForm(c);
    const token = c.req.param("token");
    return MAILED_TOKEN.test(token)
      ? await decideByMail(services, c, { token, form })
      : await decide(services, c, { token, form });
  });
  return router;
}

/** Leads from a code to the page of its TV; without a code, shows the form for one. */
async function openCode(services: Services, c: AppContext, typed: string | undefined): Promise<Response> {
  const { config } = services;
  const { renderCodeForm } = await import("./activation_code.tsx");
  const code = c.req.method === "GET" && typed?.trim() === "" ? undefined : typed;
  if (code === undefined) return renderCodeForm(c, config);
  if (code.trim() === "") return renderCodeForm(c, config, { refused: code });
  const token = await findActivationPage(services, { typed: code, client: clientOfRequest(c, config) });
  if (token === null) return renderCodeForm(c, config, { refused: code });
  c.header("Cache-Control", "no-store");
  return c.redirect(`activate/${token}`, 303);
}

/** Shows the TV of a page, or says why it cannot be signed in. */
async function show(services: Services, c: AppContext, token: string): Promise<Response> {
  const view = await viewActivation(services, token);
  if (view?.state !== "pending") return await showClosed(services, c, view);
  const { renderTv } = await import("./activation_pages.tsx");
  return renderTv(c, services.config, { view });
}

async function showMailed(services: Services, c: AppContext, token: string): Promise<Response> {
  const view = await viewMailedActivation(services, token);
  if (view?.state !== "pending") return await showClosed(services, c, view);
  const { renderMailedTv } = await import("./activation_pages.tsx");
  return renderMailedTv(c, services.config, { view });
}

async function showClosed(
  { config }: Services,
  c: AppContext,
  view: ActivationView | null,
): Promise<Response> {
  const { renderClosed } = await import("./activation_results.tsx");
  const state = view?.state ?? "unknown";
  // Nobody sees this page for a TV that waits.
  return renderClosed(c, config, { why: state === "approved" || state === "pending" ? "taken" : state });
}

/** A form that was sent from the page of a TV. */
interface Sent {
  readonly services: Services;
  readonly c: AppContext;
  readonly token: string;
  readonly form: Form;
}

/** Handles the forms of the page of a TV. */
async function decide(
  services: Services,
  c: AppContext,
  sent: Pick<Sent, "token" | "form">,
): Promise<Response> {
  const { token, form } = sent;
  const view = await viewActivation(services, token);
  if (view === null) return await showClosed(services, c, view);
  const all = { ...sent, services, c, view };
  switch (form.get("do")) {
    case "deny":
      return await showDecision(all, await denyActivation(services, token), "denied");
    case "mail":
      return view.state === "pending" ? await mailLink(all) : await showClosed(services, c, view);
    case "sign_up":
      return await signUp(all);
    case "sign_in":
    case "approve":
      return await signIn(all);
    default:
      throw new Problem("invalid_request", { detail: "The form says nothing that is known to do" });
  }
}

async function signIn(sent: Sent & { readonly view: ActivationView }): Promise<Response> {
  const { services, c, token, form } = sent;
  const email = emailOf(form);
  const password = form.get("password") ?? "";
  if (email === null) return await refuse(sent, { field: "email", why: "no_email" });
  if (password === "") return await refuse(sent, { field: "password", why: "no_password" });
  // No account has a longer password, so it is not hashed.
  if (countCharacters(password) > MOST_CHARACTERS) {
    return await refuse(sent, { field: "password", why: "wrong" });
  }
  try {
    const client = clientOfRequest(c, services.config);
    const credentials = { pageToken: token, email, password, client };
    return await showDecision(sent, await approveByPassword(services, credentials));
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "invalid_credentials") throw error;
    return await refuse(sent, { field: "password", why: "wrong" });
  }
}

async function signUp(sent: Sent & { readonly view: ActivationView }): Promise<Response> {
  const { services, c, token, form, view } = sent;
  const email = emailOf(form);
  const password = form.get("password") ?? "";
  if (email === null) return await refuse(sent, { field: "new-email", why: "no_email" });
  if (password === "") return await refuse(sent, { field: "new-password", why: "empty" });
  try {
    const decision = await approveBySignUp(services, {
      pageToken: token,
      email,
      password,
      name: plainText(form.get("name"), MOST_NAME_CHARACTERS),
      postalCode: plainText(form.get("postal_code"), MOST_POSTAL_CODE_CHARACTERS),
      language: view.device.language ?? languageOfRequest(c),
      client: clientOfRequest(c, services.config),
    });
    return await showDecision(sent, decision);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    switch (error.code) {
      case "weak_password":
        return await refuse(sent, { field: "new-password", why: passwordRuleOf(error) });
      case "email_taken":
        return await refuse(sent, { field: "new-email", why: "taken" });
      default:
        throw error;
    }
  }
}

async function mailLink(sent: Sent): Promise<Response> {
  const { services, c, token, form } = sent;
  const email = emailOf(form);
  if (email === null) return await refuse(sent, { field: "email", why: "no_email" });
  const client = clientOfRequest(c, services.config);
  const language = languageOfRequest(c);
  const dueAt = await requestActivationMail(services, { pageToken: token, email, client, language });
  startDueTasksAt(services, dueAt);
  const { renderMailSent } = await import("./mail_sent_page.tsx");
  return renderMailSent(c, services.config, { email, ofTv: true });
}

/** Handles the forms of the page of a mailed link. */
async function decideByMail(
  services: Services,
  c: AppContext,
  { token, form }: Pick<Sent, "token" | "form">,
): Promise<Response> {
  const view = await viewMailedActivation(services, token);
  if (view === null) return await showClosed(services, c, view);
  switch (form.get("do")) {
    case "deny":
      return await showDecision({ services, c, view }, await denyByMail(services, token), "denied");
    case "approve":
      return await showDecision(
        { services, c, view },
        await approveByMail(services, { token, claim: form.has("claim") }),
      );
    default:
      throw new Problem("invalid_request", { detail: "The form says nothing that is known to do" });
  }
}

async function showDecision(
  { services: { config }, c, view }: Pick<Sent, "services" | "c"> & { readonly view: ActivationView },
  decision: Decision,
  asked: "approved" | "denied" = "approved",
): Promise<Response> {
  const { renderApproved, renderClosed } = await import("./activation_results.tsx");
  if (decision.is === "approved") return renderApproved(c, config, { ...decision, device: view.device });
  return renderClosed(c, config, { why: decision.is, done: asked === decision.is });
}

/** Shows the page of a TV again, with what is wrong with its form. A TV that was decided meanwhile has no form. */
async function refuse({ services, c, token, form }: Sent, fault: TvFault): Promise<Response> {
  const view = await viewActivation(services, token);
  if (view?.state !== "pending") return await showClosed(services, c, view);
  const { renderTv } = await import("./activation_pages.tsx");
  const { password: _, ...typed } = Object.fromEntries(form);
  return renderTv(c, services.config, { view, faults: [fault], typed });
}

/**
 * Reads an optional text of one line, as `POST /v1/accounts` does.
 *
 * @throws {Problem} `invalid_request` when the field of our form does not take the text
 */
function plainText(typed: string | undefined, most: number): string | null {
  const { data, success } = typedText(most).safeParse(typed ?? "");
  if (!success) throw new Problem("invalid_request");
  return data;
}
