// Who may call which function, and the platform's words for a refusal.
export const problem = (status, code, message) => Response.json({ code, message }, { status });

/** The answer to a request for a function that is not there, or that asks for a token it does not have; null for one that may go on. */
export async function refusal(name, source, request, isValid) {
  if (!source) {
    return problem(404, "NOT_FOUND", `Requested function '${name}' was not found.`);
  }

  if (source.verifyJwt && request.method !== "OPTIONS") {
    const authorization = request.headers.get("authorization");
    if (!authorization) {
      return problem(401, "UNAUTHORIZED_NO_AUTH_HEADER", "Missing authorization header");
    }

    if (!await isValid(authorization.replace(/^Bearer\s+/i, ""))) {
      return problem(401, "UNAUTHORIZED_INVALID_JWT_FORMAT", "Invalid JWT");
    }
  }

  return null;
}
