/**
 * Splits a stream of text into lines.
 *
 * @module
 */

/** Splits text at its line feeds. A last line without one is a line as well. */
export class TextLineStream extends TransformStream<string, string> {
  /** Makes a stream. */
  constructor() {
    let rest = "";
    super({
      transform(chunk, controller) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) controller.enqueue(line);
      },
      flush(controller) {
        if (rest !== "") controller.enqueue(rest);
      },
    });
  }
}
