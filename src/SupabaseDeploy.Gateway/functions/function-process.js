// One life of an edge function: a Deno process of its own, so that a crash or an endless loop is its own affair.
import { TextLineStream } from "./text-lines.js";

const worker = new URL("./worker.js", import.meta.url).pathname;
const bootLimit = 60_000;
const wordsKept = 20;

export class BootError extends Error {}

export class FunctionProcess {
  #name;
  #child;
  #port = Promise.withResolvers();
  #lastWords = [];
  #requests = 0;
  #idle = null;
  hasEnded = false;

  constructor(source, environment) {
    this.#name = source.name;
    this.version = source.version;
    const announcement = `listening-${crypto.randomUUID()}`;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...source.arguments, worker, source.entrypoint, announcement],
      env: environment,
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const reading = Promise.all([this.#read(this.#child.stdout, announcement), this.#read(this.#child.stderr, announcement)]);
    this.#watch(reading);
  }

  /** The port it serves; rejected with a BootError when it ends before it serves one. */
  get port() {
    return this.#port.promise;
  }

  begin() {
    this.#requests++;
  }

  end() {
    this.#requests--;
    if (this.#requests === 0) {
      this.#idle?.resolve();
    }
  }

  kill() {
    if (!this.hasEnded) {
      this.#child.kill("SIGKILL");
    }
  }

  /** Lets it answer what it was asked, for so many milliseconds, and ends it. */
  async retire(limit) {
    if (this.#requests > 0) {
      this.#idle ??= Promise.withResolvers();
      const timer = setTimeout(this.#idle.resolve, limit);
      await this.#idle.promise;
      clearTimeout(timer);
    }

    this.kill();
  }

  async #read(stream, announcement) {
    for await (const line of stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
      if (line.startsWith(announcement)) {
        this.#port.resolve(Number(line.slice(announcement.length)));
      } else {
        console.log(`[${this.#name}] ${line}`);
        this.#lastWords = [...this.#lastWords, line].slice(-wordsKept);
      }
    }
  }

  async #watch(reading) {
    const timer = setTimeout(() => this.kill(), bootLimit);
    this.#port.promise.catch(() => {}).finally(() => clearTimeout(timer));
    const { code } = await this.#child.status;
    this.hasEnded = true;
    await reading;
    this.#port.reject(new BootError(this.#lastWords.join("\n") || `It ended with exit code ${code}.`));
  }
}
