import { isFile } from "./sources.js";

/** The platform's own: where the project is, and its keys. */
export const keysAndPlace = [
  "SUPABASE_URL", "SUPABASE_ANON_KEY", "SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_DB_URL", "SUPABASE_PUBLISHABLE_KEYS", "SUPABASE_SECRET_KEYS",
];

/** The secrets of config.toml. */
export const secrets = JSON.parse(Deno.env.get("FUNCTIONS_SECRETS") ?? "{}");

/** Those that an .env file does not set: the file goes before them, as with the CLI. */
export function secretsBeside(file) {
  const fromFile = readVariables(file);
  return Object.fromEntries(Object.entries(secrets).filter(([name]) => !(name in fromFile)));
}

const line = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^#]*?))\s*(?:#.*)?$/;

/** Reads an .env file as Deno's --env-file does: KEY=value lines, quoted values, comments; the last line of a key counts. */
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
