// HS256 tokens (RFC 7519), signed with the stack's secret.
const encoder = new TextEncoder();

export async function createVerifier(secret) {
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  return (token) => isValid(key, token);
}

async function isValid(key, token) {
  try {
    const [header, payload, signature, ...more] = token.split(".");
    const claims = JSON.parse(text(payload));
    const now = Date.now() / 1000;
    return more.length === 0
      && JSON.parse(text(header)).alg === "HS256"
      && await crypto.subtle.verify("HMAC", key, bytes(signature), encoder.encode(`${header}.${payload}`))
      && (claims.exp === undefined || claims.exp > now)
      && (claims.nbf === undefined || claims.nbf <= now);
  } catch {
    return false; // It is no token.
  }
}

const bytes = (part) => Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
const text = (part) => new TextDecoder().decode(bytes(part));
