// A WebSocket of a client, connected with one of the function.
const ofTheConnection = /^(host|connection|upgrade|sec-websocket-.*)$/;

/** An upgrade that comes to nothing, with the answer that the client gets. */
export class UpgradeError extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }
}

/** Answers an upgrade once the function has taken it; told when the client's end is closed. Rejected with an UpgradeError when it is not taken. */
export async function bridge(request, address, told) {
  const inner = new WebSocket(address, {
    headers: Object.fromEntries([...request.headers].filter(([name]) => !ofTheConnection.test(name))),
    protocols: request.headers.get("sec-websocket-protocol")?.split(/\s*,\s*/) ?? [],
  });
  await new Promise((resolve, reject) => {
    inner.onopen = resolve;
    inner.onerror = ({ message }) => reject(new UpgradeError(502, "UPGRADE_REFUSED", `The function did not take the WebSocket: ${message || "it gave no answer"}`));
  });
  const { socket, response } = upgrade(request, inner);
  inner.binaryType = socket.binaryType = "arraybuffer";
  const early = [];
  inner.onmessage = ({ data }) => socket.readyState === WebSocket.OPEN ? socket.send(data) : early.push(data);
  inner.onclose = (event) => end(socket, event);
  inner.onerror = null;
  socket.onopen = () => {
    early.forEach((data) => socket.send(data));
    if (inner.readyState === WebSocket.CLOSED) {
      socket.close();
    }
  };
  socket.onmessage = ({ data }) => inner.readyState === WebSocket.OPEN && inner.send(data);
  socket.onclose = (event) => {
    end(inner, event);
    told();
  };
  return response;
}

/** Takes the client's upgrade, or leaves nothing open. */
function upgrade(request, inner) {
  try {
    return Deno.upgradeWebSocket(request, inner.protocol ? { protocol: inner.protocol } : {});
  } catch (error) {
    inner.close();
    throw new UpgradeError(400, "INVALID_UPGRADE", `The request is no upgrade to a WebSocket: ${error.message}`);
  }
}

/** Closes the other end with the same words; only these codes may be said, the others are how a connection was lost. */
function end(socket, { code, reason }) {
  if (socket.readyState === WebSocket.OPEN) {
    socket.close(...(code === 1000 || code >= 3000 ? [code, reason] : []));
  }
}
