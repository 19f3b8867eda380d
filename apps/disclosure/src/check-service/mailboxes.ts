import { readFileSync } from 'node:fs';

import { problem, readSecret } from '@caremesh/platform';
import { z } from 'zod';

import { disclosureErrors } from '../errors.js';
import type { Mailbox } from './mailbox.js';
import { MeshMailbox } from './mesh-mailbox.js';
import { optedOutFile, StandInMailbox } from './stand-in.js';

/** The mailbox of each organisation; null where it has none. */
export type Mailboxes = (organisation: string) => Mailbox | null;

const account = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  mailbox: z.string().regex(/^[A-Z0-9]{4,20}$/),
  passwordFile: z.string(),
  sharedKeyFile: z.string(),
  checkMailbox: z.string().regex(/^[A-Z0-9]{4,20}$/),
  workflow: z.string().default('SPINE_NTT_UPHOLDING'),
  /** The workflow of answers; without one, whatever the check service's mailbox sends is an answer. */
  answerWorkflow: z.string().optional(),
  tls: z
    .strictObject({ certFile: z.string(), keyFile: z.string(), caFile: z.string().optional() })
    .optional(),
});
const accounts = z.record(z.string(), account);

/**
 * The mailboxes that `file` names, by ODS code (`*` for every other organisation). Without a file: the stand-in, but in
 * production none. Throws MESH-4401 naming what is wrong with the file.
 */
export function mailboxesOf(settings: {
  mode: string;
  home: string;
  file: string | undefined;
}): Mailboxes {
  if (settings.file === undefined) {
    if (settings.mode === 'production') return () => null;
    const standIn = new StandInMailbox(optedOutFile(settings.home));
    return () => standIn;
  }
  const all = Object.entries(readAccounts(settings.file));
  // What is sent there are NHS numbers: in production they cross a network.
  const inClear = all.filter(([, { url }]) => new URL(url).protocol !== 'https:');
  if (settings.mode === 'production' && inClear.length > 0) {
    const urls = inClear.map(([ods]) => `${ods}.url`);
    throw problem(disclosureErrors.mailboxesInvalid, `${urls.join(', ')}: https in production`);
  }
  const named = new Map(all.map(([ods, one]) => [ods, opened(one)]));
  return (organisation) => named.get(organisation) ?? named.get('*') ?? null;
}

function readAccounts(file: string): z.output<typeof accounts> {
  try {
    return accounts.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    const paths = cause instanceof z.ZodError ? cause.issues.map(({ path }) => path.join('.')) : [];
    throw problem(disclosureErrors.mailboxesInvalid, paths.join(', ') || file, [], cause);
  }
}

function opened(named: z.output<typeof account>): Mailbox {
  const { passwordFile, sharedKeyFile, answerWorkflow, tls, ...rest } = named;
  const text = (file: string) => readFileSync(file, 'utf8');
  return new MeshMailbox({
    ...rest,
    url: rest.url.replace(/\/+$/, ''),
    password: readSecret(passwordFile),
    sharedKey: readSecret(sharedKeyFile),
    ...(answerWorkflow !== undefined && { answerWorkflow }),
    ...(tls && {
      tls: {
        ...{ cert: text(tls.certFile), key: text(tls.keyFile) },
        ...(tls.caFile !== undefined && { ca: text(tls.caFile) }),
      },
    }),
  });
}
