import { CLIENT_FORMATS } from '@caremesh/contract';
import { z } from 'zod';

const format = z.enum(CLIENT_FORMATS);

/** Without a public key the credential has a secret. `settingsFor` names clients that ready settings are wanted for. */
export const credentialBody = z
  .strictObject({
    publicKey: z.record(z.string().max(20), z.unknown()).optional(),
    settingsFor: z.array(format).max(CLIENT_FORMATS.length).default([]),
  })
  .prefault({});
export type CredentialBody = z.output<typeof credentialBody>;

/** Which client settings are wanted for. */
export const settingsQuery = z.strictObject({ format });
export type SettingsQuery = z.output<typeof settingsQuery>;
