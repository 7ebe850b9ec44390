export { GifReader } from "npm:omggif@1.0.10";
