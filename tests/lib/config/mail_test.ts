/** The settings of mail in the environment. */
import { assertEquals } from "@std/assert";
import { parseConfig } from "../../../lib/config/config.ts";
import { type Accepted, LEAST, type Refused, testAccepted, testRefused } from "../../support/config_cases.ts";

testAccepted([
  ...([
    ["smtp://mail.example", { url: "smtp://mail.example", user: "", password: "" }],
    ["smtps://mail.example:2465/", { url: "smtps://mail.example:2465", user: "", password: "" }],
    ["smtp://u%40app:p%2F%3A%25@mail.example", {
      url: "smtp://mail.example",
      user: "u@app",
      password: "p/:%",
    }],
    ["smtp://[::1]:25", { url: "smtp://[::1]:25", user: "", password: "" }],
    ["https://:re_key@api.resend.com/", { url: "https://api.resend.com", user: "", password: "re_key" }],
    ["http://:k@localhost:8000/dev/mail", { url: "http://localhost:8000/dev/mail", user: "", password: "k" }],
  ] as const).map(([MAIL_URL, server]): Accepted => [
    { MAIL_URL, MAIL_FROM: "a@app.example" },
    { mail: { server, from: { name: "", address: "a@app.example" }, hostName: "oneclick.example" } },
  ]),
  ...([
    ["My App <hello@app.example>", "My App", "hello@app.example"],
    ['  "App, Inc. (TV)"  <hello@app.example> ', "App, Inc. (TV)", "hello@app.example"],
    ["<hello@app.example>", "", "hello@app.example"],
    ["Käse 🧀 <Grüße@Bücher.example>", "Käse 🧀", "Grüße@xn--bcher-kva.example"],
  ] as const).map(([MAIL_FROM, name, address]): Accepted => [
    { MAIL_URL: "smtp://mail.example", MAIL_FROM },
    {
      mail: {
        server: { url: "smtp://mail.example", user: "", password: "" },
        from: { name, address },
        hostName: "oneclick.example",
      },
    },
  ]),
]);

testRefused([
  ...["mail.example", "ftp://mail.example", "smtp://", "http://mail.example", "smtp:mail.example"].map(
    mailUrlFault("must be smtp://, smtps:// or https:// (http:// only for this machine itself)"),
  ),
  ...["smtp://mail.example?tls=no", "https://:key@mail.example/#x"].map(
    mailUrlFault("must not have a query or a fragment"),
  ),
  ...["smtp://mail.example:0", "smtps://u:p@mail.example/inbox"].map(
    mailUrlFault("must be a host and a port alone: smtp://user:password@smtp.example.com:587"),
  ),
  ...["smtp://u%ZZ:p@mail.example", "smtp://u:%FF@mail.example"].map(
    mailUrlFault("must have user and password percent-encoded"),
  ),
  ...["smtp://user@mail.example", "smtps://:password@mail.example"].map(
    mailUrlFault("must have both user and password, or neither"),
  ),
  ...["https://api.resend.com", "https://re_key@api.resend.com", "https://user:key@api.resend.com"].map(
    mailUrlFault("must have the key of the mail API as its password: https://:key@api.resend.com"),
  ),
  ...[
    "hello",
    "My App",
    "hello@",
    "a@b@c",
    "My App <hello>",
    "My App <hello@app.example",
    'My "App" <hello@app.example>',
    "My App <a@app.example>, <b@app.example>",
    "My\r\nBcc: x <hello@app.example>",
    "My App <hello@app.example\u0000>",
  ].map((MAIL_FROM): Refused => [
    { MAIL_URL: "smtp://mail.example", MAIL_FROM },
    "MAIL_FROM must be an address, or a name and an address: My App <hello@example.com>",
  ]),
]);

function mailUrlFault(fault: string): (url: string) => Refused {
  return (url) => [{ MAIL_URL: url, MAIL_FROM: "a@app.example" }, `MAIL_URL ${fault}`];
}

const SMTP = { MAIL_URL: "smtp://mail.example", MAIL_FROM: "a@app.example" };

for (
  const [url, hostName] of [
    ["https://signin.example:8443/tv", "signin.example"],
    ["https://Anmeldung.Bücher.example", "anmeldung.xn--bcher-kva.example"],
    ["https://192.0.2.7", "[192.0.2.7]"],
    ["https://[2001:db8::1]:8443", "[IPv6:2001:db8::1]"],
    ["http://localhost:8000", "localhost"],
  ] as const
) {
  Deno.test(`parseConfig lets a service at ${url} greet mail servers as ${hostName}`, () => {
    assertEquals(parseConfig({ ...LEAST, ...SMTP, PUBLIC_URL: url }).mail?.hostName, hostName);
  });
}
