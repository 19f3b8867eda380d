import { Injectable } from '@nestjs/common';
import { Store } from '../database/store.js';
import { questionWords, unitsOf } from './words.js';
import type { Reading, Strictness } from './words.js';

/** Trigrams in common of all trigrams: "hopsital" and "hospital" have 0.38, "presure" and "pressure" 0.7. */
const LEAST_ALIKE = 0.35;
/** What is much less alike than the best was not meant. */
const BEHIND_THE_BEST = 0.12;
const SHORTEST = 4;

type Row = { word: string; near: { word: string; alike: number }[] | null };

/** A question as PostgreSQL takes it; null where nothing is asked for, no word or only words such as "the". */
export type Question = { tsquery: string | null; readings: Reading[] };

/** Reads questions. Forgives typing errors by the trigrams of the catalogue's own words. */
@Injectable()
export class Questions {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** What `q` asks for; every word of it, or some. */
  async read(q: string, strictness: Strictness = 'all'): Promise<Question> {
    const readings = await this.#spell(questionWords(q));
    if (readings.length === 0) return { tsquery: null, readings };
    const values = unitsOf(readings).flatMap(({ stems, beginnings }) => [stems, beginnings ?? '']);
    const units = values.flatMap((_, at) =>
      at % 2 === 0 ? [`(to_tsquery('english', $${at + 1}) || $${at + 2}::tsquery)`] : [],
    );
    const [row] = await this.#store.reader.query<[{ tsquery: string }]>(
      `SELECT (${units.join(strictness === 'all' ? ' && ' : ' || ')})::text AS tsquery`,
      values,
    );
    return { tsquery: row.tsquery || null, readings };
  }

  /** Each word, with what it was probably meant to be where the catalogue has no word that begins so. */
  async #spell(words: readonly string[]): Promise<Reading[]> {
    const asked = [...new Set(words)].filter((word) => word.length >= SHORTEST);
    const near = new Map(asked.length === 0 ? [] : await this.#near(asked));
    return words.map((word) => ({ word, meant: near.get(word) ?? [] }));
  }

  async #near(words: readonly string[]): Promise<[string, string[]][]> {
    const rows = await this.#store.reader.query<Row[]>(
      `SELECT asked.word,
              CASE WHEN EXISTS (SELECT 1 FROM search_word s WHERE s.word LIKE asked.word || '%') THEN NULL
              ELSE (SELECT jsonb_agg(jsonb_build_object('word', n.word, 'alike', n.alike))
                      FROM (SELECT s.word, similarity(s.word, asked.word) AS alike
                              FROM search_word s WHERE s.word % asked.word
                             ORDER BY alike DESC, s.word LIMIT 3) n)
              END AS near
         FROM unnest($1::text[]) AS asked(word)`,
      [words],
    );
    return rows.map(({ word, near }) => [word, meantBy(near ?? [])]);
  }
}

function meantBy(near: NonNullable<Row['near']>): string[] {
  const best = near[0]?.alike ?? 0;
  return near
    .filter(({ alike }) => alike >= LEAST_ALIKE && alike >= best - BEHIND_THE_BEST)
    .map(({ word }) => word);
}
