/**
 * Reads QR codes from pictures, as the camera of a phone does.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import jsQr from "jsqr";
import { GifReader } from "omggif";

/** A picture of a QR code, decoded. */
export interface ReadPicture {
  /** The text of the code; null when it cannot be read. */
  readonly text: string | null;
  /** Width and height in pixels. */
  readonly side: number;
  /** The pixels from left to right and top to bottom: true is black. */
  readonly black: readonly boolean[];
}

/** Decodes a `data:` URL of a GIF, and the QR code on it. */
export function readQrCode(url: string): ReadPicture {
  const [, base64 = ""] = /^data:image\/gif;base64,([A-Za-z0-9+/]+=*)$/.exec(url) ?? [];
  const gif = new GifReader(Buffer.from(base64, "base64"));
  const rgba = new Uint8ClampedArray(gif.width * gif.height * 4);
  gif.decodeAndBlitFrameRGBA(0, rgba as unknown as Uint8Array);
  if (gif.width !== gif.height) throw new Error("The picture is not a square");
  // The package is a bundle of CommonJS, whose types name the default export twice.
  const read = (jsQr as unknown as { default: typeof jsQr.default }).default ?? jsQr;
  return {
    text: read(rgba, gif.width, gif.height)?.data ?? null,
    side: gif.width,
    black: Array.from(
      { length: gif.width * gif.height },
      (_, i) => rgba[i * 4] === 0 && rgba[i * 4 + 3] === 255,
    ),
  };
}
