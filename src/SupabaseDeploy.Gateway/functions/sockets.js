// A WebSocket of a client, connected with one of the function.
const ofTheConnection = /^(host|connection|upgrade|sec-websocket-.*)$/;

/** Answers an upgrade once the function has taken it; told when the client's end is closed. Rejected when the function takes none. */
export async function bridge(request, address, told) {
  const inner = new WebSocket(address, {
    headers: Object.fromEntries([...request.headers].filter(([name]) => !ofTheConnection.test(name))),
    protocols: request.headers.get("sec-websocket-protocol")?.split(/\s*,\s*/) ?? [],
  });
  await new Promise((resolve, reject) => {
    inner.onopen = resolve;
    inner.onerror = reject;
  });
  const { socket, response } = Deno.upgradeWebSocket(request, inner.protocol ? { protocol: inner.protocol } : {});
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

/** Closes the other end with the same words; only these codes may be said, the others are how a connection was lost. */
function end(socket, { code, reason }) {
  if (socket.readyState === WebSocket.OPEN) {
    socket.close(...(code === 1000 || code >= 3000 ? [code, reason] : []));
  }
}
