/** What the server answers when it refuses or fails (RFC 9457). */
export interface FieldProblem {
  path: string;
  code: string;
  message: string;
}

export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly reference: string;
  readonly fields: FieldProblem[];
  readonly retryAfter: number;

  constructor(p: {
    status: number;
    code?: string;
    detail?: string;
    reference?: string;
    errors?: FieldProblem[] | null;
    retryAfter?: number;
  }) {
    super(p.detail ?? p.code ?? `status ${p.status}`);
    this.name = 'ProblemError';
    this.status = p.status;
    this.code = p.code ?? 'unknown';
    this.reference = p.reference ?? '';
    this.fields = p.errors ?? [];
    this.retryAfter = p.retryAfter ?? 0;
  }

  /** The complaint about one field of the request. */
  field(path: string): FieldProblem | undefined {
    return this.fields.find((f) => f.path === path);
  }
}

/** Turns whatever was thrown into a problem; without a connection the code is "offline". */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof TypeError) return new ProblemError({ status: 0, code: 'offline' });
  return new ProblemError({ status: 0, code: 'unknown', detail: error instanceof Error ? error.message : String(error) });
}

export function problemOf(status: number, body: unknown, headers: Headers): ProblemError {
  const b = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  return new ProblemError({
    status,
    code: typeof b.code === 'string' ? b.code : `status_${status}`,
    detail: typeof b.detail === 'string' ? b.detail : undefined,
    reference: typeof b.reference === 'string' && b.reference ? b.reference : (headers.get('X-Request-Id') ?? ''),
    errors: Array.isArray(b.errors) ? (b.errors as FieldProblem[]) : [],
    retryAfter: Number(headers.get('Retry-After') ?? 0),
  });
}
