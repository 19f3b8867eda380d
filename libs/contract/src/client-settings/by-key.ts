import type { ClientCredential } from './credential.js';
import { nodeExports } from './stream.js';

/** Where the program looks for the private key of the credential: a JWK beside it. */
const KEY_FILE = 'private.jwk';
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** RFC 7523 section 3 asks for an end; the client signs anew for each token. */
const ASSERTION_SECONDS = 60;

/** confluent-kafka for Python, signing with authlib: the two dictionaries its Consumer and SchemaRegistryClient take. */
export function pythonByKey(credential: ClientCredential): string {
  const { clientId, keyId, tokenUrl, bootstrap, securityProtocol, saslMechanism } = credential;
  const text = (value: unknown) => JSON.stringify(value);
  return [
    'import json',
    'import time',
    'import uuid',
    '',
    'import httpx',
    'from authlib.jose import JsonWebKey, jwt',
    '',
    `KEY = JsonWebKey.import_key(json.load(open(${text(KEY_FILE)})))`,
    'ALGORITHM = {"RSA": "RS256", "EC": "ES256"}[KEY.kty]',
    '',
    '',
    'def token(_):',
    '    now = int(time.time())',
    '    claims = {',
    `        "iss": ${text(clientId)},`,
    `        "sub": ${text(clientId)},`,
    `        "aud": ${text(tokenUrl)},`,
    '        "jti": str(uuid.uuid4()),',
    '        "iat": now,',
    `        "exp": now + ${ASSERTION_SECONDS},`,
    '    }',
    '    answer = httpx.post(',
    `        ${text(tokenUrl)},`,
    '        data={',
    '            "grant_type": "client_credentials",',
    `            "client_id": ${text(clientId)},`,
    `            "client_assertion_type": ${text(ASSERTION)},`,
    `            "client_assertion": jwt.encode({"alg": ALGORITHM, "kid": ${text(keyId)}}, claims, KEY).decode(),`,
    '        },',
    '    ).raise_for_status().json()',
    '    return answer["access_token"], time.time() + answer["expires_in"]',
    '',
    '',
    'CONSUMER = {',
    `    "bootstrap.servers": ${text(bootstrap)},`,
    `    "security.protocol": ${text(securityProtocol)},`,
    `    "sasl.mechanisms": ${text(saslMechanism)},`,
    '    "oauth_cb": token,',
    `    "group.id": ${text(`${credential.groupPrefix}python`)},`,
    '    "auto.offset.reset": "earliest",',
    '}',
    `REGISTRY = {"url": ${text(credential.registryUrl)}}`,
    `TOPICS = ${text(credential.topics)}`,
  ].join('\n');
}

/** @platformatic/kafka, signing with Node's own crypto: an ES module that exports the options of its Consumer. */
export function nodeByKey(credential: ClientCredential): string {
  const { clientId, keyId, tokenUrl } = credential;
  const text = (value: unknown) => JSON.stringify(value);
  return [
    "import { createPrivateKey, randomUUID, sign } from 'node:crypto';",
    "import { readFileSync } from 'node:fs';",
    '',
    `const key = createPrivateKey({ key: JSON.parse(readFileSync('${KEY_FILE}', 'utf8')), format: 'jwk' });`,
    "const alg = key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256';",
    "const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');",
    '',
    'function assertion() {',
    '  const now = Math.floor(Date.now() / 1000);',
    `  const who = { iss: ${text(clientId)}, sub: ${text(clientId)}, aud: ${text(tokenUrl)} };`,
    `  const claims = { ...who, jti: randomUUID(), iat: now, exp: now + ${ASSERTION_SECONDS} };`,
    `  const signed = \`\${part({ alg, kid: ${text(keyId)} })}.\${part(claims)}\`;`,
    "  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });",
    "  return `${signed}.${signature.toString('base64url')}`;",
    '}',
    '',
    'async function token() {',
    `  const answer = await fetch(${text(tokenUrl)}, {`,
    "    method: 'POST',",
    '    body: new URLSearchParams({',
    "      grant_type: 'client_credentials',",
    `      client_id: ${text(clientId)},`,
    `      client_assertion_type: ${text(ASSERTION)},`,
    '      client_assertion: assertion(),',
    '    }),',
    '  });',
    '  return (await answer.json()).access_token;',
    '}',
    ...nodeExports(credential),
  ].join('\n');
}
