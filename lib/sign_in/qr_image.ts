/**
 * The picture of a QR code, which a TV shows as it is.
 *
 * @module
 */

/** The side of one module in pixels, and the white edge around the code in modules (ISO/IEC 18004 asks for 4). */
const MODULE_PIXELS = 4;
const QUIET_MODULES = 4;
/** The most characters of a picture that still gets the stronger error correction. */
const MOST_CHARACTERS = 6000;

/**
 * Draws a text as a QR code. The library is imported with the first picture: no other request needs it.
 *
 * @param text An address. The picture of one with up to 200 characters stays under 6 KB.
 * @returns A `data:` URL of a GIF in black and white, with its white edge.
 */
export async function drawQrCode(text: string): Promise<string> {
  const { default: qrcode } = await import("qrcode-generator");
  const draw = (correction: "M" | "L") => {
    const code = qrcode(0, correction);
    code.addData(text, "Byte");
    code.make();
    return code.createDataURL(MODULE_PIXELS, MODULE_PIXELS * QUIET_MODULES);
  };
  const picture = draw("M");
  return picture.length <= MOST_CHARACTERS ? picture : draw("L");
}
