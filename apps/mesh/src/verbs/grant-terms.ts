/** What is agreed beside purpose, fields and period. */
export type Terms = {
  people?: { name: string; role?: string }[] | undefined;
  justifications?: Record<string, string> | undefined;
  dpia?: { reference: string; date?: string } | undefined;
  agreement?: { reference: string; until: string } | undefined;
  dspt?: { status: string; year?: string } | undefined;
  reviewOn?: string | null | undefined;
  retention?: { period: string; eraseWithdrawn?: boolean } | undefined;
  optOutExemption?: { exemption: string; reference: string } | undefined;
};

/** The terms as whoever decides reads them: a line for each, and one for each field that is justified. */
export function termFacts(terms: Terms): [string, string][] {
  const { people = [], justifications = {}, dpia, agreement, dspt, retention } = terms;
  const { optOutExemption: exempt, reviewOn } = terms;
  const facts: [string, string][] = [
    ['people', people.map(({ name, role }) => (role ? `${name} (${role})` : name)).join(', ')],
    ...Object.entries(justifications).map(([field, why]): [string, string] => [
      `why ${field}`,
      why,
    ]),
    ['impact assessment', joined(dpia?.reference, dpia?.date)],
    ['sharing agreement', joined(agreement?.reference, agreement && `until ${agreement.until}`)],
    ['DSPT', joined(dspt?.status, dspt?.year)],
    ['review on', reviewOn ?? ''],
    ['retention', retention ? retentionText(retention) : ''],
    ['opt-out exemption', joined(exempt?.exemption, exempt?.reference)],
  ];
  return facts.filter(([, text]) => text !== '');
}

function retentionText({ period, eraseWithdrawn }: NonNullable<Terms['retention']>): string {
  const erased = eraseWithdrawn ? '; what is held of people taken out is erased' : '';
  return `${period} after the end${erased}`;
}

const joined = (...parts: (string | undefined)[]): string => parts.filter(Boolean).join(', ');
