/**
 * Large bodies, sent in pieces.
 *
 * @module
 */

const PIECE_BYTES = 16 * 1024;

/**
 * Returns a body that is read piece by piece, as the client takes it. The bytes are shared by all responses. A body
 * given as a whole is copied for each response, and kept until a slow client has taken it.
 */
export function inPieces(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.subarray(offset, offset += PIECE_BYTES));
      if (offset >= bytes.length) controller.close();
    },
  }, { highWaterMark: 0 });
}
