/** What both transports do alike, with servers that listen. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { deliveryAddress, parseEmail } from "../../../lib/base/email.ts";
import { MailDelayedError, MailRefusedError } from "../../../lib/mail/outgoing_mail.ts";
import { MAY_RUN } from "../../support/child_process.ts";
import { type MailServer, type Refusals, serveApi, serveSmtp } from "../../support/mail_servers.ts";
import { assertSaysNothing, MAIL, send } from "../../support/sent_mails.ts";

const ignore = !MAY_RUN;

/** A text with a line that is too long for SMTP, and with characters that have a meaning in SMTP. */
const ODD = `.\r\n.leading dot\n${"ü".repeat(600)}${"x".repeat(1200)}\n=3D\t \n🔑\n`;

interface Way {
  readonly name: string;
  readonly serve: (
    options?: { readonly refusals?: Refusals; readonly lenientAddressParsing?: boolean },
  ) => Promise<MailServer> | MailServer;
  /** The statuses that mean "later". */
  readonly later: readonly number[];
  /** The statuses that mean "never". */
  readonly never: readonly number[];
}

const WAYS: readonly Way[] = [
  { name: "SMTP", serve: serveSmtp, later: [421, 450, 451, 452], never: [550, 551, 552, 553, 554] },
  {
    name: "the mail API",
    serve: serveApi,
    later: [301, 307, 308, 401, 403, 404, 409, 429, 451, 500, 502, 503],
    never: [400, 413, 422],
  },
];

for (const { name, serve, later, never } of WAYS) {
  Deno.test({
    name: `a mail by ${name} arrives with names, subject and both parts as they were written`,
    ignore,
    async fn() {
      const from = [
        ["My App <hello@app.example>", "My App"],
        ["hello@app.example", ""],
        ["Käse & Söhne 🧀 <hello@app.example>", "Käse & Söhne 🧀"],
        ["\"App, Inc. (TV); \\ 'x'\" <hello@app.example>", "App, Inc. (TV); \\ 'x'"],
        ["مشاهدة テレビ <hello@app.example>", "مشاهدة テレビ"],
      ] as const;
      await using server = await serve();
      for (const [mailbox, shown] of from) {
        const id = crypto.randomUUID();
        const mail = { ...MAIL, id, subject: `Choose a password for Käse "🧀" ${"é".repeat(64)}`, text: ODD };
        await send(server.url, mail, { from: mailbox });
        const arrived = server.arrived.at(-1);
        assertEquals({ ...arrived, text: "", html: arrived?.html.trimEnd() }, {
          from: { name: shown, address: "hello@app.example" },
          to: MAIL.to,
          recipients: [MAIL.to],
          subject: mail.subject,
          text: "",
          html: MAIL.html,
          messageId: `<${id}@app.example>`,
          autoSubmitted: "auto-generated",
        });
        assertEquals(lines(arrived?.text), lines(ODD));
      }
    },
  });

  Deno.test({
    name: `a mail by ${name} to an address with stray dots arrives there`,
    ignore,
    async fn() {
      await using server = await serve({ lenientAddressParsing: true });
      for (const typed of ["a..b@docomo.ne.jp", "a.@docomo.ne.jp", ".a@docomo.ne.jp"]) {
        const to = deliveryAddress(parseEmail(typed)!);
        await send(server.url, { ...MAIL, id: crypto.randomUUID(), to });
        assertEquals(server.arrived.at(-1)?.recipients.map((recipient) => recipient.replaceAll('"', "")), [
          typed,
        ]);
      }
    },
  });

  Deno.test({
    name: `a mail by ${name} cannot smuggle in another header, recipient or mail`,
    ignore,
    async fn() {
      await using server = await serve();
      const bad = [
        "\r\nBcc: canary@evil.example",
        "\nX-Evil: 1",
        "\0",
        "\r\n.\r\nMAIL FROM:<canary@evil.example>",
      ];
      for (const evil of bad) {
        const mail = { ...MAIL, subject: `Hello${evil}` };
        await send(server.url, mail).catch((error) => assert(error instanceof Error));
        await send(server.url, { ...MAIL, to: `vera@example.com${evil}` }).catch(() => {});
        await send(server.url, { ...MAIL, to: `vera@example.com>,<canary@evil.example` }).catch(() => {});
      }
      for (const { recipients, to, from } of server.arrived) {
        assert(recipients.length === 1 && !/evil/.test(from.address), `${recipients} ${to}`);
        assert(
          name !== "SMTP" || recipients.every((recipient) => !/^canary/.test(recipient)),
          `${recipients}`,
        );
      }
    },
  });

  Deno.test({
    name: `a mail by ${name} that is refused for now is delayed, and taken later with the same Message-ID`,
    ignore,
    async fn() {
      for (const status of later) {
        await using server = await serve({ refusals: [status] });
        const error = await assertRejects(() => send(server.url), MailDelayedError);
        assertSaysNothing(error);
        assert(error.message.includes(String(status)), error.message);
        await send(server.url);
        assertEquals(server.arrived.map(({ messageId }) => messageId), ["<0123456789abcdef@app.example>"]);
      }
    },
  });

  Deno.test({
    name: `a mail by ${name} that is refused for good is a MailRefusedError`,
    ignore,
    async fn() {
      for (const status of never) {
        await using server = await serve({ refusals: [status] });
        assertSaysNothing(await assertRejects(() => send(server.url), MailRefusedError, String(status)));
      }
    },
  });

  Deno.test({
    name: `a mail by ${name} to a port without a server is delayed`,
    ignore,
    async fn() {
      const { url } = await (async () => {
        await using server = await serve();
        return server;
      })();
      assertSaysNothing(await assertRejects(() => send(url), MailDelayedError));
    },
  });
}

function lines(text = ""): string[] {
  return text.trimEnd().split(/\r?\n/);
}
