/** Both transports, and then SMTP alone, with servers that listen. */
import os from "node:os";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MAILBOX_API_KEY } from "../../../lib/dev/mailbox/mailbox.ts";
import { MailDelayedError, MailRefusedError, type OutgoingMail } from "../../../lib/mail/outgoing_mail.ts";
import { systemClock } from "../../../lib/base/clock.ts";
import { deliveryAddress, parseEmail } from "../../../lib/base/email.ts";
import { createTransport } from "../../../lib/mail/transports.ts";
import { LOCKED, MAY_RUN } from "../../support/child_process.ts";
import { certify } from "../../support/certificates.ts";
import {
  mailConfig,
  type MailServer,
  PASSWORD,
  type Refusals,
  serveApi,
  serveSmtp,
  serveSmtpUntil,
  STAGES,
  USER,
} from "../../support/mail_servers.ts";

const ignore = !MAY_RUN;
const MAIL: OutgoingMail = {
  id: "0123456789abcdef",
  to: "vera@example.com",
  subject: "Choose a password",
  text: "Choose:\nhttps://signin.example/reset/abc\n",
  html: "<!DOCTYPE html><p>Choose</p>",
};
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

Deno.test({
  name: "a mail by the mail API whose text changed after an attempt that was taken counts as sent",
  ignore,
  async fn() {
    await using server = serveApi();
    await send(server.url);
    await send(server.url, { ...MAIL, subject: "Choose another password" });
    assertEquals(server.arrived.map(({ subject }) => subject), [MAIL.subject]);
  },
});

Deno.test({
  name: "a mail by the mail API is delayed while another attempt is under way or its sender is refused",
  ignore,
  async fn() {
    const rows = [
      [409, "concurrent_idempotent_requests", "did not take it: 409"],
      [422, "invalid_from_address", "does not take MAIL_FROM: 422"],
      [403, "invalid_from_address", "does not take MAIL_FROM: 403"],
      [422, "validation_error", "does not take MAIL_FROM: 422", "Invalid `from` field, canary-answer"],
      [
        403,
        "validation_error",
        "does not take MAIL_FROM: 403",
        "The app.example domain is not verified. canary-answer",
      ],
      [
        400,
        "validation_error",
        "does not take MAIL_FROM: 400",
        "You can only send testing emails to canary@example.com",
      ],
    ] as const;
    for (const [status, name, said, message] of rows) {
      await using server = serveApi({
        refusals: [status],
        name,
        ...(message === undefined ? {} : { message }),
      });
      assertSaysNothing(await assertRejects(() => send(server.url), MailDelayedError, said));
      await send(server.url);
      assertEquals(server.arrived.length, 1);
    }
  },
});

Deno.test({
  name: "a mail by the mail API is refused for good by an answer about its recipient",
  ignore,
  async fn() {
    await using server = serveApi({
      refusals: [422],
      name: "validation_error",
      message: "Invalid `to` field, canary",
    });
    assertSaysNothing(await assertRejects(() => send(server.url), MailRefusedError, "422"));
  },
});

Deno.test({
  name:
    "a mail by the mail API ends with its signal when the API hangs, and carries its id as Idempotency-Key",
  ignore,
  async fn() {
    const ends = new AbortController();
    // The attempt ends when the API has the request, however long a busy machine needs for that.
    const until = { then: () => ends.abort() } as unknown as Promise<void>;
    await using server = serveApi({ hold: { taken: false, until } });
    const error = await assertRejects(
      () => send(server.url, MAIL, { signal: ends.signal }),
      MailDelayedError,
    );
    assertSaysNothing(error);
    assertEquals(server.keys, [MAIL.id]);
  },
});

