// Runs one edge function: whatever port it asks for, it serves one of 127.0.0.1 that main.js is told of.
// Contract: https://supabase.com/docs/guides/functions (Deno.serve, or a default export with fetch).
const [entrypoint, announcement] = Deno.args;
const servingLimit = 5_000;
const serve = Deno.serve.bind(Deno);
let isServing = false;

Deno.serve = (...given) => {
  const handler = given.find((item) => typeof item === "function") ?? given[0]?.handler;
  const onError = given.find((item) => typeof item === "object")?.onError;
  isServing = true;
  return serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(`${announcement} ${port}`),
    ...(onError ? { onError } : {}),
  }, handler);
};

// What is not waited for by the answer goes on: the process lives longer than a request. What fails is logged, and ends nothing.
globalThis.EdgeRuntime = {
  waitUntil: (promise) => {
    Promise.resolve(promise).catch((error) => console.error(error));
    return promise;
  },
};

// main.js holds the other end for as long as it lives.
(async () => {
  for await (const _ of Deno.stdin.readable);
  Deno.exit(0);
})();

const { default: exported } = await import(entrypoint);
if (!isServing && typeof exported?.fetch === "function") {
  Deno.serve((request) => exported.fetch(request));
}

setTimeout(() => {
  if (!isServing) {
    console.error("It does not call Deno.serve.");
    Deno.exit(1);
  }
}, servingLimit);
