import { CONTRACT_ERRORS, finding } from '../errors.js';
import { sharedNames } from '../view/in-views.js';
import { placeOf, type Rule } from './check.js';

/** In a view, where what is generalised has another name, no two fields have the same, nor that of a column of every view. */
export const viewNames: Rule = {
  name: 'view-names',
  severity: 'blocks',
  run: (subject) =>
    sharedNames(subject.contract.fields).map(({ path, name, other }) =>
      finding(
        CONTRACT_ERRORS.viewNameShared,
        placeOf(subject, path),
        other === null
          ? `\`${path}\` would be named \`${name}\` in a view, as the person is in every view.`
          : `\`${path}\` would be named \`${name}\` in a view, as \`${other}\` is.`,
      ),
    ),
};
