// Serves supabase/functions/* as the platform does (https://supabase.com/docs/guides/functions): /<name>/… is answered by function
// <name>, which runs in a process of its own from its first request on and is begun anew when its files change.
import { problem, refusal } from "./access.js";
import { BootError, FunctionProcess } from "./function-process.js";
import { createVerifier } from "./jwt.js";
import { Published } from "./published.js";
import { Sources } from "./sources.js";
import { bridge, UpgradeError } from "./sockets.js";
import { keysAndPlace, variablesBeside } from "./variables.js";

const need = (name) => Deno.env.get(name) ?? (() => { throw new Error(`${name} is not set.`); })();
const folder = realPath(need("FUNCTIONS_FOLDER"));
const requestLimit = Number(Deno.env.get("FUNCTIONS_REQUEST_LIMIT_MS") ?? 150_000);
const retirement = 10_000;
const passedOn = [
  ...keysAndPlace,
  "PATH", "HOME", "LANG", "TZ", "TMPDIR", "DENO_DIR", "DENO_NO_UPDATE_CHECK", "DENO_TLS_CA_STORE", "XDG_CACHE_HOME",
  "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "NPM_CONFIG_REGISTRY", "npm_config_registry",
];
const environment = {
  NO_COLOR: "1",
  ...Object.fromEntries(passedOn.map((name) => [name, Deno.env.get(name)]).filter(([, value]) => value !== undefined)),
};
const sources = new Sources(folder, JSON.parse(need("FUNCTIONS_SETTINGS")));
const published = new Published(need("FUNCTIONS_PUBLISHED"), `${folder}/.env`);
const isValid = await createVerifier(need("FUNCTIONS_JWT_SECRET"));
const running = new Map();

function processOf(source) {
  const known = running.get(source.name);
  if (known && !known.hasEnded && known.version === source.version) {
    return known;
  }

  known?.retire(retirement);
  const begun = new FunctionProcess(source, { ...variablesBeside(`${folder}/.env`), ...environment });
  running.set(source.name, begun);
  return begun;
}

async function answer(request) {
  const url = new URL(request.url);
  const release = currentRelease();
  if (url.pathname === "/_internal/health") {
    return Response.json({ message: "ok", published: await published.hash() });
  }

  const name = url.pathname.split("/")[1];
  const source = release === null ? sources.find(name) : published.find(name);
  return await refusal(name, source, request, isValid) ?? await forward(request, url, processOf(source));
}

async function forward(request, url, process) {
  let isOver = false;
  const limit = setTimeout(() => {
    isOver = true;
    process.kill();
  }, requestLimit);
  process.begin();
  try {
    const port = await process.port;
    if (request.headers.get("upgrade")?.toLowerCase() === "websocket") {
      return await bridge(request, `ws://127.0.0.1:${port}${url.pathname}${url.search}`, () => process.end());
    }

    const headers = new Headers(request.headers);
    headers.set("accept-encoding", "identity");
    const response = await fetch(`http://127.0.0.1:${port}${url.pathname}${url.search}`, {
      method: request.method,
      headers,
      body: request.body,
      redirect: "manual",
    });
    return new Response(whenOver(response.body, () => process.end()), response);
  } catch (error) {
    process.end();
    return isOver ? problem(546, "WORKER_LIMIT", `The function did not answer within ${requestLimit / 1000} s and was ended.`)
      : error instanceof BootError ? problem(503, "BOOT_ERROR", `Function failed to start: ${error.message}`)
      : error instanceof UpgradeError ? problem(error.status, error.code, error.message)
      : problem(500, "WORKER_ERROR", "Function exited due to an error (see its log).");
  } finally {
    clearTimeout(limit);
  }
}

/** The same stream; told when all of it was read, or nobody reads it any more. */
function whenOver(body, told) {
  if (!body) {
    told();
    return null;
  }

  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          told();
          controller.close();
        } else {
          controller.enqueue(value);
        }
      } catch (error) {
        told();
        controller.error(error);
      }
    },
    cancel(reason) {
      told();
      return reader.cancel(reason);
    },
  });
}

// A folder that is not there yet has no functions.
function realPath(path) {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return path;
    }

    throw error;
  }
}

/** The published functions by name; null while none are. Those that another release brought unchanged go on. */
function currentRelease() {
  return published.read((functions) => retire((name, process) => process.version !== (functions?.[name]?.digest ?? null), "another release is published"));
}

function retire(isOver, why) {
  for (const [name, process] of running) {
    if (isOver(name, process)) {
      running.delete(name);
      process.retire(retirement);
      console.log(`[${name}] ${why}: begins anew with the next request`);
    }
  }
}

async function reloadOnChange() {
  for await (const event of Deno.watchFs(folder)) {
    if (event.kind === "access" || currentRelease() !== null) {
      continue;
    }

    const owners = event.paths.map((path) => sources.ownerOf(path));
    retire((name) => owners.includes(null) || owners.includes(name), "changed");
  }
}

Deno.addSignalListener("SIGTERM", () => {
  running.forEach((process) => process.kill());
  Deno.exit(0);
});
if (sources.exist) {
  reloadOnChange();
}

Deno.serve({ hostname: "127.0.0.1", port: Number(need("FUNCTIONS_PORT")), onListen: ({ port }) => console.log(`Serving ${folder} on port ${port}`) }, answer);
