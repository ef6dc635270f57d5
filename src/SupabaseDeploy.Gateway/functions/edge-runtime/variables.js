// Reads an .env file as Deno's --env-file does: KEY=value lines, quoted values, comments; the last line of a key counts.
import { isFile } from "../sources.js";

const line = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^#]*?))\s*(?:#.*)?$/;

export function readVariables(file) {
  if (!isFile(file)) {
    return {};
  }

  const variables = {};
  for (const text of Deno.readTextFileSync(file).split(/\r?\n/)) {
    const [, name, quoted, literal, plain] = line.exec(text) ?? [];
    if (name) {
      variables[name] = quoted?.replaceAll("\\n", "\n").replaceAll('\\"', '"') ?? literal ?? plain;
    }
  }

  return variables;
}
