import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** A certificate and its private key, in PEM. */
export type Identity = { cert: string; key: string };
type Issuer = { name: string; key: KeyObject };

const OID = { name: '550403', ecdsaWithSha256: '2a8648ce3d040302', basicConstraints: '551d13' };

/** An authority made for one spec: its own certificate, and what it certifies. */
export function authority(name: string): Identity & { certify(name: string): Identity } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = { name, key: privateKey };
  return {
    ...identity(certificate(name, privateKey, issuer, true), privateKey),
    certify(subject) {
      const { privateKey: own } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return identity(certificate(subject, own, issuer, false), own);
    },
  };
}

function identity(der: Buffer, key: KeyObject): Identity {
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** An X.509 version 3 certificate, good for a day (RFC 5280, section 4.1). */
function certificate(subject: string, key: KeyObject, issuer: Issuer, isAuthority: boolean) {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const extension = sequence(
    oid(OID.basicConstraints),
    tagged(0x01, Buffer.of(0xff)),
    tagged(0x04, isAuthority ? sequence(tagged(0x01, Buffer.of(0xff))) : sequence()),
  );
  const content = sequence(
    tagged(0xa0, integer(2)),
    integer(Math.ceil(Math.random() * 1_000_000)),
    algorithm,
    nameOf(issuer.name),
    sequence(time(-3_600_000), time(86_400_000)),
    nameOf(subject),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(extension)),
  );
  const signature = sign('sha256', content, issuer.key);
  return sequence(content, algorithm, tagged(0x03, Buffer.concat([Buffer.of(0), signature])));
}

/** Distinguished encoding rules (X.690): tag, length, content. */
function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const long = Buffer.from([0x82, length >> 8, length & 0xff]);
  return Buffer.concat([Buffer.of(tag), length < 0x80 ? Buffer.of(length) : long, content]);
}

const sequence = (...parts: Buffer[]): Buffer => tagged(0x30, ...parts);
const oid = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'));

function integer(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return tagged(0x02, bytes[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

function time(fromNow: number): Buffer {
  const text = new Date(Date.now() + fromNow).toISOString().replace(/\.\d+|[-:T]/g, '');
  return tagged(0x17, Buffer.from(text.slice(2)));
}

const nameOf = (text: string): Buffer =>
  sequence(tagged(0x31, sequence(oid(OID.name), tagged(0x0c, Buffer.from(text)))));
