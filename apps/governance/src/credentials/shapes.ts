import { z } from 'zod';

/** Without a public key the credential has a secret. */
export const credentialBody = z
  .strictObject({ publicKey: z.record(z.string().max(20), z.unknown()).optional() })
  .default({});
export type CredentialBody = z.output<typeof credentialBody>;
