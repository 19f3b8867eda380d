/** One row of an `errors.ts` table. The code never changes its meaning; `fix` says what to do. */
export type ErrorEntry = {
  code: string;
  status: number;
  title: string;
  fix: string;
  retriable: boolean;
};

/** What is wrong with one place of a document. `path` names the place, no text shows the value. */
export type FieldError = { path: string; code: string; message: string; fix: string };

/** A problem as HTTP shows it (RFC 9457) with the members that every error of the mesh has. */
export type ProblemBody = {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  fix: string;
  retriable: boolean;
  errors: FieldError[];
};

/** A fault with a code of the closed list. Every other error is a fault of the programme. */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly fix: string;
  readonly retriable: boolean;
  readonly errors: FieldError[];

  constructor(entry: ErrorEntry, detail?: string, errors: FieldError[] = [], cause?: unknown) {
    super(`${entry.code} ${entry.title}${detail ? `: ${detail}` : ''}`, { cause });
    this.name = 'Problem';
    this.code = entry.code;
    this.status = entry.status;
    this.title = entry.title;
    this.detail = detail ?? entry.title;
    this.fix = entry.fix;
    this.retriable = entry.retriable;
    this.errors = errors;
  }

  /** The body of an HTTP answer, also what `JSON.stringify` gives. */
  toJSON(): ProblemBody {
    return {
      type: `urn:caremesh:error:${this.code}`,
      title: this.title,
      status: this.status,
      code: this.code,
      detail: this.detail,
      fix: this.fix,
      retriable: this.retriable,
      errors: this.errors,
    };
  }
}

/**
 * A `Problem` of `entry`, to be thrown. `detail` says what is wrong this time, without any value that
 * could identify somebody; `errors` names the places; `cause` is logged, never shown.
 */
export function problem(
  entry: ErrorEntry,
  detail?: string,
  errors?: FieldError[],
  cause?: unknown,
): Problem {
  return new Problem(entry, detail, errors, cause);
}
