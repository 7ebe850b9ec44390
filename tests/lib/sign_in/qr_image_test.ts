/** The picture of a QR code: what a phone reads, its edge, its modules and its size. */
import { assert, assertEquals } from "@std/assert";
import { drawQrCode } from "../../../lib/sign_in/qr_image.ts";
import { readQrCode } from "../../support/qr_reader.ts";

const EDGE = 16;
const LENGTHS = [10, 50, 100, 150, 200];

for (const length of LENGTHS) {
  Deno.test(`drawQrCode draws an address of ${length} characters that a phone can read, under 6 KB`, async () => {
    const address = `https://tv.example/${"x".repeat(length)}`.slice(0, length);
    const url = await drawQrCode(address);
    const { text, side, black } = readQrCode(url);
    assertEquals(text, address);
    assert(url.length < 6000, `${url.length} characters`);
    assertEquals(side % 4, 0);
    black.forEach((isBlack, i) => {
      const [x, y] = [i % side, Math.floor(i / side)];
      const onEdge = Math.min(x, y, side - 1 - x, side - 1 - y) < EDGE;
      if (onEdge) assert(!isBlack, `The edge is black at ${x}, ${y}`);
      // All pixels of a module are alike.
      else assertEquals(isBlack, black[(y - y % 4) * side + x - x % 4]);
    });
    assert(black[EDGE * side + EDGE], "A finder pattern begins right after the edge");
  });
}
