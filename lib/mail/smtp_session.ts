/**
 * One connection to an SMTP server.
 *
 * @module
 */
import { connect, type Socket } from "node:net";
import type { Readable } from "node:stream";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { isThisMachine } from "../base/hosts.ts";
import type { MailConfig } from "./mail_config.ts";

const CONNECT_WITHIN_MS = 10_000;
/** Long, because a server may look for spam and viruses before it responds. */
const RESPOND_WITHIN_MS = 25_000;
const CLOSE_WITHIN_MS = 1000;

/** The addresses of a message, as the server gets them. */
export interface MailEnvelope {
  /** The sender; false for a message without one. */
  readonly from: string | false;
  /** The recipients. */
  readonly to: string[];
}

/**
 * A connection to the SMTP server of the configuration. Each step rejects with nodemailer's error when the server
 * refuses it, the connection fails or the signal ends the try. Dispose of it with `using`.
 */
export class SmtpSession implements Disposable {
  readonly #config: MailConfig;
  readonly #signal: AbortSignal;
  readonly #failed = Promise.withResolvers<never>();
  readonly #end = () => this.#failed.reject(timeout("The try took too long"));
  #socket: Socket | null = null;
  #connection: SMTPConnection | null = null;

  /** Connects with {@linkcode SmtpSession.open}, and not before. */
  constructor(config: MailConfig, signal: AbortSignal) {
    this.#config = config;
    this.#signal = signal;
    // Each step tells the failure. Without a step nobody waits for it.
    this.#failed.promise.catch(() => {});
    signal.addEventListener("abort", this.#end);
    if (signal.aborted) this.#end();
  }

  /**
   * Connects, greets the server and upgrades the connection to TLS.
   *
   * @returns `smtpUtf8`: whether the server takes addresses with letters beyond ASCII (RFC 6531).
   */
  async open(): Promise<{ readonly smtpUtf8: boolean }> {
    const { server, hostName } = this.#config;
    const url = new URL(server.url);
    const secure = url.protocol === "smtps:";
    const local = isThisMachine(url);
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    const port = url.port === "" ? (secure ? 465 : 587) : Number(url.port);
    const socket = await this.#connect(host, port);
    const connection = new SMTPConnection({
      host,
      port,
      secure,
      connection: socket,
      // Without a name nodemailer asks Deno for the name of this machine, which is a permission of its own.
      name: hostName,
      requireTLS: !secure && !local,
      // A server on this machine seldom has a certificate that an authority has signed.
      ignoreTLS: local,
      connectionTimeout: CONNECT_WITHIN_MS,
      greetingTimeout: CONNECT_WITHIN_MS,
      socketTimeout: RESPOND_WITHIN_MS,
      socketCloseTimeout: CLOSE_WITHIN_MS,
    });
    this.#connection = connection;
    connection.on("error", (error: Error) => this.#failed.reject(error));
    await this.#step((done) => connection.connect(done));
    // The last response is that to EHLO, which lists the extensions.
    return { smtpUtf8: /^250[ -]SMTPUTF8\b/im.test(connection.lastServerResponse || "") };
  }

  /** Signs in if the configuration has a user. It fails when the server offers no sign-in. */
  async signIn(): Promise<void> {
    const { user, password } = this.#config.server;
    if (user === "") return;
    await this.#step((done) => this.#connection?.login({ credentials: { user, pass: password } }, done));
  }

  /** Sends a message from an address to others. */
  async send(envelope: MailEnvelope, message: Readable): Promise<void> {
    await this.#step((done) => this.#connection?.send(envelope, message, done));
  }

  /** Connects by itself: nodemailer asks Deno for the network interfaces of this machine to look a host up. */
  async #connect(host: string, port: number): Promise<Socket> {
    const socket = connect({ host, port, autoSelectFamily: true });
    this.#socket = socket;
    const timer = setTimeout(() => socket.destroy(timeout("No connection in time")), CONNECT_WITHIN_MS);
    try {
      await this.#step((done) => socket.once("error", done).once("connect", () => done()));
    } finally {
      clearTimeout(timer);
    }
    return socket;
  }

  async #step(begin: (done: (error?: Error | null) => void) => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    begin((error) => error ? reject(error) : resolve());
    await Promise.race([this.#failed.promise, promise]);
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#signal.removeEventListener("abort", this.#end);
    if (this.#connection === null) this.#socket?.destroy();
    else this.#connection.close();
  }
}

function timeout(message: string): Error {
  return Object.assign(new Error(message), { code: "ETIMEDOUT" });
}
