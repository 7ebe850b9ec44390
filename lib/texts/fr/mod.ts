/**
 * French.
 *
 * @module
 */
import type { Texts } from "../en/mod.ts";
import { COMMON } from "./common.ts";
import { DELETION } from "./deletion.ts";
import { MAILS } from "./mails.ts";
import { RESET } from "./reset.ts";

/** All texts in French. */
export const FR: Texts = { common: COMMON, reset: RESET, deletion: DELETION, mails: MAILS };
