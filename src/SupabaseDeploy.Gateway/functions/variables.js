import { isFile } from "./sources.js";

/** The platform's own: where the project is, and its keys. */
export const keysAndPlace = [
  "SUPABASE_URL", "SUPABASE_ANON_KEY", "SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_DB_URL", "SUPABASE_PUBLISHABLE_KEYS", "SUPABASE_SECRET_KEYS",
];

/** The secrets of config.toml. */
export const secrets = JSON.parse(Deno.env.get("FUNCTIONS_SECRETS") ?? "{}");

/**
 * Those secrets that an .env file does not set: the file goes before them, as with the CLI. And what the file sets twice: the CLI takes the
 * last line of a key, Deno the first, and Deno sets nothing that is set.
 */
export function variablesBeside(file) {
  const { variables, repeated } = readFile(file);
  return {
    ...Object.fromEntries(Object.entries(secrets).filter(([name]) => !(name in variables))),
    ...Object.fromEntries([...repeated].map((name) => [name, variables[name]])),
  };
}

const line = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^#]*?))\s*(?:#.*)?$/;

/** Reads an .env file as the CLI does: KEY=value lines, quoted values, comments; the last line of a key counts. */
export const readVariables = (file) => readFile(file).variables;

function readFile(file) {
  const variables = {};
  const repeated = new Set();
  if (!isFile(file)) {
    return { variables, repeated };
  }

  for (const text of Deno.readTextFileSync(file).split(/\r?\n/)) {
    const [, name, quoted, literal, plain] = line.exec(text) ?? [];
    if (name) {
      if (name in variables) {
        repeated.add(name);
      }

      variables[name] = quoted?.replaceAll("\\n", "\n").replaceAll('\\"', '"') ?? literal ?? plain;
    }
  }

  return { variables, repeated };
}
