/**
 * The cluster file as a value: which operators there are, which validators they run, who holds which share.
 *
 * parseCluster takes what a YAML or JSON parser returned and finds all problems at once. Reading the file is left to app/,
 * whether the parts fit together to build-registry.ts.
 */
import { isHexOf } from '../bytes.ts';
import {
  type OperatorId,
  parseOperatorId,
  parseShareKey,
  parseValidatorKey,
  type ShareKey,
  type ValidatorKey,
} from '../ids.ts';
import { readOperator } from './cluster-operator.ts';
import type { Operator, ValidatorPolicy } from './committee.ts';
import { createProblems, type Problems, pathOf, readList, readMapping, readParsed, shown } from './field.ts';

export interface ClusterValidator {
  readonly key: ValidatorKey;
  readonly operators: readonly OperatorId[];
  readonly shares: ReadonlyMap<OperatorId, ShareKey>;
  readonly policy: ValidatorPolicy;
}

export interface Cluster {
  readonly version: 1;
  /** A network's name, or 'custom' where a network file describes it. */
  readonly network: string;
  readonly operators: readonly Operator[];
  readonly validators: readonly ClusterValidator[];
}

export type Outcome<T> =
  | { readonly type: 'ok'; readonly value: T }
  | { readonly type: 'problems'; readonly problems: readonly string[] };

export const operatorsMax = 1000;
export const validatorsMax = 20_000;
const committeeMax = 13;

/** Problems are sentences that begin with the path of the field. */
export const parseCluster = (value: unknown): Outcome<Cluster> => {
  const problems = createProblems();
  const file = readMapping(
    value,
    '',
    ['version', 'network', 'operators', 'defaults', 'validators'],
    problems,
  );
  if (file === null) return { type: 'problems', problems: problems.list() };
  if (file.version !== 1)
    problems.note('version', `must be 1, the only version there is, is ${shown(file.version)}`);
  const network = readParsed(
    file.network,
    'network',
    'the name of a network, or custom',
    parseName,
    problems,
  );
  const operators = (readList(file.operators, 'operators', 4, operatorsMax, problems) ?? []).map(
    (entry, at) => readOperator(entry, `operators[${at}]`, problems),
  );
  const defaults = readDefaults(file.defaults, problems);
  const everyone = operators
    .flatMap((operator) => (operator === null ? [] : [operator.id]))
    .sort((a, b) => a - b);
  const validators = (readList(file.validators, 'validators', 0, validatorsMax, problems) ?? []).map(
    (entry, at) =>
      readValidator(
        entry,
        `validators[${at}]`,
        { ...defaults, operators: defaults.operators ?? everyone },
        problems,
      ),
  );
  if (problems.found || network === null) return { type: 'problems', problems: problems.list() };
  return {
    type: 'ok',
    value: {
      version: 1,
      network,
      operators: operators.filter((operator) => operator !== null),
      validators: validators.filter((validator) => validator !== null),
    },
  };
};

const parseName = (value: unknown): string | null =>
  typeof value === 'string' && /^[a-z0-9][a-z0-9-]{0,63}$/.test(value) ? value : null;

interface Defaults extends ValidatorPolicy {
  readonly operators: readonly OperatorId[] | null;
}

const readDefaults = (value: unknown, problems: Problems): Defaults => {
  const none = { operators: null, feeRecipient: null, gasLimit: null };
  if (value === undefined || value === null) return none;
  const entry = readMapping(value, 'defaults', ['operators', 'feeRecipient', 'gasLimit'], problems);
  if (entry === null) return none;
  return {
    operators: readOperatorIds(entry.operators, 'defaults.operators', null, problems),
    ...readPolicy(entry, 'defaults', none, problems),
  };
};

const readValidator = (
  value: unknown,
  path: string,
  defaults: Defaults & { readonly operators: readonly OperatorId[] },
  problems: Problems,
): ClusterValidator | null => {
  const entry = readMapping(
    value,
    path,
    ['publicKey', 'operators', 'shares', 'feeRecipient', 'gasLimit'],
    problems,
  );
  if (entry === null) return null;
  const key = readParsed(
    entry.publicKey,
    `${path}.publicKey`,
    '48 bytes of 0x-hex (quoted)',
    parseValidatorKey,
    problems,
  );
  const operators = readOperatorIds(entry.operators, `${path}.operators`, defaults.operators, problems);
  const shares = readShares(entry.shares, `${path}.shares`, problems);
  const policy = readPolicy(entry, path, defaults, problems);
  if (key === null || operators === null || shares === null) return null;
  return { key, operators, shares, policy };
};

const readOperatorIds = <T extends readonly OperatorId[] | null>(
  value: unknown,
  path: string,
  otherwise: T,
  problems: Problems,
): readonly OperatorId[] | T => {
  if (value === undefined) return otherwise;
  const list = readList(value, path, 4, committeeMax, problems);
  return (list ?? [])
    .map((id, at) => readParsed(id, `${path}[${at}]`, "an operator's id", parseOperatorId, problems))
    .filter((id) => id !== null)
    .sort((a, b) => a - b);
};

const readShares = (
  value: unknown,
  path: string,
  problems: Problems,
): ReadonlyMap<OperatorId, ShareKey> | null => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.note(path, `must map each operator's id to its share public key, is ${shown(value)}`);
    return null;
  }
  const entries = Object.entries(value);
  if (entries.length > committeeMax) {
    problems.note(path, `must have at most ${committeeMax} entries, has ${entries.length}`);
    return null;
  }
  const shares = new Map<OperatorId, ShareKey>();
  for (const [name, share] of entries) {
    const id = readParsed(name, path, "keyed by operators' ids", parseIdText, problems);
    const key = readParsed(
      share,
      pathOf(path, name.slice(0, 20)),
      '48 bytes of 0x-hex (quoted)',
      parseShareKey,
      problems,
    );
    if (id !== null && key !== null) shares.set(id, key);
  }
  return shares;
};

const parseIdText = (value: unknown): OperatorId | null =>
  typeof value === 'string' && /^[1-9]\d{0,9}$/.test(value) ? parseOperatorId(Number(value)) : null;

const readPolicy = (
  entry: Readonly<Record<string, unknown>>,
  path: string,
  otherwise: ValidatorPolicy,
  problems: Problems,
): ValidatorPolicy => ({
  feeRecipient:
    entry.feeRecipient === undefined
      ? otherwise.feeRecipient
      : readParsed(
          entry.feeRecipient,
          `${path}.feeRecipient`,
          '20 bytes of 0x-hex (quoted)',
          parseFeeRecipient,
          problems,
        ),
  gasLimit:
    entry.gasLimit === undefined
      ? otherwise.gasLimit
      : readParsed(
          entry.gasLimit,
          `${path}.gasLimit`,
          'a whole number of gas, at least 1',
          parseGasLimit,
          problems,
        ),
});

const parseFeeRecipient = (value: unknown): string | null =>
  isHexOf(value, 20) ? value.toLowerCase() : null;

/** A number, or decimal text for what a JSON number cannot hold. */
const parseGasLimit = (value: unknown): bigint | null => {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 1 ? BigInt(value) : null;
  return typeof value === 'string' && /^[1-9]\d{0,18}$/.test(value) ? BigInt(value) : null;
};
