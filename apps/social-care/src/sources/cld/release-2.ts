/**
 * Values of release 2 by the spelling the specification gives them. Councils' systems differ in capitals, and
 * some still send release 1 words that national processing maps to release 2: both become the one spelling.
 * Whether a value is right is for the contract to say; a word not known here passes on as it came.
 */
const SPELLINGS = [
  'Service user',
  'Unpaid carer',
  'Unpaid carer known by association',
  'Long term support: Community',
  'Long term support: Nursing care',
  'Long term support: Prison',
  'Long term support: Residential care',
  'Short term support: Ongoing low level',
  'Short term support: Other short term',
  'Short term support: ST-Max',
  'Unpaid carer support: Direct to unpaid carer',
  'Unpaid carer support: Support involving the person cared-for',
  'Direct payment',
  'CASSR managed personal budget',
  'CASSR commissioned support',
  'Admitted to hospital',
  'Continuation of support or services',
  'NFA: Deceased',
  'NFA: Information and advice or signposting',
  'NFA: No services offered for other reason',
  'NFA: Other',
  'NFA: Referral to NHS services or NHS funded social care',
  'NFA: Referral to other service within the local authority',
  'NFA: Responsibility moved to another local authority',
  'NFA: Self-funded client or under 12wk disregard',
  'NFA: Support declined',
  'NFA: Support ended as planned',
  'NFA: Support ended for other reason',
  'Progress to assessment, review or reassessment',
  'Progress to reablement/ST-Max',
  'Progress to support planning or services',
  'Physical support: Access and mobility only',
  'Physical support: Personal care support',
  'Sensory support: Support for visual impairment',
  'Sensory support: Support for hearing impairment',
  'Sensory support: Support for dual impairment',
  'Support with memory and cognition',
  'Learning disability support',
  'Mental health support',
  'Social support: Substance misuse support',
  'Social support: Asylum seeker support',
  'Social support: Support for social isolation or other reason',
  'Social support: Support to unpaid carer',
  'Paid: Less than 16 hours a week',
  'Paid: 16 or more hours a week',
  'Paid: Hours per week unknown',
  'Not in paid employment: Seeking work',
  'Not in paid employment: Not actively seeking work or retired',
  'Not in paid employment: Voluntary work only',
  'Fully client funded',
  'Joint client and social care funded',
  'Fully social care funded',
  'Per session',
  'Hourly',
  'Daily',
  'Weekly',
  'Fortnightly',
  '4-weekly',
  'Monthly',
  'Quarterly',
  'Annually',
  'One-off',
  'No charge to client',
  'Yes',
  'No',
  'Unknown',
];

const RELEASE_1: Record<string, string> = {
  Carer: 'Unpaid carer',
  'Carer known by association': 'Unpaid carer known by association',
  'Carer support: Direct to carer': 'Unpaid carer support: Direct to unpaid carer',
  'Carer support: Support involving the person cared-for':
    'Unpaid carer support: Support involving the person cared-for',
  'Social support: Support to carer': 'Social support: Support to unpaid carer',
  'Social support: Support for social isolation/other':
    'Social support: Support for social isolation or other reason',
  'Social support: Support for social isolation / other':
    'Social support: Support for social isolation or other reason',
  'Social support: Support for social isolation or other':
    'Social support: Support for social isolation or other reason',
  'Not in paid employment (seeking work)': 'Not in paid employment: Seeking work',
  'Not in paid employment (not actively seeking work / retired)':
    'Not in paid employment: Not actively seeking work or retired',
  'Not in paid employment (voluntary work only)': 'Not in paid employment: Voluntary work only',
};

const plain = (text: string): string => text.toLowerCase().replace(/\s+/g, ' ');

const known = new Map([
  ...SPELLINGS.map((value): [string, string] => [plain(value), value]),
  ...Object.entries(RELEASE_1).map(([old, value]): [string, string] => [plain(old), value]),
]);

/** The value in the spelling of release 2. */
export const asRelease2 = (value: string | null): string | null =>
  value === null ? null : (known.get(plain(value)) ?? value);
