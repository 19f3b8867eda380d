import { keyOf } from './history.js';
import type { Before, History } from './history.js';
import { canonical } from './history.js';
import type { Counting } from './question.js';
import type { Place } from './small-numbers.js';
import type { Ancestor, Counted, Overlap, Source } from './source.js';

/** A record of somebody: a value of each column. */
export type Case = { person: string; number?: number | null } & Record<string, unknown>;

/** Records in memory, counted as `CountedView` counts them in PostgreSQL. */
export class Population implements Source {
  cases: readonly Case[];
  readonly #columns: ReadonlySet<string>;

  constructor(cases: readonly Case[], columns: readonly string[]) {
    this.cases = cases;
    this.#columns = new Set(columns);
  }

  has({ by, where, stated }: Counting): boolean {
    const used = [
      ...by,
      ...where.map(({ column }) => column),
      ...(stated === null ? [] : [stated]),
    ];
    return used.every((column) => this.#columns.has(column));
  }

  table(
    counting: Counting,
    { few }: { few: number },
  ): Promise<{ cells: Counted[]; few: Ancestor[] }> {
    const { by } = counting;
    const subsets = Array.from({ length: 2 ** by.length - 1 }, (_, bits) =>
      by.filter((__, at) => (bits & (1 << at)) !== 0),
    );
    const counted = (columns: string[]) =>
      [...this.#cells({ ...counting, by: columns })].map(([key, cases]) => ({
        place: JSON.parse(key) as Place,
        ...{ records: cases.length, people: people(cases).size },
      }));
    const above = subsets.flatMap((columns) =>
      counted(columns).map((one) => ({ ...one, columns })),
    );
    const small = above.filter((one) => one.people >= 1 && one.people <= few);
    return Promise.resolve({ cells: counted(by), few: small });
  }

  means(counting: Counting, column: string): Promise<Map<string, number>> {
    const mean = (cases: Case[]) =>
      cases.reduce((sum, one) => sum + Number(one[column]), 0) / cases.length;
    return Promise.resolve(
      new Map([...this.#cells(counting)].map(([key, cases]) => [key, mean(cases)])),
    );
  }

  overlaps(now: Counting, old: Counting): Promise<Overlap[]> {
    const [news, olds] = [this.#cells(now), this.#cells(old)];
    const more = (of: Case[], than: Case[], both: Case[]) => {
      const beyond = now.unit === 'people' ? people(both) : null;
      const rest = beyond ? of : of.filter((one) => !than.includes(one));
      return [...people(rest)].filter((one) => !beyond?.has(one)).length;
    };
    const overlaps = [...news].flatMap(([a, mine]) =>
      [...olds].map(([b, other]) => {
        const both = mine.filter((one) => other.includes(one));
        return {
          ...{ now: a, old: b, people: people(both).size },
          ...{
            isOldWithin: both.length === other.length,
            isNowWithin: both.length === mine.length,
          },
          ...{ moreInNow: more(mine, other, both), moreInOld: more(other, mine, both) },
        };
      }),
    );
    return Promise.resolve(overlaps.filter((one) => one.people > 0));
  }

  left(mine: Counting, other: Counting, covered: readonly (readonly [string, string])[]) {
    const others = this.#cells(other);
    const left = new Map<string, number>();
    for (const [key, cases] of this.#cells(mine)) {
      const taken = new Set(covered.flatMap(([a, b]) => (a === key ? (others.get(b) ?? []) : [])));
      const rest = people(cases.filter((one) => !taken.has(one)));
      const partly = people(cases.filter((one) => taken.has(one)));
      const without = [...rest].filter((one) => !partly.has(one)).length;
      left.set(key, mine.unit === 'people' ? without : rest.size);
    }
    return Promise.resolve(left);
  }

  #cells({ by, where, stated }: Counting): Map<string, Case[]> {
    const cells = new Map<string, Case[]>();
    for (const one of this.cases) {
      const value = (column: string) => (one[column] ?? null) as string | null;
      if (!where.every(({ column, values }) => values.includes(value(column)))) continue;
      if (stated !== null && value(stated) === null) continue;
      const key = keyOf(by.map(value));
      cells.set(key, [...(cells.get(key) ?? []), one]);
    }
    return cells;
  }
}

const people = (cases: readonly Case[]) => new Set(cases.map(({ person }) => person));

/** What was told, kept in memory. */
export function memory(): History {
  const kept = new Map<string, Before>();
  return {
    get before() {
      return [...kept.values()];
    },
    write(counting, cells) {
      const key = canonical(counting);
      const entries = new Map(cells.map((cell) => [keyOf(cell.place), cell]));
      kept.set(key, { key, counting, cells: entries });
      return Promise.resolve();
    },
  };
}
