/**
 * Decided history at size: disk space, and how long a node takes to catch up on it and to copy all of it.
 *
 * `node test/bench/history.ts [--certificates N]`. Real RSA and BLS signatures, real files; pages are encoded and decoded but do
 * not cross a network, and are not paced. One vote of each slot with the signature of one validator. Measured, never asserted.
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
import { type Certificate, type Entry, wholeCluster } from '../../src/core/history/entry.ts';
import { rootUnder } from '../../src/core/history/fold.ts';
import { decodeResponse, encodeResponse, type HistoryResponse } from '../../src/core/history/messages.ts';
import type { Epoch, OperatorId, Root, Slot, ValidatorKey } from '../../src/core/ids.ts';
import type { Registry, Validator } from '../../src/core/registry/committee.ts';
import { parseOperatorPublicKey } from '../../src/core/registry/operator-public-key.ts';
import { domainOf } from '../../src/core/wire/message-id.ts';
import { encodeSsvMessage } from '../../src/core/wire/signed.ts';
import { createCombiner } from '../../src/crypto/combiner.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createDecidedLog } from '../../src/storage/decided/decided-log.ts';
import { openDecidedFile } from '../../src/storage/decided/open.ts';
import { createSlashingFold } from '../../src/storage/decided/slashing-fold.ts';
import { converse, requestsOf } from '../../src/workflow/history/conversation.ts';
import { copyHistory } from '../../src/workflow/history/copy-history.ts';
import { createServe } from '../../src/workflow/history/serve.ts';
import { createRegistry, simNetworkOf } from '../simulation/world/cluster.ts';

const { values } = parseArgs({ options: { certificates: { type: 'string', default: '100000' } } });
const count = Number(values.certificates);
const network = { ...simNetworkOf(true), slotsPerEpoch: 32 };
const domain = domainOf(network.genesisValidatorsRoot, network.genesisForkVersion);
const validatorCount = 32;

const secrets = Array.from({ length: validatorCount }, () => SecretKey.fromKeygen(randomBytes(32)));
const operatorKeys = new Map<OperatorId, KeyObject>();
const registry = ((): Registry => {
  const base = createRegistry(4, validatorCount);
  const validators = [...base.validators.values()].map(
    (validator, at): Validator => ({
      ...validator,
      key: secrets[at]?.toPublicKey().toHex() as ValidatorKey,
    }),
  );
  const operators = [...base.operators.values()].map((operator) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    operatorKeys.set(operator.id, privateKey);
    const publicKeyPem = parseOperatorPublicKey(publicKey.export({ type: 'spki', format: 'pem' })) ?? '';
    return { ...operator, publicKeyPem };
  });
  return {
    ...base,
    operators: new Map(operators.map((operator) => [operator.id, operator])),
    validators: new Map(validators.map((validator) => [validator.key, validator])),
    byNumber: new Map(validators.map((validator) => [validator.number, validator])),
  };
})();
const [committee] = [...registry.committees.values()];
if (committee === undefined) throw new Error('no committee');

const entryAt = (slot: Slot): Entry => {
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
  const secret = secrets[slot % validatorCount] as SecretKey;
  const signature = secret.sign(fromHex(rootUnder(network, bare, 0) as Root)).toBytes();
  const validator = secret.toPublicKey().toHex() as ValidatorKey;
  const proofs = [{ validator, index: 0, claims: [{ by: wholeCluster, signature }] } as const];
  return { certificate: { ...bare, signatures }, proofs };
};

const folder = mkdtempSync(join(tmpdir(), 'quorate-bench-'));
const { genesisValidatorsRoot } = network;
const openLog = (name: string) => {
  const file = openDecidedFile({ path: join(folder, name), genesisValidatorsRoot, nowMs: Date.now() });
  const log = createDecidedLog(file, { committees: () => registry.committees, bytesMax: 2 ** 40 });
  return { file, log };
};
const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
const sizeOf = (name: string): number =>
  statSync(join(folder, name)).size + statSync(join(folder, `${name}-wal`)).size;

const [full, empty] = [openLog('full.sqlite'), openLog('empty.sqlite')];
const combiner = createCombiner();
try {
  let storeMs = 0;
  for (let slot = 32; slot < 32 + count; ) {
    const batch: Entry[] = [];
    for (; batch.length < 200 && slot < 32 + count; slot++) batch.push(entryAt(slot as Slot));
    const startedMs = performance.now();
    full.log.store(batch);
    storeMs += performance.now() - startedMs;
  }
  console.log(`${count} certificates, ${(storeMs / count).toFixed(3)} ms each to store`);
  console.log(
    `disk: ${(sizeOf('full.sqlite') / 2 ** 20).toFixed(1)} MiB, ${Math.round(sizeOf('full.sqlite') / count)} bytes each`,
  );

  const serve = createServe({ registry, log: full.log, flush: () => {}, status: () => [] });
  let [serveMs, pages] = [0, 0];
  const ask = async (_: OperatorId, request: Parameters<typeof serve>[0]): Promise<HistoryResponse> => {
    const startedMs = performance.now();
    const bytes = encodeResponse(serve(request));
    serveMs += performance.now() - startedMs;
    pages += 1;
    return decodeResponse(bytes) as HistoryResponse;
  };
  using database = openDatabase({
    path: join(folder, 'slashing.sqlite'),
    create: true,
    genesisValidatorsRoot,
  });
  const self = 4 as OperatorId;
  const ports = {
    network,
    domain,
    registry,
    clock: { ...createClock(), now: () => network.genesisTimeMs + (count + 64) * network.slotMs },
    keys: { self, sign: async () => new Uint8Array(0), verify: createVerifyOperator(registry) },
    combiner,
    log: empty.log,
    peers: { ask, blame: (_: OperatorId, why: string) => console.log('blamed', why) },
    connected: { isConnected: () => true, connectedSinceMs: () => 0, onLost: () => {} },
    slashing: createSlashingFold(database),
    report: () => {},
  };
  const never = new AbortController().signal;
  const validators = [...registry.validators.keys()];
  const since = (32 + count - 8 * 32) as Slot;
  const caughtMs = performance.now();
  const caught = await converse(ports, 1 as OperatorId, requestsOf({ committee, validators, since }), never);
  console.log(
    `catching up (newest, and the last 8 epochs, from one operator): ${seconds(caughtMs)}, ${JSON.stringify(caught)}`,
  );
  [serveMs, pages] = [0, 0];
  const copiedMs = performance.now();
  const range = { from: 0 as Slot, to: (count + 64) as Slot };
  const copied = await copyHistory(ports, committee, range, never, 0);
  console.log(
    `copying and verifying all: ${seconds(copiedMs)}, ${JSON.stringify(copied)}; ${pages} pages, ${(serveMs / pages).toFixed(1)} ms each to serve`,
  );
} finally {
  full.file[Symbol.dispose]();
  empty.file[Symbol.dispose]();
  await combiner[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
}
