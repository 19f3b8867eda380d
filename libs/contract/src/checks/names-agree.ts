import { avroNamespace, productTopic, recordName } from '../envelope/names.js';
import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import { parseSemver } from '../evolution/step.js';
import type { Rule, Subject } from './check.js';

const CAMEL = /^[a-z][a-zA-Z0-9]*$/;

/** Id, domain, version, topic, record name and namespace all say the same thing. */
export const namesAgree: Rule = {
  name: 'names-agree',
  severity: 'blocks',
  run: (subject) => [...contractNames(subject), ...schemaNames(subject), ...fieldNames(subject)],
};

function contractNames({ contract, read }: Subject): Finding[] {
  const { product, domain, major, version, name } = contract;
  const topic = productTopic(product, major);
  return [
    ...differs('domain', read.odcsDomain, domain),
    ...differs('schema[0].physicalName', read.topic, topic),
    ...differs('schema[0].name', read.recordName, recordName(name)),
    ...majorFinding(version, major),
  ];
}

function differs(place: string, given: string | null, due: string): Finding[] {
  if (given === due) return [];
  return [
    finding(
      CONTRACT_ERRORS.identityDiffers,
      `contract.odcs.yaml#${place}`,
      `It should be ${due}, as the id says.`,
      { fix: `Write ${due}.` },
    ),
  ];
}

function majorFinding(version: string, major: number): Finding[] {
  const parsed = parseSemver(version);
  if (parsed === null || parsed.major === major) return [];
  return [
    finding(
      CONTRACT_ERRORS.identityDiffers,
      'contract.odcs.yaml#version',
      `Version ${version} is not of major ${major}, as the id says.`,
    ),
  ];
}

function schemaNames({ contract, root }: Subject): Finding[] {
  if (root === null) return [];
  const namespace = avroNamespace(contract.domain);
  const name = recordName(contract.name);
  return [
    ...(root.namespace === namespace
      ? []
      : [
          finding(
            CONTRACT_ERRORS.namespaceWrong,
            'schema.avsc#namespace',
            `The namespace should be ${namespace}.`,
            { fix: `Write "namespace": "${namespace}".` },
          ),
        ]),
    ...(root.name === name
      ? []
      : [
          finding(
            CONTRACT_ERRORS.nameWrong,
            'schema.avsc#name',
            `The record should be named ${name}, after the product.`,
            { fix: `Write "name": "${name}".` },
          ),
        ]),
  ];
}

function fieldNames({ contract, read }: Subject): Finding[] {
  return contract.fields
    .filter(({ name }) => !CAMEL.test(name))
    .map(({ name, path }) =>
      finding(
        CONTRACT_ERRORS.nameWrong,
        read.places.get(path) ?? path,
        `The field name \`${name.slice(0, 60)}\` is not camelCase.`,
      ),
    );
}
