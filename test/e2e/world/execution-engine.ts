/**
 * An execution engine that says VALID to everything and builds empty payloads: what the beacon node needs after the merge.
 *
 * Speaks the engine API over JSON-RPC up to Capella (execution-apis, paris and shanghai), without checking the JWT.
 */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';

interface Attributes {
  readonly timestamp: string;
  readonly prevRandao: string;
  readonly suggestedFeeRecipient: string;
  readonly withdrawals?: unknown;
}

interface Payload {
  readonly blockHash: string;
  readonly blockNumber: string;
}

type Method = (params: readonly unknown[]) => unknown;

const zeros = (bytes: number): string => `0x${'00'.repeat(bytes)}`;
const quantity = (value: bigint): string => `0x${value.toString(16)}`;
const valid = (hash: string) => ({ status: 'VALID', latestValidHash: hash, validationError: null });

const buildPayload = (parentHash: string, number: bigint, attributes: Attributes): Payload => ({
  ...{ parentHash, feeRecipient: attributes.suggestedFeeRecipient },
  ...{
    stateRoot: zeros(32),
    receiptsRoot: zeros(32),
    logsBloom: zeros(256),
    prevRandao: attributes.prevRandao,
  },
  ...{ gasLimit: quantity(30_000_000n), gasUsed: '0x0', timestamp: attributes.timestamp, extraData: '0x' },
  ...{ baseFeePerGas: '0x7', transactions: [], withdrawals: attributes.withdrawals },
  blockNumber: quantity(number),
  blockHash: `0x${createHash('sha256')
    .update(`${parentHash}/${JSON.stringify(attributes)}`)
    .digest('hex')}`,
});

const createMethods = (): Record<string, Method> => {
  const numbers = new Map<string, bigint>();
  const payloads = new Map<string, Payload>();

  const forkchoiceUpdated: Method = ([state, attributes]) => {
    const { headBlockHash } = state as { headBlockHash: string };
    if (attributes === null || attributes === undefined)
      return { payloadStatus: valid(headBlockHash), payloadId: null };
    const payload = buildPayload(
      headBlockHash,
      (numbers.get(headBlockHash) ?? 0n) + 1n,
      attributes as Attributes,
    );
    const payloadId = payload.blockHash.slice(0, 18);
    payloads.set(payloadId, payload);
    return { payloadStatus: valid(headBlockHash), payloadId };
  };
  const newPayload: Method = ([payload]) => {
    const { blockHash, blockNumber } = payload as Payload;
    numbers.set(blockHash, BigInt(blockNumber));
    return valid(blockHash);
  };
  const payloadOf = (id: unknown): Payload => {
    const payload = payloads.get(String(id));
    if (payload === undefined) throw new Error('Unknown payload');
    return payload;
  };
  return {
    engine_forkchoiceUpdatedV1: forkchoiceUpdated,
    engine_forkchoiceUpdatedV2: forkchoiceUpdated,
    engine_newPayloadV1: newPayload,
    engine_newPayloadV2: newPayload,
    engine_getPayloadV1: ([id]) => payloadOf(id),
    engine_getPayloadV2: ([id]) => ({ executionPayload: payloadOf(id), blockValue: '0x1' }),
    engine_exchangeCapabilities: ([names]) => names,
    engine_exchangeTransitionConfigurationV1: ([configuration]) => configuration,
    eth_syncing: () => false,
  };
};

const answer = (methods: Record<string, Method>, body: string): string => {
  const { id, method, params } = JSON.parse(body) as { id: unknown; method: string; params?: unknown[] };
  try {
    const run = methods[method];
    if (run === undefined) throw new Error(`the mock engine has no method ${method}`);
    return JSON.stringify({ jsonrpc: '2.0', id, result: run(params ?? []) });
  } catch (error) {
    return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: String(error) } });
  }
};

export const startExecutionEngine = (port: number): Promise<Server> => {
  const methods = createMethods();
  const server = createServer((request, response) => {
    text(request)
      .then((body) => response.setHeader('content-type', 'application/json').end(answer(methods, body)))
      .catch((error: unknown) => response.destroy(error as Error));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
};
