import { CONTRACT_ERRORS, finding } from '../errors.js';
import { isKept } from '../view/in-views.js';
import { placeOf, type Rule } from './check.js';

/** A view has a list of plain values whole or not at all, so what holds of the items must hold of the list. */
export const itemsAsList: Rule = {
  name: 'items-as-list',
  severity: 'blocks',
  run: (subject) => {
    const { contract, read } = subject;
    const kept = new Set(contract.fields.filter(isKept).map(({ path }) => path));
    // What is not said at all is `field-classified`'s to tell.
    const isSaid = (path: string) =>
      !['classification' as const, 'treatment' as const].some((what) =>
        read.unsaid.get(path)?.has(what),
      );
    return contract.fields
      .filter(({ path }) => path.endsWith('[]') && kept.has(path.slice(0, -2)) && !kept.has(path))
      .filter(({ path }) => isSaid(path))
      .map(({ path }) =>
        finding(
          CONTRACT_ERRORS.itemsTreatedApart,
          `${placeOf(subject, path)}.customProperties`,
          `\`${path.slice(0, -2)}\` is kept in views, but its items are not to be.`,
        ),
      );
  },
};
