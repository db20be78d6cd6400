import type { ApiError } from "@mesher/protocol";

/** A request that is refused. Thrown anywhere in the API, answered in one place. */
export class RequestRefusedError extends Error {
  override readonly name = "RequestRefusedError";
  readonly status: number;
  readonly code: string;
  readonly details: unknown;

  constructor(status: number, code: string, message: string, details?: unknown) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }

  get body(): ApiError {
    return { error: this.message, code: this.code, ...(this.details === undefined ? {} : { details: this.details }) };
  }
}

export function notFound(what: string): RequestRefusedError {
  return new RequestRefusedError(404, "not_found", `${what} not found`);
}

export function badRequest(message: string, details?: unknown): RequestRefusedError {
  return new RequestRefusedError(400, "bad_request", message, details);
}
