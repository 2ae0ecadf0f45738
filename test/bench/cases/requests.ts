/**
 * A request's way to its signing root, by type: from JSON text to a judged request with its roots, and the roots alone.
 * Nothing is cached in either; a node reads equal bodies once.
 */
import { demoRequests } from '../../../src/cli/demo/requests.ts';
import { parseSignRequest } from '../../../src/core/eth2/request.ts';
import { rootsOf } from '../../../src/core/eth2/signing-root.ts';
import type { Slot, ValidatorKey } from '../../../src/core/ids.ts';
import { simNetworkOf } from '../../simulation/world/cluster.ts';
import { type BenchCase, Broken, type Micro } from '../harness.ts';

const slot = 6400 as Slot;
const validator = `0x${'a1'.repeat(48)}` as ValidatorKey;

const microsOf = (): readonly Micro[] => {
  const network = simNetworkOf(true);
  return demoRequests(network, validator, slot).flatMap(({ type, body, signingRoot }): Micro[] => {
    const text = JSON.stringify(body);
    const parse = () => {
      const request = parseSignRequest(network, JSON.parse(text));
      if (request.type !== 'request' || request.roots.signingRoot !== signingRoot)
        throw new Broken(`a ${type} request has another signing root`);
      return request;
    };
    const { signable } = parse();
    const common = { name: 'requests', parameters: { type }, floor: 'blst.verify', target: null } as const;
    return [
      { ...common, figure: 'JSON to signing root', work: parse },
      {
        ...common,
        figure: 'signing root',
        work() {
          if (rootsOf(network, signable).signingRoot !== signingRoot)
            throw new Broken(`a ${type} has another signing root`);
        },
      },
    ];
  });
};

export const requestsCase: BenchCase = {
  type: 'micro',
  name: 'requests',
  about: 'parsing and signing root, every type of request',
  micros: microsOf,
};
