/**
 * Decided history at size: disk space, and how long a node takes to catch up on it and to copy all of it.
 *
 * `node test/bench/history.ts [--certificates N] [--validators N] [--json]`. Two committees of four decide a vote in every slot.
 * One certificate is the vote (112 bytes), the RSA signatures of a quorum of three operators (256 bytes each), and the proofs of
 * the validators that attest in that slot, each in one slot of an epoch: the validator's own signature (96 bytes) as a rule, and
 * for every sixteenth, as where a node missed the combining, the partial signatures of three operators. All signatures are made
 * and verified; files are real. Pages are encoded and decoded, but do not cross a network and are not paced. Measured, never
 * asserted.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SecretKey } from '@chainsafe/blst';
import { createClock } from '../../src/app/clock.ts';
import { createVerifyOperator } from '../../src/app/history/verify-operator.ts';
import { fromHex } from '../../src/core/bytes.ts';
import { encodeVote } from '../../src/core/duty/value.ts';
import { epochOf } from '../../src/core/eth2/slots.ts';
import { messageOf } from '../../src/core/history/certificate.ts';
import {
  type Certificate,
  type Claim,
  type Entry,
  type Proof,
  wholeCluster,
} from '../../src/core/history/entry.ts';
import { rootUnder } from '../../src/core/history/fold.ts';
import { decodeResponse, encodeResponse, type HistoryResponse } from '../../src/core/history/messages.ts';
import type { Epoch, OperatorId, Root, ShareKey, Slot, ValidatorKey } from '../../src/core/ids.ts';
import { committeeOf, validatorNumber } from '../../src/core/registry/build-registry.ts';
import type { Committee, Registry, Validator } from '../../src/core/registry/committee.ts';
import { parseOperatorPublicKey } from '../../src/core/registry/operator-public-key.ts';
import { domainOf } from '../../src/core/wire/message-id.ts';
import { encodeSsvMessage } from '../../src/core/wire/signed.ts';
import { createCombiner } from '../../src/crypto/combiner.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createDecidedLog } from '../../src/storage/decided/decided-log.ts';
import { openDecidedFile } from '../../src/storage/decided/open.ts';
import { createSlashingFold } from '../../src/storage/decided/slashing-fold.ts';
import { type Answer, converse, requestsOf } from '../../src/workflow/history/conversation.ts';
import { copyHistory } from '../../src/workflow/history/copy-history.ts';
import { createServe } from '../../src/workflow/history/serve.ts';
import { simNetworkOf } from '../simulation/world/cluster.ts';

const { values } = parseArgs({
  options: {
    certificates: { type: 'string', default: '100000' },
    validators: { type: 'string', default: '64' },
    json: { type: 'boolean', default: false },
  },
});
const count = Number(values.certificates);
const validatorsEach = Number(values.validators);
const network = { ...simNetworkOf(true), slotsPerEpoch: 32 };
const domain = domainOf(network.genesisValidatorsRoot, network.genesisForkVersion);

const newSecret = (): SecretKey => SecretKey.fromKeygen(randomBytes(32));
const operatorKeys = new Map<OperatorId, KeyObject>();
/** Of validators and of shares, by public key. They are independent here: nothing in this bench combines. */
const secrets = new Map<string, SecretKey>();
const keyFor = (): string => {
  const secret = newSecret();
  const key = secret.toPublicKey().toHex();
  secrets.set(key, secret);
  return key;
};

const committees: readonly Committee[] = [
  [1, 2, 3, 4],
  [1, 2, 3, 5],
].map((ids) => committeeOf(ids as OperatorId[]));
const registry = ((): Registry => {
  const operators = ([1, 2, 3, 4, 5] as OperatorId[]).map((id) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    operatorKeys.set(id, privateKey);
    const publicKeyPem = parseOperatorPublicKey(publicKey.export({ type: 'spki', format: 'pem' })) ?? '';
    return { id, publicKeyPem, addresses: [] };
  });
  const validators = committees.flatMap(({ id, operators: members }) =>
    Array.from({ length: validatorsEach }, (): Validator => {
      const key = keyFor() as ValidatorKey;
      const shares = new Map(members.map((member) => [member, keyFor() as ShareKey]));
      const policy = { feeRecipient: null, gasLimit: null };
      return { key, number: validatorNumber(key), committee: id, shares, policy };
    }),
  );
  return {
    operators: new Map(operators.map((operator) => [operator.id, operator])),
    committees: new Map(committees.map((committee) => [committee.id, committee])),
    validators: new Map(validators.map((validator) => [validator.key, validator])),
    byNumber: new Map(validators.map((validator) => [validator.number, validator])),
  };
})();
const validatorsOf = new Map(
  committees.map(({ id }) => [
    id,
    [...registry.validators.values()].filter(({ committee }) => committee === id),
  ]),
);

let proofsMade = 0;
const proofOf = (validator: Validator, root: Root): Proof => {
  const signedBy = (key: string): Uint8Array => (secrets.get(key) as SecretKey).sign(fromHex(root)).toBytes();
  const claims: readonly Claim[] =
    ++proofsMade % 16 === 0
      ? [...validator.shares].slice(0, 3).map(([by, share]) => ({ by, signature: signedBy(share) }))
      : [{ by: wholeCluster, signature: signedBy(validator.key) }];
  return { validator: validator.key, index: 0, claims };
};

