import type { Use } from './question.js';

/** The choices a person in England can make about their records, each in force at its own place. */
export const CHOICES = {
  dissent: {
    title: 'Local dissent to sharing',
    made: 'with the practice, hospital or other service that holds the record',
    place: 'the publishing domain: the person is left out of the product topic',
  },
  'type-1': {
    title: 'Type 1 opt-out',
    made: 'with the GP practice, as a coded entry in the record',
    place: 'the GP service: the person is left out of the secondary edition',
  },
  national: {
    title: 'National data opt-out',
    made: 'on nhs.uk, in the NHS App or by telephone; held on the Spine against the NHS number',
    place: 'disclosure: no record of the person enters a view the choice applies to',
  },
} as const;
export type Choice = keyof typeof CHOICES;

/** One row: the first whose `when` holds decides. */
export type Rule = {
  name: string;
  choice: Choice;
  applies: boolean;
  when: (use: Use) => boolean;
  /** The condition, in words, for the page. */
  condition: string;
  reason: string;
};

const always = (): boolean => true;
const isCare = ({ purpose }: Use): boolean => purpose === 'individual-care';

/**
 * The decision table. Source of the national rules: NHS England's operational policy guidance on the national data
 * opt-out, sections 2 and 6 to 8; of the Type 1 rules, the practice's duty not to let identifiable data leave for
 * anything but direct care.
 */
export const RULES: readonly Rule[] = [
  rule('dissent', true, 'care', isCare, 'individual care', 'Others would see the record for care.'),
  rule('dissent', false, 'other-use', always, 'any other purpose', 'It is about care alone.'),

  rule('type-1', false, 'care', isCare, 'individual care', 'It is about every use but care.'),
  rule(
    'type-1',
    false,
    'nobody',
    ({ data }) => data === 'nobody',
    'data about no person',
    'There is nobody who could have chosen.',
  ),
  rule(
    'type-1',
    true,
    'other-use',
    always,
    'any other purpose, whatever the legal basis',
    'Data would leave the practice for something else than care; what leaves identifies people until disclosure has made a view of it.',
  ),

  rule('national', false, 'care', isCare, 'individual care', 'It is about research and planning.'),
  rule(
    'national',
    false,
    'nobody',
    ({ data }) => data === 'nobody',
    'data about no person',
    'There is nobody who could have chosen.',
  ),
  rule(
    'national',
    false,
    'anonymised',
    ({ data }) => data === 'anonymised',
    'data anonymised in line with the ICO code of practice',
    'It is not confidential patient information.',
  ),
  rule(
    'national',
    false,
    'not-confidential',
    ({ commonLaw }) => commonLaw === 'not-confidential',
    'common law route not-confidential',
    'Who decided the grant found that it is not confidential patient information.',
  ),
  rule(
    'national',
    false,
    'consent',
    ({ commonLaw }) => commonLaw === 'consent',
    'common law route consent',
    'The person agreed to this very use, and explicit consent goes before the general choice.',
  ),
  rule(
    'national',
    false,
    'required-by-law',
    ({ commonLaw }) => commonLaw === 'statute',
    'common law route statute',
    'A law or a court order requires the disclosure.',
  ),
  rule(
    'national',
    false,
    'communicable-disease',
    ({ exemption }) => exemption === 'communicable-disease',
    'exemption communicable-disease',
    'Regulation 3 of the Health Service (Control of Patient Information) Regulations 2002: communicable disease and other risks to public health.',
  ),
  rule(
    'national',
    false,
    'public-interest',
    ({ exemption }) => exemption === 'public-interest',
    'exemption public-interest',
    'An overriding public interest was found, for this case alone.',
  ),
  rule(
    'national',
    false,
    'policy',
    ({ exemption }) => exemption === 'policy',
    'exemption policy',
    'The policy names this use as exempt, such as validating the invoices of non-contracted care.',
  ),
  rule(
    'national',
    true,
    'confidential',
    always,
    'anything else, above all common law route s251',
    'It is confidential patient information for research or planning, and nothing exempts it.',
  ),
];

function rule(
  choice: Choice,
  applies: boolean,
  name: string,
  when: (use: Use) => boolean,
  condition: string,
  reason: string,
): Rule {
  return { name, choice, applies, when, condition, reason };
}
