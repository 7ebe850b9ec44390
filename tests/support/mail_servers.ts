/**
 * Mail servers that listen: SMTP made with `smtp-server`, SMTP written here that hangs or closes the connection at a
 * given stage, and the HTTP API made with the development mailbox.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import PostalMime from "postal-mime";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { systemClock } from "../../lib/base/clock.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { createDevMailbox, MAILBOX_API_KEY } from "../../lib/dev/mailbox/mailbox.ts";
import type { MailConfig } from "../../lib/mail/mail_config.ts";

/** A mail that arrived, by SMTP or by the API. */
export interface Arrived {
  /** The header `From`. */
  readonly from: { readonly name: string; readonly address: string };
  /** The header `To`. */
  readonly to: string;
  /** The recipients of the envelope. */
  readonly recipients: readonly string[];
  /** The decoded header `Subject`. */
  readonly subject: string;
  /** The plain part. */
  readonly text: string;
  /** The HTML part. */
  readonly html: string;
  /** The header `Message-ID`. */
  readonly messageId: string;
  /** The header `Auto-Submitted`. */
  readonly autoSubmitted: string;
}

/** A mail server that listens. Dispose of it with `await using`. */
export interface MailServer extends AsyncDisposable {
  /** The `MAIL_URL` of the server. */
  readonly url: string;
  /** Every mail that the server took, oldest first. */
  readonly arrived: readonly Arrived[];
}

/** The status codes with which a server refuses mails, in turn, before it takes one. */
export type Refusals = readonly number[];

/** The user that the servers take. */
export const USER = "mailer";
/** The password of {@linkcode USER}. */
export const PASSWORD = "canary-p%40ss";

