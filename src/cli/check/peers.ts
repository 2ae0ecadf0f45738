/**
 * Can the other operators be reached? A TCP connection to each address of the cluster file, nothing more: a node that runs
 * beside this check holds the identity with which peers would have to be greeted.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { OperatorId } from '../../core/ids.ts';
import type { Committee, Operator, Registry } from '../../core/registry/committee.ts';
import { doubtful, type Finding, good, reasonOf, wrong } from './finding.ts';

const dialTimeoutMs = 3000;

/** One finding for each fellow operator, and one for each committee that could not reach a quorum. */
export const checkPeers = async (registry: Registry, self: OperatorId): Promise<readonly Finding[]> => {
  const committees = [...registry.committees.values()].filter(({ operators }) => operators.includes(self));
  const fellows = [...new Set(committees.flatMap(({ operators }) => operators))].filter((id) => id !== self);
  const dialled = await Promise.all(
    fellows.map(async (id) => ({ id, ...(await dial(registry.operators.get(id))) })),
  );
  const reached = new Set(dialled.filter(({ finding }) => finding.verdict === 'good').map(({ id }) => id));
  return [
    ...dialled.map(({ finding }) => finding),
    ...committees.flatMap((committee) => judge(committee, self, reached)),
  ];
};

const judge = (
  committee: Committee,
  self: OperatorId,
  reached: ReadonlySet<OperatorId>,
): readonly Finding[] => {
  const present = committee.operators.filter((id) => id === self || reached.has(id)).length;
  if (present >= committee.quorum) return [];
  return [
    wrong(
      `committee of operators ${committee.operators.join(', ')}: ${present} of the ${committee.quorum} that are needed can be reached from here; without them nothing is signed`,
    ),
  ];
};

const dial = async (operator: Operator | undefined): Promise<{ readonly finding: Finding }> => {
  if (operator === undefined || operator.addresses.length === 0) {
    return {
      finding: doubtful(
        `operator ${operator?.id ?? '?'}: has no address in the cluster file; it must be the one to connect`,
      ),
    };
  }
  const failures: string[] = [];
  for (const address of operator.addresses) {
    const failure = await dialOne(address);
    if (failure === null) return { finding: good(`operator ${operator.id}: ${address} answers`) };
    failures.push(`${address}: ${failure}`);
  }
  return {
    finding: doubtful(
      `operator ${operator.id} cannot be reached: ${failures.join('; ')}\nIs its node running, and its port open to this machine?`,
    ),
  };
};

/** Null where a connection came about, else why not. */
const dialOne = async (address: string): Promise<string | null> => {
  const [, , host, , port] = address.split('/');
  const socket = connect({ host: host ?? '', port: Number(port) });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(dialTimeoutMs) });
    return null;
  } catch (error) {
    return error instanceof Error && error.name === 'AbortError'
      ? `no answer in ${dialTimeoutMs} ms`
      : reasonOf(error);
  } finally {
    socket.destroy();
  }
};
