/**
 * Plays what customers do with passwords, links, phones and profiles, with secrets that a search finds.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { CUSTOMERS } from "../../lib/dev/simulator/customers.ts";
import { blockAccount } from "../../lib/operator/admin/blocking.ts";
import { parseLinkToken } from "../../lib/outbox/links.ts";
import { pathIn } from "./email_requests.ts";
import type { Answer } from "./leak_answers.ts";
import { linkIn } from "./mailed_links.ts";
import type { Secret } from "./secret_scan.ts";
import type { TestService } from "./test_service.ts";

/** A customer whose profile has changed at Amazon, and who takes the consent back. Returns the new email. */
export async function playProfileRefresh(
  service: TestService,
  record: (what: string, pending: Promise<Response>) => Promise<Answer>,
): Promise<Secret[]> {
  const { session_token: token } = await service.signedIn("noname.canary-code-refresh");
  const refresh = () => service.request("/v1/account/profile-refresh", { method: "POST", token });
  const email = "canary-refreshed@example.com";
  service.simulator.editProfile(CUSTOMERS.noname.profile("").user_id, { email, postal_code: "1" });
  const { text } = await record("refresh the profile", refresh());
  assert(text.includes(`"amazon_email":"${email}"`) && text.includes('"postal_code":"PC-canary-1"'));
  service.simulator.revokeRefreshTokens();
  const { outcome } = await record("refresh the profile in vain", refresh());
  assertEquals(outcome, "code_rejected");
  await record("delete a refreshed account", service.request("/v1/account", { method: "DELETE", token }));
  return [{ name: "email", text: email }];
}

/** A customer with a password, whose email the Amazon customers mork and twin have too. */
export async function playPasswords(
  service: TestService,
  record: (what: string, pending: Promise<Response>) => Promise<Answer>,
): Promise<void> {
  const { email = "", name, postal_code } = CUSTOMERS.mork.profile("");
  const account = { email, password: "canary-password-1", name, postal_code: `PC-canary-${postal_code}` };
  const signUp = (changes = {}) => service.send("POST", "/v1/accounts", { ...account, ...changes });
  const signIn = (changes = {}) => service.send("POST", "/v1/sessions", { ...account, ...changes });
  await record("sign up", signUp({ device: { name: "canary-device-name" } }));
  await record("sign up again", signUp());
  await record("sign up with a short password", signUp({ password: "canary" }));
  await record("sign up with no email", signUp({ email: "canary-password" }));
  await record("sign in with a wrong password", signIn({ password: "canary-password-2" }));
  const [mork, twin] = await Promise.all(["mork", "twin"].map(async (customer) => {
    const response = await service.signIn(`${customer}.canary-code-link`);
    return (await response.json()).link_ticket as string;
  }));
  await record("link with a made-up ticket", signIn({ link_ticket: `ocl_${"canary-code".repeat(4)}` }));
  await record("link", signIn({ link_ticket: mork }));
  await record("link a second customer", signIn({ link_ticket: twin }));
  const { session_token: token } = await (await signIn()).json();
  const change = { current_password: account.password, new_password: "canary-password-3" };
  await record("change the password", service.send("PUT", "/v1/account/password", change, { token }));
  await record("rename", service.send("PATCH", "/v1/account", { name }, { token }));
  const oneClick = await service.signedIn("noname.canary-code-temporary");
  await record(
    "unlink with a temporary password",
    service.request("/v1/account/amazon-link", { method: "DELETE", token: oneClick.session_token }),
  );
  await record(
    "delete the account",
    service.request("/v1/account", { method: "DELETE", token: oneClick.session_token }),
  );
  await record(
    "delete it again",
    service.request("/v1/account", { method: "DELETE", token: oneClick.session_token }),
  );
  await service.services.background.idle();
  const { config } = service.services;
  Object.assign(config, { registration: "closed" });
  await record("sign up when closed", signUp());
}