/** Answers of real servers: the stage, the status, the answer, and whether another try would be refused too. */
const REFUSALS: readonly (readonly ["auth" | "mail" | "rcpt" | "data", number, string, boolean])[] = [
  ["rcpt", 550, "5.1.1 The email account that you tried to reach does not exist", true],
  ["rcpt", 550, "5.2.1 The email account that you tried to reach is disabled", true],
  ["rcpt", 552, "5.2.2 Mailbox full", true],
  ["rcpt", 556, "5.1.10 Recipient address has a null MX", true],
  ["rcpt", 550, "No such user here", true],
  ["rcpt", 550, "Requested action not taken: mailbox unavailable", true],
  ["rcpt", 553, "Requested action not taken: mailbox name not allowed", true],
  ["rcpt", 551, "User not local; please try <forward-path>", true],
  ["rcpt", 501, "5.1.3 Bad recipient address syntax", true],
  ["rcpt", 550, "5.0.0 Unknown user", true],
  ["data", 554, "Transaction failed", true],
  ["data", 552, "Message size exceeds fixed maximum message size", true],
  ["data", 554, "5.6.0 Message could not be read", true],
  // Faults of our settings. Many servers tell them only here.
  ["rcpt", 550, "relay not permitted", false],
  ["rcpt", 550, "Relaying denied", false],
  ["rcpt", 554, "<vera@example.com>: Relay access denied", false],
  ["rcpt", 554, "5.7.1 Relay access denied", false],
  ["rcpt", 550, "5.7.60 Client does not have permissions to send as this sender", false],
  ["rcpt", 550, "5.1.8 Sender address rejected: Domain not found", false],
  ["rcpt", 550, "5.1.7 Bad sender's mailbox address", false],
  ["rcpt", 553, "5.0.0 Sender address rejected: not owned by user", false],
  ["rcpt", 550, "SMTP authentication is required", false],
  ["rcpt", 530, "Must issue a STARTTLS command first", false],
  ["rcpt", 535, "Wrong", false],
  ["rcpt", 503, "Bad sequence of commands", false],
  ["rcpt", 550, "Sender verify failed", false],
  ["rcpt", 550, "Your IP address is listed by zen.spamhaus.org", false],
  ["rcpt", 554, "Helo command rejected: need a name", false],
  ["rcpt", 550, "5.4.5 Daily user sending limit exceeded", false],
  ["rcpt", 554, "5.3.2 System not accepting network messages", false],
  ["data", 550, "relay not permitted", false],
  ["data", 550, "5.7.26 This mail is unauthenticated: SPF and DKIM did not pass", false],
  ["data", 554, "Message rejected because of its sender's DMARC policy", false],
  ["mail", 550, "No such user", false],
  ["mail", 554, "5.1.1 No such user", false],
  ["auth", 554, "", false],
];

for (const [at, status, answer, forGood] of REFUSALS) {
  Deno.test({
    name: `a mail by SMTP is ${
      forGood ? "refused for good" : "delayed"
    } by ${status} ${answer} at the stage ${at}`,
    ignore,
    async fn() {
      await using server = await serveSmtp({ at, refusals: [status], enhanced: `${answer} ` });
      const url = server.url.replace("//", `//${USER}:${PASSWORD}@`);
      const expected = forGood ? MailRefusedError : MailDelayedError;
      assertSaysNothing(await assertRejects(() => send(url), expected, String(status)));
      assertEquals(server.arrived, []);
      await send(url);
      assertEquals(server.arrived.length, 1);
    },
  });
}

Deno.test({
  name: "a mail by SMTP greets with the host of PUBLIC_URL, and asks Deno for nothing about this machine",
  ignore,
  async fn() {
    const { hostname, networkInterfaces } = os;
    await using silent = serveSmtpUntil("MAIL", "hangs up");
    // The server's package would ask too, for the name in its greeting.
    await using server = await serveSmtp({ name: "mail.example" });
    const asked: string[] = [];
    try {
      // Deno asks for a permission when one of these is called, and production does not have it.
      os.hostname = () => String(asked.push("hostname"));
      os.networkInterfaces = () => (asked.push("networkInterfaces"), {});
      await assertRejects(() => send(silent.url), MailDelayedError);
      await send(server.url.replace("127.0.0.1", "localhost"));
    } finally {
      Object.assign(os, { hostname, networkInterfaces });
    }
    assertEquals(silent.heard[0], "EHLO signin.example");
    assertEquals([server.arrived.length, asked], [1, []]);
  },
});

Deno.test({
  name:
    "a mail by SMTP goes to an address beyond ASCII with SMTPUTF8 alone, and is else given up with the reason",
  ignore,
  async fn() {
    const mail = { ...MAIL, to: "jörg@example.com" };
    const beyond = { from: "Grüße@app.example" };
    await using able = await serveSmtp();
    await send(able.url, mail);
    await send(able.url, MAIL, beyond);
    assertEquals(able.arrived.map(({ recipients }) => recipients[0]), ["jörg@example.com", MAIL.to]);
    await using unable = await serveSmtp({ hideSMTPUTF8: true });
    const url = unable.url.replace("//", `//${USER}:${PASSWORD}@`);
    for (const one of [unable.url, url]) {
      assertSaysNothing(await assertRejects(() => send(one, mail), MailRefusedError, "no SMTPUTF8"));
      assertSaysNothing(await assertRejects(() => send(one, MAIL, beyond), MailDelayedError, "MAIL_FROM"));
    }
    assertEquals(unable.arrived, []);
    await send(unable.url);
    assertEquals(unable.arrived.length, 1);
  },
});

