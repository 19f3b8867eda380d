import { CONTRACT_ERRORS, finding, type ContractErrorName, type Finding } from '../errors.js';

/**
 * Collects what is wrong with one record. One instance serves every record of a product: it allocates only when
 * something is wrong, which on the publishing path is rare.
 */
export class Faults {
  /** Positions in the lists being walked, outermost first; they replace each `[]` of a path. */
  readonly positions: number[] = [];
  /** Whether the record is CREATED or UPDATED, and so must state its `live` fields. */
  live = true;
  private found: Finding[] | null = null;

  reset(): void {
    // Setting a length costs even when nothing changes, and this runs for every record.
    if (this.positions.length > 0) this.positions.length = 0;
    this.found = null;
  }

  add(error: ContractErrorName, path: string, message: string): void {
    this.found ??= [];
    this.found.push(finding(CONTRACT_ERRORS[error], this.place(path), message));
  }

  /** The findings, or the one empty list that is shared by all good records. */
  result(): readonly Finding[] {
    return this.found ?? NONE;
  }

  private place(path: string): string {
    let next = 0;
    return path.replace(/\[\]/g, (brackets) => {
      const position = this.positions[next++];
      return position === undefined ? brackets : `[${position}]`;
    });
  }
}

const NONE: readonly Finding[] = Object.freeze([]);
