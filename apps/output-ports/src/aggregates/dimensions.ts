import { treatedAs } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';

import type { Column } from '../live/columns.js';

/** What a view may be asked by, and of what. */
export type Askable = {
  /** Columns that classify: a table may have a row for each of their values, a condition may name them. */
  dimensions: Map<string, Column>;
  /** Columns that measure. */
  measures: Map<string, Column>;
};

const MEASURING = new Set(['integer', 'bigint', 'double precision']);

/**
 * Dimensions: what the contract lists under `smallNumbers.dimensions`; else fields bound to a code system, organisations,
 * yes and no, and what a view generalises (age band, district, month). Never an identifier, a pseudonym, a day or a
 * text. Measures: numbers that are no dimension. Both by the names of the tables' columns. Pure.
 */
export function askableOf(contract: DataContract, columns: readonly Column[]): Askable {
  const inView = new Map(columns.map((one) => [one.field, one]));
  const chosen = contract.smallNumbers?.dimensions;
  const dimensions = new Map<string, Column>();
  for (const field of contract.fields) {
    const treated = treatedAs(field);
    const column = treated === null ? undefined : inView.get(treated.name);
    if (treated === null || column === undefined || field.path !== field.name) continue;
    const isGeneralised = ['age-band', 'district', 'month'].includes(treated.form);
    const classifies =
      field.codes !== undefined ||
      field.role === 'ods-code' ||
      field.role === 'nhs-number-status' ||
      field.logicalType === 'boolean';
    const isUsual = isGeneralised || (treated.form === 'as-is' && classifies);
    if (isUsual && (chosen === undefined || chosen.includes(field.name))) {
      dimensions.set(column.column, column);
    }
  }
  const measures = columns.filter(
    ({ column, type }) => MEASURING.has(type) && !dimensions.has(column),
  );
  return { dimensions, measures: new Map(measures.map((one) => [one.column, one])) };
}
