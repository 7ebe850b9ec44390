/**
 * Portuguese.
 *
 * @module
 */
import type { Texts } from "../en/mod.ts";
import { COMMON } from "./common.ts";
import { DELETION } from "./deletion.ts";
import { MAILS } from "./mails.ts";
import { RESET } from "./reset.ts";

/** All texts in Portuguese. */
export const PT: Texts = { common: COMMON, reset: RESET, deletion: DELETION, mails: MAILS };
