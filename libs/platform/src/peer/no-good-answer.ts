type Behind = Error & { code?: unknown };

/**
 * Whoever was asked gave no good answer. `why` goes on after a name or an address and holds nothing of what was sent or answered;
 * message and code are those of the fault behind it, where there is one.
 */
export class NoGoodAnswer extends Error {
  constructor(
    message: string,
    readonly why: string,
    readonly code?: unknown,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Nobody was reached, or not in time; `cause` is what the network says. */
export class NoAnswer extends NoGoodAnswer {
  constructor(cause: unknown) {
    const { message, code } = cause as Behind;
    super(message, 'it gives no answer', code, { cause });
  }
}

/** An answer whose status is not of success, and which. */
export class AnsweredOtherwise extends NoGoodAnswer {
  constructor(
    name: string,
    readonly status: number,
  ) {
    super(`${name} answered ${status}`, `it answered ${status}`);
  }
}

/** An answer of success that is not what was asked for, did not come whole, or is no JSON. */
export class AnotherShape extends NoGoodAnswer {
  constructor(fault: unknown) {
    const { message, code } = fault as Behind;
    super(message, 'its answer has another shape', code);
  }
}
