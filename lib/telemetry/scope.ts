/**
 * What our spans and metrics are told apart by.
 *
 * @module
 */

/** The name of the scope of our spans and metrics. */
export const SCOPE = "oneclick";
