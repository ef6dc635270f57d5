// The main service of Supabase's edge runtime (https://github.com/supabase/edge-runtime): as main.js does under Deno, it finds function <name>
// for /<name>/… and checks tokens; the runtime runs each function in an isolate of its own. The folders are those of the machine.
import { problem, refusal } from "../access.js";
import { createVerifier } from "../jwt.js";
import { Published } from "../published.js";
import { Sources } from "../sources.js";
import { keysAndPlace, readVariables, secrets } from "../variables.js";

const need = (name) => Deno.env.get(name) ?? (() => { throw new Error(`${name} is not set.`); })();
const folder = need("FUNCTIONS_FOLDER");
const memoryLimitMb = 256;
const workerTimeoutMs = 150_000;
// Deno itself has no workers that could be cancelled.
class Never {}
const sources = new Sources(folder, JSON.parse(need("FUNCTIONS_SETTINGS")));
const published = new Published(need("FUNCTIONS_PUBLISHED"), `${folder}/.env`);
const isValid = await createVerifier(need("FUNCTIONS_JWT_SECRET"));

function find(name) {
  return published.read(() => {}) === null ? sources.find(name) : published.find(name);
}

async function answer(request) {
  const url = new URL(request.url);
  if (url.pathname === "/_internal/health") {
    published.read(() => {});
    return Response.json({ message: "ok", published: await published.hash() });
  }

  const name = url.pathname.split("/")[1];
  const source = find(name);
  return await refusal(name, source, request, isValid) ?? await run(source, request);
}

async function run(source, request) {
  let worker;
  try {
    const entrypoint = new URL(source.entrypoint);
    // The options are those of https://github.com/supabase/cli/blob/develop/apps/cli-go/internal/functions/serve/templates/main.ts,
    // but for the time limit, which is the embedded engine's, and the module cache of a worker.
    worker = await EdgeRuntime.userWorkers.create({
      servicePath: decodeURIComponent(entrypoint.pathname.slice(0, entrypoint.pathname.lastIndexOf("/"))),
      maybeEntrypoint: source.entrypoint,
      importMapPath: source.importMap ?? "",
      memoryLimitMb,
      workerTimeoutMs,
      cpuTimeSoftLimitMs: 1000,
      cpuTimeHardLimitMs: 2000,
      noModuleCache: false,
      noNpm: false,
      customModuleRoot: "",
      decoratorType: "tc39",
      context: { useReadSyncFileAPI: true },
      // A file that was saved is to answer the next request.
      forceCreate: true,
      envVars: [
        ...Object.entries({ ...secrets, ...readVariables(`${folder}/.env`) }),
        ...keysAndPlace.map((variable) => [variable, Deno.env.get(variable)]).filter(([, value]) => value !== undefined),
      ],
    });
  } catch (error) {
    return problem(503, "BOOT_ERROR", `Function failed to start: ${error.message}`);
  }

  try {
    return await worker.fetch(request);
  } catch (error) {
    console.error(`[${source.name}] ${error}`);
    if (error instanceof (Deno.errors.WorkerRequestCancelled ?? Never)) {
      return problem(546, "WORKER_LIMIT", "Function did not respond due to a resource limit (see its log).");
    }

    return problem(500, "WORKER_ERROR", "Function exited due to an error (see its log).");
  }
}

Deno.serve(answer);
