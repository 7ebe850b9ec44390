/**
 * English, which is also the language of customers whose language we do not have.
 *
 * @module
 */
import { ACTIVATION } from "./activation.ts";
import { COMMON } from "./common.ts";
import { DELETION } from "./deletion.ts";
import { EMAIL } from "./email.ts";
import { MAILS } from "./mails.ts";
import { RESET } from "./reset.ts";

/** All texts in English. The other languages have the same shape. */
export const EN = {
  common: COMMON,
  activation: ACTIVATION,
  reset: RESET,
  deletion: DELETION,
  email: EMAIL,
  mails: MAILS,
};

/** The shape of all texts in every language. */
export type Texts = typeof EN;
