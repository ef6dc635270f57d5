// The functions of a published release: current.json of the environment's folder, which a publish replaces by a rename. It is read anew for
// each request, as the gateway reads the pointer of its web root: what answers is what was published last.
import { commonArguments, configurationArguments, isFile, toUrl } from "./sources.js";

const encoder = new TextEncoder();

export class Published {
  #file;
  #environment;
  #text = null;
  #functions = null;
  #hash = null;

  /** The file current.json, and the .env file that all functions are given. */
  constructor(file, environment) {
    this.#file = file;
    this.#environment = environment;
  }

  /** The functions by name, or null when no release is published; changed is told of every replacement. */
  read(changed) {
    const text = readText(this.#file);
    if (text !== this.#text) {
      this.#text = text;
      this.#functions = text === null ? null : JSON.parse(text).functions;
      this.#hash = null;
      changed(this.#functions);
    }

    return this.#functions;
  }

  /** SHA-256 of the file that was read last, in hexadecimal; null for none. */
  async hash() {
    return this.#hash ??= this.#text === null
      ? null
      : Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(this.#text))), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** What to run for a name; null when the release has no such function. */
  find(name) {
    const given = Object.hasOwn(this.#functions, name) ? this.#functions[name] : null;
    return given && isFile(given.entrypoint) ? {
      name,
      version: given.digest,
      entrypoint: toUrl(given.entrypoint),
      verifyJwt: given.verifyJwt,
      importMap: given.importMap,
      arguments: [...commonArguments(this.#environment), ...configurationArguments(given.importMap)],
    } : null;
  }
}

function readText(file) {
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return null;
    }

    throw error;
  }
}