Deno.test({
  name:
    "a mail by SMTP signs in with user and password, and is delayed when they are wrong or AUTH is not offered",
  ignore,
  async fn() {
    await using server = await serveSmtp({ authOptional: false });
    const at = (user: string) => server.url.replace("//", `//${user}@`);
    await send(at(`${USER}:${PASSWORD}`));
    assertEquals(server.arrived.length, 1);
    assertSaysNothing(await assertRejects(() => send(at(`${USER}:canary-wrong`)), MailDelayedError, "EAUTH"));
    await using open = await serveSmtp({ disabledCommands: ["AUTH"] });
    const url = open.url.replace("//", `//${USER}:${PASSWORD}@`);
    assertSaysNothing(await assertRejects(() => send(url), MailDelayedError));
    assertEquals(open.arrived, []);
  },
});

for (const how of ["hangs", "hangs up"] as const) {
  for (const stage of STAGES) {
    Deno.test({
      name:
        `a mail by SMTP is delayed and its connection closed when the server ${how} before its answer at the stage ${stage}`,
      ignore,
      async fn() {
        await using server = serveSmtpUntil(stage, how);
        const start = performance.now();
        assertSaysNothing(
          await assertRejects(() => send(server.url, MAIL, { endsAfterMs: 300 }), MailDelayedError),
        );
        if (how === "hangs") await server.closed;
        assert(performance.now() - start < 5000, "The signal did not end the attempt");
      },
    });
  }
}

Deno.test({
  name:
    "a mail by SMTP to this machine stays plain, also when the server offers a certificate of an unknown authority",
  ignore,
  async fn() {
    const { server: certified } = certify("127.0.0.1");
    for (const host of ["127.0.0.1", "::1"]) {
      await using server = await serveSmtp({ host, ...certified });
      await send(server.url);
      assertEquals(server.arrived.length, 1);
    }
  },
});

/** An address of this machine to which a connection needs TLS. */
const ELSEWHERE = "127.0.0.2";

Deno.test({
  name:
    "a mail by SMTP is not sent to another machine without TLS, nor with a certificate of an unknown authority",
  ignore,
  async fn() {
    const { server: certified } = certify(ELSEWHERE);
    const servers = [
      { hideSTARTTLS: true },
      certified,
      { ...certified, protocol: "smtps" as const },
      { hideSTARTTLS: true, disabledCommands: ["STARTTLS"] },
    ];
    for (const options of servers) {
      await using server = await serveSmtp({ host: ELSEWHERE, ...options });
      const url = server.url.replace("//", `//${USER}:${PASSWORD}@`);
      assertSaysNothing(await assertRejects(() => send(url), MailDelayedError));
      assertEquals(server.arrived, []);
    }
  },
});

Deno.test({
  name: "a mail by SMTP is sent by STARTTLS and by TLS with a certificate of an authority in DENO_CERT",
  ignore,
  // The package of the server leaves a timer behind when the process of the client has ended.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const { authority, server: certified } = certify(ELSEWHERE);
    const other = certify("127.0.0.3");
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/authority.pem`, authority + other.authority);
      for (const protocol of ["smtp", "smtps"] as const) {
        await using right = await serveSmtp({ host: ELSEWHERE, protocol, ...certified });
        await using misnamed = await serveSmtp({ host: ELSEWHERE, protocol, ...other.server });
        const outcomes = await sendElsewhere([right.url, misnamed.url], `${folder}/authority.pem`);
        assertEquals(outcomes.map((outcome) => outcome.split(":")[0]), ["sent", "MailDelayedError"]);
        assertEquals([right.arrived.length, misnamed.arrived.length], [1, 0]);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Sends {@linkcode MAIL} by a process that trusts other authorities, and returns its outcome for each URL. */
async function sendElsewhere(urls: string[], authorities: string): Promise<string[]> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--quiet",
      "-A",
      ...LOCKED,
      "tests/process/send_mails.ts",
      JSON.stringify(MAIL),
      ...urls,
    ],
    env: { DENO_CERT: authorities },
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  assertEquals(lines.length, urls.length, new TextDecoder().decode(stderr));
  return lines;
}

async function send(
  url: string,
  mail: OutgoingMail = MAIL,
  { from, endsAfterMs = 20_000, signal }: {
    readonly from?: string;
    readonly endsAfterMs?: number;
    readonly signal?: AbortSignal;
  } = {},
): Promise<void> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), endsAfterMs);
  try {
    const transport = createTransport(mailConfig(url, from), { fetch, clock: systemClock });
    await transport(mail, signal ?? controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Asserts that message, stack and cause of an error have nothing of the mail, the server's answer or a secret. */
function assertSaysNothing(error: Error): void {
  const said = Deno.inspect(error, { depth: 10 }) + JSON.stringify(error);
  for (
    const secret of ["canary", "vera@", "hello@", PASSWORD, decodeURIComponent(PASSWORD), MAILBOX_API_KEY]
  ) {
    assert(!said.includes(secret), said);
  }
}

function lines(text = ""): string[] {
  return text.trimEnd().split(/\r?\n/);
}