/** A one-click customer who opens mailed links, sets a password and deletes the account. Returns the links. */
export async function playMailedLinks(
  service: TestService,
  record: (what: string, pending: Promise<Response>) => Promise<Answer>,
): Promise<Secret[]> {
  const { account: { email }, session_token: token } = await service.signedIn(
    "returning.canary-code-mailed",
    {
      device: { name: "canary-device-name" },
    },
  );
  const submit = (path: string, fields: Record<string, string>) =>
    service.request(path, { method: "POST", body: new URLSearchParams(fields) });
  const links: Secret[] = [];
  const follow = async (to?: string): Promise<string> => {
    await service.runDueTasks();
    const mail = service.mails.findLast(({ to: [address] }) => address === to);
    const link = mail === undefined ? linkIn(service) : pathIn(mail);
    const linkToken = link.slice(link.lastIndexOf("/") + 1);
    // The link as the mail has it, without the account id; and the secret that is stored until the mail is sent.
    links.push({ name: "mailed link", text: linkToken.slice(-42) });
    links.push({ name: "mailed link's secret", text: parseLinkToken(linkToken)?.secret ?? "" });
    return link;
  };
  await record("ask for a password", service.send("POST", "/v1/password-resets", { email }));
  const reset = await follow();
  await record("open a reset", service.request(reset));
  const weak = { password: "canary-password-5", repeat: "canary-password-6", unlink: "on" };
  await record("choose two passwords", submit(reset, weak));
  await record("choose the email", submit(reset, { password: email, repeat: email }));
  const chosen = { password: "canary-password-4", repeat: "canary-password-4" };
  await record("choose a password from elsewhere", service.request(`${reset}/more`, { method: "POST" }));
  await record("choose a password", submit(reset, chosen));
  await record("choose a password again", submit(reset, chosen));
  const prove = () => service.request("/v1/account/email-verification", { method: "POST", token });
  await record("ask to prove the email", prove());
  const moved = "canary-moved@example.com";
  const change = { email: moved, current_password: chosen.password };
  const ask = (fields: Partial<typeof change>) =>
    service.send("PUT", "/v1/account/email", { ...change, ...fields }, { token });
  await record("change the email with a wrong password", ask({ current_password: "canary-password-8" }));
  await record("ask for a change of email", ask({}));
  const moving = await follow(moved);
  await record("open a change of email", service.request(moving));
  await record("change the email", submit(moving, {}));
  await record("change the email again", submit(moving, {}));
  await record("open a change of email that was made", service.request(moving));
  links.push({ name: "email", text: moved });
  await record("ask for a deletion", submit("/delete-account", { email: moved }));
  const deletion = await follow();
  await record("open a deletion", service.request(deletion));
  await record("delete", submit(deletion, { confirm: "yes" }));
  await record("delete again", submit(deletion, { confirm: "yes" }));
  await service.runDueTasks();
  return links;
}

/** TVs that are signed in from a phone, in every way, and one that is turned away. Returns their codes. */
export async function playActivations(
  service: TestService,
  record: (what: string, pending: Promise<Response>) => Promise<Answer>,
): Promise<Secret[]> {
  const secrets: Secret[] = [];
  const poll = (device_code: string) => service.send("POST", "/v1/sessions/activation", { device_code });
  const submit = (path: string, fields: Record<string, string>) =>
    service.request(path, { method: "POST", body: new URLSearchParams(fields) });
  const start = async () => {
    const body = { device: { name: "canary-device-name" }, prefill: { postal_code: "PC-canary-1" } };
    const { device_code, user_code } = await (await service.send("POST", "/v1/activations", body)).json();
    const scanned = await service.request(`/activate?code=${user_code}`);
    const token = scanned.headers.get("location")?.slice("activate/".length) ?? "";
    await scanned.body?.cancel();
    secrets.push({ name: "device code", text: device_code.slice("ocd_".length) });
    secrets.push({ name: "page token", text: token });
    secrets.push({ name: "user code", text: user_code }, {
      name: "user code",
      text: user_code.replace("-", ""),
    });
    return { device_code, user_code, path: `/activate/${token}` };
  };
  const email = "canary-phone@example.com";
  secrets.push({ name: "email", text: email });
  const typed = {
    email,
    password: "canary-password-7",
    name: "canary-device-owner",
    postal_code: "PC-canary-2",
  };
  const page = ["email", "device", "user code", "postal_code"];

  const first = await start();
  await record("ask for an activation", poll(first.device_code));
  await record("ask for an activation too soon", poll(first.device_code));
  await record("ask for an unknown activation", poll(`ocd_${"canary-code".repeat(4)}`));
  (await record("open the page of a TV", service.request(first.path))).allowed = page;
  await record("type a wrong code", submit("/activate", { code: "BCDF-GHJK" }));
  const sign_up = { ...typed, do: "sign_up" };
  (await record("sign up with a weak password", submit(first.path, { ...sign_up, password: email })))
    .allowed = page;
  await record("sign up on a phone", submit(first.path, sign_up));
  await record("sign up on a phone again", submit(first.path, sign_up));
  await record("open the page of a TV that is approved", service.request(first.path));
  const { text } = await record("ask for an approved activation", poll(first.device_code));
  const [accountId = ""] = /acc_[0-9a-f]{32}/.exec(text) ?? [];
  await record("ask for an approved activation again", poll(first.device_code));

  const second = await start();
  const wrong = { email, password: "canary-password-8", do: "sign_in" };
  (await record("a wrong password on a phone", submit(second.path, wrong))).allowed = page;
  await record("ask for a mail on a phone", submit(second.path, { email, do: "mail" }));
  await service.runDueTasks();
  const link = linkIn(service);
  secrets.push({ name: "mailed link", text: link.slice(-42) });
  secrets.push({ name: "mailed link's secret", text: parseLinkToken(link.slice(-64))?.secret ?? "" });
  (await record("open an approval", service.request(link))).allowed = page;
  await record("approve by mail", submit(link, { do: "approve" }));
  await record("approve by mail again", submit(link, { do: "approve" }));

  const third = await start();
  await record("deny a TV", submit(third.path, { do: "deny" }));
  await record("ask for a denied activation", poll(third.device_code));

  const fourth = await start();
  await record("sign in on a phone", submit(fourth.path, { ...typed, do: "sign_in" }));
  await blockAccount(service.services, accountId);
  await record("ask for an activation of a blocked account", poll(fourth.device_code));
  return secrets;
}
