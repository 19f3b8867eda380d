/** A credential as `POST /v1/grants/{id}/credentials` answers it, once. */
export type ClientCredential = {
  clientId: string;
  clientSecret: string | null;
  keyId: string | null;
  expires: string;
  tokenUrl: string;
  scope: string;
  audience: string;
  bootstrap: string;
  securityProtocol: string;
  saslMechanism: string;
  registryUrl: string;
  topics: string[];
  groupPrefix: string;
};
