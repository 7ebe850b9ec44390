/**
 * The pages of this repository.
 *
 * @module
 */

/** The path of every README.md. */
export async function readmes(folder = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder || ".")) {
    if (isDirectory && !/^(?:\..*|node_modules|dist)$/.test(name)) {
      found.push(...await readmes(`${folder}${name}/`));
    } else if (name === "README.md") found.push(`${folder}${name}`);
  }
  return found.sort();
}
