export { default } from "npm:jsqr@1.4.0";
