/**
 * What must never happen, watched while a world runs. Each broken promise is one sentence.
 */
import { digest } from '@chainsafe/as-sha256';
import { toHex } from '../../../src/core/bytes.ts';
import type { DutyKey } from '../../../src/core/duty/duty.ts';
import { checkValue } from '../../../src/core/duty/value-check.ts';
import { epochOf } from '../../../src/core/eth2/slots.ts';
import type { OperatorId, Root, ValidatorKey } from '../../../src/core/ids.ts';
import { isWireError } from '../../../src/core/wire/errors.ts';
import { decodePartials } from '../../../src/core/wire/partial.ts';
import { decodeSigned } from '../../../src/core/wire/signed.ts';
import type { ReportEvent } from '../../../src/workflow/report.ts';
import type { Cluster, Member } from './cluster.ts';

export interface Monitor {
  readonly broken: string[];
  /** Looks at the end of the run. */
  finish(): void;
}

interface Recorded {
  readonly kind: string;
  readonly slot: number;
  readonly signers: Set<OperatorId>;
}

export const createMonitor = (cluster: Cluster, traitors: ReadonlySet<OperatorId>): Monitor => {
  const broken: string[] = [];
  const values = new Map<string, Uint8Array>();
  const decided = new Map<string, { readonly root: Root; readonly by: OperatorId }>();
  const recorded = new Map<string, Recorded>();
  const [committee] = [...cluster.registry.committees.values()];

  const onDecided = (member: Member, event: Extract<ReportEvent, { type: 'decided' }>): void => {
    const earlier = decided.get(event.duty);
    if (earlier === undefined) decided.set(event.duty, { root: event.valueRoot, by: member.id });
    else if (earlier.root !== event.valueRoot)
      broken.push(`operators ${earlier.by} and ${member.id} decided differently in ${event.duty}`);
    const value = values.get(event.valueRoot);
    if (value === undefined)
      broken.push(`operator ${member.id} decided a value that nobody put forward in ${event.duty}`);
    else {
      const duty = {
        role: event.kind,
        slot: event.slot,
        subcommittee: Number(event.duty.split('/')[3] ?? 0),
      } as DutyKey;
      const verdict = checkValue(duty, value, {
        network: cluster.eth2,
        strictness: 'lenient',
        own: null,
        vouched: true,
        forbidden: () => false,
      });
      if (verdict.type !== 'acceptable')
        broken.push(
          `operator ${member.id} decided an unacceptable value in ${event.duty}: ${JSON.stringify(verdict)}`,
        );
    }
  };
  cluster.watch((member, event) => {
    if (traitors.has(member.id)) return;
    if (event.type === 'decided') onDecided(member, event);
    if (event.type === 'fault') broken.push(`operator ${member.id}: fault in ${event.where}: ${event.why}`);
    if (event.type === 'recorded' && (event.kind === 'attestation' || event.kind === 'block')) {
      const name = `${event.validator}/${event.signingRoot}`;
      const entry = recorded.get(name) ?? {
        kind: event.kind,
        slot: event.slot,
        signers: new Set<OperatorId>(),
      };
      recorded.set(name, entry);
      entry.signers.add(member.id);
    }
  });
  const note = (value: Uint8Array): void => {
    if (value.length > 0) values.set(toHex(digest(value)), value);
  };
  cluster.network.onSend((bytes) => {
    const signed = decodeSigned(bytes);
    if (!isWireError(signed)) note(signed.fullData);
  });
  cluster.network.onPublish((from, bytes) => {
    if (traitors.has(from)) return;
    const signed = decodeSigned(bytes);
    if (isWireError(signed) || signed.message.type !== 'partial-signature') return;
    const partials = decodePartials(signed.message.data);
    if (isWireError(partials) || partials.type !== 0) return;
    const role = signed.message.id[4];
    if (role !== 0 && role !== 2) return;
    for (const partial of partials.messages) {
      const validator = cluster.registry.byNumber.get(partial.validatorIndex);
      const entry = recorded.get(`${validator?.key}/${toHex(partial.signingRoot)}`);
      if (!entry?.signers.has(from))
        broken.push(`operator ${from} sent a partial signature that it had not recorded`);
    }
  });

  /** Two roots of one duty that both could be a signature, with the traitors' help. */
  const findDoubles = (): void => {
    const duties = new Map<string, { readonly root: string; readonly signers: number }[]>();
    for (const [name, { kind, slot, signers }] of recorded) {
      const [key, root] = name.split('/') as [ValidatorKey, string];
      const duty =
        kind === 'block' ? `${key}/block/${slot}` : `${key}/target/${epochOf(cluster.eth2, slot as never)}`;
      duties.set(duty, [...(duties.get(duty) ?? []), { root, signers: signers.size }]);
    }
    for (const [duty, roots] of duties) {
      const possible = roots.filter(({ signers }) => signers + traitors.size >= (committee?.quorum ?? 0));
      if (possible.length > 1) broken.push(`two signatures are possible for ${duty}`);
    }
  };
  return {
    broken,
    finish: () => {
      findDoubles();
      for (const [operator, count] of cluster.network.rejected) {
        if (!traitors.has(operator))
          broken.push(`honest operator ${operator} had ${count} messages rejected`);
      }
      for (const member of cluster.members) {
        if (traitors.has(member.id)) continue;
        for (const { share, root } of member.signer.signed) {
          const validator = [...cluster.registry.validators.values()].find(
            (one) => one.shares.get(member.id) === share,
          );
          if (validator === undefined)
            broken.push(`operator ${member.id} signed with a share that is not its own`);
          void root;
        }
      }
    },
  };
};
