/** Mails by SMTP, with servers that listen. */
import os from "node:os";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MailDelayedError, MailRefusedError } from "../../../lib/mail/outgoing_mail.ts";
import { certify } from "../../support/certificates.ts";
import { LOCKED, MAY_RUN } from "../../support/child_process.ts";
import { PASSWORD, serveSmtp, serveSmtpUntil, STAGES, USER } from "../../support/mail_servers.ts";
import { assertSaysNothing, MAIL, send } from "../../support/sent_mails.ts";

const ignore = !MAY_RUN;

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
