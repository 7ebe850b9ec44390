export * from "npm:postal-mime@2.7.6";
export { default } from "npm:postal-mime@2.7.6";