const entryAt = (slot: Slot, committee: Committee): Entry => {
  const target = epochOf(network, slot);
  const root = `0x${randomBytes(32).toString('hex')}` as Root;
  const bare: Certificate = {
    duty: { committee: committee.id, role: 'attestation', slot, validator: null, subcommittee: 0 },
    round: 1,
    value: encodeVote({
      beaconBlockRoot: root,
      source: { epoch: (target - 1) as Epoch, root },
      target: { epoch: target, root },
    }),
    operators: committee.operators.slice(0, committee.quorum),
    signatures: [],
  };
  const data = encodeSsvMessage(messageOf(domain, bare).message);
  const signatures = bare.operators.map((operator) =>
    Uint8Array.from(sign('sha256', data, operatorKeys.get(operator) as KeyObject)),
  );
  const signingRoot = rootUnder(network, bare, 0) as Root;
  const attesting = (validatorsOf.get(committee.id) ?? []).filter((_, at) => at % 32 === slot % 32);
  const proofs = attesting.map((validator) => proofOf(validator, signingRoot));
  return { certificate: { ...bare, signatures }, proofs };
};

const folder = mkdtempSync(join(tmpdir(), 'quorate-bench-'));
const { genesisValidatorsRoot } = network;
const openLog = (name: string) => {
  const file = openDecidedFile({ path: join(folder, name), genesisValidatorsRoot, nowMs: Date.now() });
  const log = createDecidedLog(file, { committees: () => registry.committees, bytesMax: 2 ** 40 });
  return { file, log };
};
const secondsSince = (startMs: number): number => Math.round(performance.now() - startMs) / 1000;

/** Throws where an answer did not count: then the times mean nothing. */
const entriesIn = (answers: readonly (Answer | null)[]): number =>
  answers.reduce((sum, answer) => {
    if (answer?.type !== 'answered') throw new Error(`not answered: ${JSON.stringify(answer)}`);
    return sum + answer.entries;
  }, 0);

/** Slots from 32 on, one certificate of each committee in each. */
const slots = Math.ceil(count / committees.length);
const fill = (log: {
  store(entries: readonly Entry[]): void;
}): { makeSeconds: number; storeSeconds: number } => {
  const startMs = performance.now();
  let storeMs = 0;
  for (let at = 0; at < slots; ) {
    const batch: Entry[] = [];
    for (; batch.length < 200 && at < slots; at++)
      for (const committee of committees) batch.push(entryAt((32 + at) as Slot, committee));
    const storeStartMs = performance.now();
    log.store(batch);
    storeMs += performance.now() - storeStartMs;
  }
  return { makeSeconds: secondsSince(startMs + storeMs), storeSeconds: Math.round(storeMs) / 1000 };
};

const [full, empty] = [openLog('full.sqlite'), openLog('empty.sqlite')];
const combiner = createCombiner();
try {
  const filled = fill(full.log);
  full.file.sql.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const diskBytes = statSync(join(folder, 'full.sqlite')).size;
  const rssFilled = process.memoryUsage.rss();

  const serve = createServe({ registry, log: full.log, flush: () => {}, status: () => [] });
  let [serveMs, pages, bytesSent] = [0, 0, 0];
  const ask = async (_: OperatorId, request: Parameters<typeof serve>[0]): Promise<HistoryResponse> => {
    const startedMs = performance.now();
    const bytes = encodeResponse(serve(request));
    serveMs += performance.now() - startedMs;
    pages += 1;
    bytesSent += bytes.length;
    return decodeResponse(bytes) as HistoryResponse;
  };
  using database = openDatabase({
    path: join(folder, 'slashing.sqlite'),
    create: true,
    genesisValidatorsRoot,
  });
  const ports = {
    network,
    domain,
    registry,
    clock: { ...createClock(), now: () => network.genesisTimeMs + (slots + 64) * network.slotMs },
    keys: {
      self: 9 as OperatorId,
      sign: async () => new Uint8Array(0),
      verify: createVerifyOperator(registry),
    },
    combiner,
    log: empty.log,
    peers: { ask, blame: (_: OperatorId, why: string) => console.error('blamed', why) },
    connected: { isConnected: () => true, connectedSinceMs: () => 0, onLost: () => {} },
    slashing: createSlashingFold(database),
    report: () => {},
  };
  const never = new AbortController().signal;
  const since = (32 + slots - 8 * 32) as Slot;
  const caught: (Answer | null)[] = [];
  const caughtMs = performance.now();
  for (const committee of committees) {
    const validators = (validatorsOf.get(committee.id) ?? []).map(({ key }) => key);
    caught.push(await converse(ports, 1 as OperatorId, requestsOf({ committee, validators, since }), never));
  }
  const catchUp = { seconds: secondsSince(caughtMs), pages, bytes: bytesSent, entries: entriesIn(caught) };
  [serveMs, pages, bytesSent] = [0, 0, 0];
  const copiedMs = performance.now();
  const range = { from: 0 as Slot, to: (slots + 64) as Slot };
  const copied: (Answer | null)[] = [];
  for (const committee of committees) copied.push(await copyHistory(ports, committee, range, never, 0));
  const copy = {
    seconds: secondsSince(copiedMs),
    pages,
    bytes: bytesSent,
    msToServePage: serveMs / pages,
    copied,
  };
  const result = {
    certificates: slots * committees.length,
    proofs: proofsMade,
    ...filled,
    diskBytes,
    bytesPerCertificate: Math.round(diskBytes / (slots * committees.length)),
    catchUp,
    copy,
    rssAfterFillBytes: rssFilled,
    rssPeakBytes: process.resourceUsage().maxRSS * 1024,
  };
  console.log(values.json ? JSON.stringify(result) : result);
} finally {
  full.file[Symbol.dispose]();
  empty.file[Symbol.dispose]();
  await combiner[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
}
