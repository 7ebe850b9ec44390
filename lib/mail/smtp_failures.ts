/**
 * Tells whose fault it is that an SMTP server refuses a mail.
 *
 * @module
 */

/** The fields of a nodemailer error that are used here. The log never gets `response`. */
export interface SmtpFailure {
  /** The kind of the error, such as `EENVELOPE`. */
  readonly code?: string;
  /** The status of the server's answer. */
  readonly responseCode?: number;
  /** The command that the server answered, such as `RCPT TO`. */
  readonly command?: string;
  /** The whole answer of the server. */
  readonly response?: string;
}

/** The statuses of RFC 5321, 4.2.3, that are about a mailbox or a text. Others are about the session or the command. */
const ABOUT_THE_MAIL = [501, 550, 551, 552, 553, 554, 556];

/**
 * The enhanced statuses of RFC 3463 that are about the recipient's address, the recipient's mailbox or the text of the
 * mail. 1.7 and 1.8 are about the sender, 7 is about policy, and 3 to 5 are about the servers.
 */
const ABOUT_THE_RECIPIENT = /^(?:1\.(?:[1-6]|9|10)|2\.\d+|6\.\d+)$/;

/** The words of an answer about us: the sender, the sign-in, a missing permission to relay, or the name of our machine. */
const ABOUT_US = new RegExp(
  [
    "relay",
    "authenti",
    "authori[sz]",
    "permi(?:t|ssion)",
    "polic(?:y|ies)",
    "sender",
    "from address",
    "access denied",
    "prohibit",
    "administrativ",
    "not allowed to (?:send|use)",
    "blocked",
    "block(?:ed)? ?list",
    "blacklist",
    "spam",
    "reputation",
    "\\bspf\\b",
    "\\bdkim\\b",
    "\\bdmarc\\b",
    "\\brbl\\b",
    "\\bdnsbl\\b",
    "\\bip\\b",
    "\\bptr\\b",
    "reverse dns",
    "\\b(?:helo|ehlo)\\b",
    "\\btls\\b",
    "(?:rate|sending|daily|hourly) limit",
    "too many",
  ].join("|"),
  "i",
);

/**
 * Returns true when another try would be refused too: the server refuses the recipient or the text for good. Every other
 * refusal is a fault of our settings that the operator can correct, or passes by itself. So a mail is given up early only
 * when the answer leaves no doubt.
 *
 * A server can answer about the sender or a missing sign-in as late as to the recipient or to the text. It says so by the
 * enhanced status of its answer, or else by its words.
 */
export function isRecipientsFault(
  { code = "", responseCode = 0, command, response = "" }: SmtpFailure,
): boolean {
  if (!["EENVELOPE", "EMESSAGE"].includes(code) || command === "MAIL FROM") return false;
  if (!ABOUT_THE_MAIL.includes(responseCode)) return false;
  const [, enhanced] = /^\d{3}[ -]5\.(\d{1,3}\.\d{1,3})\b/.exec(response) ?? [];
  const decided = enhanced !== undefined && !/^[01]\.0$/.test(enhanced);
  return decided ? ABOUT_THE_RECIPIENT.test(enhanced) : !ABOUT_US.test(response);
}
