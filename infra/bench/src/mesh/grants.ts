import type { Consumer } from '@platformatic/kafka';
import type { Rig } from './rig.js';

/** What `mesh grant credentials` prints, as far as it is needed. */
export type Credential = {
  clientId: string;
  clientSecret: string;
  tokenUrl: string;
  bootstrap: string;
  groupPrefix: string;
  topics: string[];
};

export type Connection = Pick<
  ConstructorParameters<typeof Consumer>[0],
  'bootstrapBrokers' | 'sasl'
>;

/** What a command answers, in JSON, to one of the seeded people. */
export async function answerOf<T>({ mesh }: Rig, words: string[], who = 'analyst'): Promise<T> {
  return JSON.parse(await mesh.command(...words, '--as', who, '-o', 'json')) as T;
}

/** Asks for all fields of a product for a month; resolves with the grant's id. */
export async function requested(
  rig: Rig,
  product: string,
  purpose: string,
  legalBasis: string,
): Promise<string> {
  const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  const { id } = await answerOf<{ id: string }>(rig, [
    ...['grant', 'request', '--product', product, '--purpose', purpose],
    ...['--legal-basis', legalBasis, '--organisation', 'QUY', '--until', until],
    ...['--reason', 'Bench'],
  ]);
  return id;
}

/** Decides on a grant as one of the seeded people. */
export async function decide(rig: Rig, id: string, decision: string, who: string): Promise<void> {
  await answerOf(rig, ['grant', decision, id, '--reason', 'Bench'], who);
}

/** Makes a credential, which the grant must be approved for. */
export const credentialOf = (rig: Rig, id: string, who = 'analyst'): Promise<Credential> =>
  answerOf(rig, ['grant', 'credentials', id], who);

/** How its holder reaches the broker. */
export function grantConnection({ bootstrap, ...client }: Credential): Connection {
  const token = async () => {
    const answer = await fetch(client.tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client.clientId,
        client_secret: client.clientSecret,
      }),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  return { bootstrapBrokers: bootstrap.split(','), sasl: { mechanism: 'OAUTHBEARER', token } };
}