/** Serves SMTP on a free port of `host`. */
export async function serveSmtp(
  { host = "127.0.0.1", protocol = "smtp", at = "rcpt", refusals = [], enhanced = "", ...options }: {
    readonly host?: string;
    readonly protocol?: "smtp" | "smtps";
    /** The stage at which the server refuses. */
    readonly at?: "auth" | "mail" | "rcpt" | "data";
    readonly refusals?: Refusals;
    /** The enhanced status of a refusal (RFC 3463), such as "5.7.1 ". */
    readonly enhanced?: string;
  } & SMTPServerOptions = {},
): Promise<MailServer> {
  const arrived: Arrived[] = [];
  const left = [...refusals];
  /** Refuses with a text that has data of the request, as real servers do. */
  const refusal = (stage: typeof at) => {
    const responseCode = stage === at ? left.shift() : undefined;
    if (responseCode === undefined) return null;
    return Object.assign(
      new Error(`${enhanced}canary-answer to canary-recipient@example.com\n    at canary`),
      {
        responseCode,
      },
    );
  };
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    secure: protocol === "smtps",
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 100,
    onAuth: ({ username, password }, _, done) =>
      username === USER && password === decodeURIComponent(PASSWORD)
        ? done(refusal("auth"), { user: USER })
        : done(new Error("Wrong")),
    onMailFrom: (_, __, done) => done(refusal("mail")),
    onRcptTo: (_, __, done) => done(refusal("rcpt")),
    async onData(stream, { envelope }, done) {
      const raw = Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Buffer>));
      const no = refusal("data");
      if (no === null) arrived.push(await parse(raw, envelope.rcptTo.map(({ address }) => address)));
      done(no);
    },
    ...options,
  });
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.server.address() as { port: number };
  return {
    url: `${protocol}://${host.includes(":") ? `[${host}]` : host}:${port}`,
    arrived,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The stages of SMTP at which a server can stop: before the greeting, or before the answer to a command or the text. */
export const STAGES = ["connection", "EHLO", "MAIL", "RCPT", "DATA", "text"] as const;

/**
 * Serves SMTP up to a stage. Then the server sends nothing more, or closes the connection.
 *
 * @returns `heard`: the lines that the client sent; `closed`: resolves when the client closes the connection.
 */
export function serveSmtpUntil(
  stage: typeof STAGES[number],
  how: "hangs" | "hangs up",
):
  & { readonly url: string; readonly heard: readonly string[]; readonly closed: Promise<void> }
  & AsyncDisposable {
  const heard: string[] = [];
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closed = Promise.withResolvers<void>();
  const running = (async () => {
    using connection = await listener.accept();
    const say = (line: string) => connection.write(new TextEncoder().encode(`${line}\r\n`));
    if (stage !== "connection") await say("220 ready");
    else if (how === "hangs up") return;
    let text = "";
    let inText = false;
    let silent = stage === "connection";
    const bytes = new Uint8Array(65_536);
    for (;;) {
      const length = await connection.read(bytes).catch(() => null);
      if (length === null) return closed.resolve();
      text += new TextDecoder().decode(bytes.subarray(0, length));
      for (let end = text.indexOf("\r\n"); end >= 0 && !silent; end = text.indexOf("\r\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        heard.push(line);
        const now = inText ? (line === "." ? "text" : "") : line.slice(0, 4);
        if (now === stage && how === "hangs up") return;
        if (now === stage) silent = true;
        else if (now === "DATA") inText = await say("354 go on").then(() => true);
        else if (now !== "") await say("250 ok");
      }
    }
  })().catch(() => {});
  return {
    url: `smtp://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    heard,
    closed: closed.promise,
    async [Symbol.asyncDispose]() {
      listener.close();
      await running;
    },
  };
}

/** Serves the API on a free port of this machine. Refuses with statuses, or delays its answers. */
export function serveApi(
  { refusals = [], name, message = "canary-answer", hold }: {
    readonly refusals?: Refusals;
    /** The name of the error in the body of a refusal. Without it the body is not JSON. */
    readonly name?: string;
    /** The message of that error. */
    readonly message?: string;
    /** Delays every answer, after the mail is taken or before. */
    readonly hold?: { readonly taken: boolean; readonly until: Promise<void> };
  } = {},
): MailServer & { readonly keys: readonly (string | null)[] } {
  const mailbox = createDevMailbox({ clock: systemClock });
  const left = [...refusals];
  const keys: (string | null)[] = [];
  const closing = Promise.withResolvers<void>();
  const held = async () => await Promise.race([hold?.until, closing.promise]);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    keys.push(request.headers.get("idempotency-key"));
    if (hold?.taken === false) await held();
    const status = left.shift();
    if (status === undefined) {
      const response = await mailbox.fetch(request);
      if (hold?.taken) await held();
      return response;
    }
    const body = name === undefined ? "canary-answer" : JSON.stringify({ statusCode: status, name, message });
    return new Response(body, { status, headers: { location: "http://127.0.0.1:1/canary" } });
  });
  return {
    url: `http://:${MAILBOX_API_KEY}@127.0.0.1:${server.addr.port}`,
    keys,
    get arrived() {
      return mailbox.mails.toReversed().map(({ from, to, headers, subject, text, html }): Arrived => {
        const [, name = "", address = from] = /^"(.*)" <(.*)>$/.exec(from) ?? [];
        return {
          from: { name: name.replace(/\\(.)/g, "$1"), address },
          to: to.join(),
          recipients: to,
          subject,
          text,
          html,
          messageId: headers["Message-ID"] ?? "",
          autoSubmitted: headers["Auto-Submitted"] ?? "",
        };
      });
    },
    [Symbol.asyncDispose]() {
      closing.resolve();
      return server.shutdown();
    },
  };
}

/** Returns the configuration of mail for a `MAIL_URL`. */
export function mailConfig(url: string, from = "My App <hello@app.example>"): MailConfig {
  const { mail } = parseConfig({
    AMAZON_CLIENT_ID: "x",
    AMAZON_CLIENT_SECRET: "x",
    DATA_KEYS: `k1:${btoa("0".repeat(32))}`,
    PUBLIC_URL: "https://signin.example",
    MAIL_URL: url,
    MAIL_FROM: from,
  });
  if (mail === null) throw new Error("No mail is configured");
  return mail;
}

async function parse(raw: Buffer, recipients: string[]): Promise<Arrived> {
  const { from, to, subject = "", text = "", html = "", messageId = "", headers } = await PostalMime.parse(
    raw,
  );
  const autoSubmitted = headers.find(({ key }) => key === "auto-submitted")?.value ?? "";
  const address = { name: from?.name ?? "", address: from?.address ?? "" };
  const all = (to ?? []).map(({ address }) => address).join();
  return { from: address, to: all, recipients, subject, text, html, messageId, autoSubmitted };
}
