/**
 * Japanese.
 *
 * @module
 */
import type { Texts } from "../en/mod.ts";
import { ACTIVATION } from "./activation.ts";
import { COMMON } from "./common.ts";
import { DELETION } from "./deletion.ts";
import { EMAIL } from "./email.ts";
import { MAILS } from "./mails.ts";
import { RESET } from "./reset.ts";

/** All texts in Japanese. */
export const JA: Texts = {
  common: COMMON,
  activation: ACTIVATION,
  reset: RESET,
  deletion: DELETION,
  email: EMAIL,
  mails: MAILS,
};
