// Where the functions are, and how they are to be run: config.toml's [functions.<name>], as main.js is given it, and the folder.
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const entrypoints = ["index.ts", "index.js", "index.tsx", "index.jsx", "index.mts", "index.mjs"];

export class Sources {
  #folder;
  #settings;

  constructor(folder, settings) {
    this.#folder = folder;
    this.#settings = settings;
  }

  /** False when there is no folder to watch. */
  get exist() {
    return isThere(this.#folder);
  }

  /** The function of a name; null when there is none. Names that begin with an underscore are shared code. */
  find(name) {
    const settings = this.#settings[name] ?? {};
    if (!namePattern.test(name) || settings.enabled === false) {
      return null;
    }

    const folder = `${this.#folder}/${name}`;
    const entrypoint = settings.entrypoint ?? firstFile(entrypoints.map((file) => `${folder}/${file}`));
    if (entrypoint === null || !isFile(entrypoint)) {
      return null;
    }

    const importMap = this.#importMap(folder, settings);
    return {
      name,
      version: null,
      entrypoint: toUrl(entrypoint),
      verifyJwt: settings.verifyJwt ?? true,
      importMap,
      arguments: [...commonArguments(`${this.#folder}/.env`), ...configurationArguments(importMap)],
    };
  }

  /** The name of the function that a changed file belongs to; null when it may belong to all. */
  ownerOf(path) {
    const [first, ...rest] = path.slice(this.#folder.length + 1).split("/");
    return path.startsWith(`${this.#folder}/`) && rest.length > 0 && namePattern.test(first) ? first : null;
  }

  // The function's own deno.json goes before the project's import map, as on the platform.
  #importMap(folder, settings) {
    return settings.importMap ?? firstFile([
      `${folder}/deno.json`, `${folder}/deno.jsonc`, `${folder}/import_map.json`,
      `${this.#folder}/deno.json`, `${this.#folder}/deno.jsonc`, `${this.#folder}/import_map.json`,
    ]);
  }
}

/** What every function is run with: the rights it has on the platform, and the variables of the .env file, where there is one. */
export const commonArguments = (environment) => [
  "--quiet", "--no-prompt", "--no-lock", "--node-modules-dir=none",
  "--allow-net", "--allow-env", "--allow-read", "--allow-sys", "--allow-import", "--allow-write=/tmp",
  ...(isFile(environment) ? [`--env-file=${environment}`] : []),
];

/** For a deno.json, an import map, or null for neither. */
export const configurationArguments = (file) =>
  file === null ? ["--no-config"]
    : /\/deno\.jsonc?$/.test(file) ? [`--config=${file}`]
    : ["--no-config", `--import-map=${file}`];

const firstFile = (paths) => paths.find(isFile) ?? null;
export const toUrl = (path) => new URL(`file://${path.split("/").map(encodeURIComponent).join("/")}`).href;

export const isFile = (path) => stat(path)?.isFile ?? false;

const isThere = (path) => stat(path) !== null;

function stat(path) {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }

    throw error;
  }
}
