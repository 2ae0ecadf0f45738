/**
 * A decided history with what is needed to judge it: the cluster file and the network that it names.
 */

import { loadCluster, loadNetwork } from '../../app/cluster-file.ts';
import { historyPathOf } from '../../app/history/node-history.ts';
import { createVerifyOperator } from '../../app/history/verify-operator.ts';
import type { Entry } from '../../core/history/entry.ts';
import type { Cursor } from '../../core/history/messages.ts';
import type { Slot } from '../../core/ids.ts';
import { domainOf } from '../../core/wire/message-id.ts';
import { createCombiner } from '../../crypto/combiner.ts';
import { createDecidedLog } from '../../storage/decided/decided-log.ts';
import { type DecidedFile, openDecidedFile } from '../../storage/decided/open.ts';
import type { DecidedLog } from '../../workflow/history/ports.ts';
import type { VerifyPorts } from '../../workflow/history/verify-entries.ts';
import { CommandFailed } from '../command.ts';

export interface HistorySource {
  readonly dataDir: string;
  readonly historyFile?: string;
  readonly clusterFile: string;
  readonly networkFile?: string;
}

export interface OpenedHistory extends AsyncDisposable {
  readonly file: DecidedFile;
  readonly log: DecidedLog;
  readonly ports: VerifyPorts;
}

const orFailed = <T>(
  outcome:
    | { readonly type: 'ok'; readonly value: T }
    | { readonly type: 'problems'; readonly problems: readonly string[] },
): T => {
  if (outcome.type === 'problems') throw new CommandFailed(outcome.problems.join('\n'));
  return outcome.value;
};

/** Throws CommandFailed or StorageFailed. The node that owns the file must be stopped, or the file be a copy. */
export const openHistory = (source: HistorySource): OpenedHistory => {
  const { cluster, registry } = orFailed(loadCluster(source.clusterFile));
  const network = orFailed(
    loadNetwork([{ source: 'the cluster file', name: cluster.network }], source.networkFile),
  );
  const path = source.historyFile ?? historyPathOf(source.dataDir);
  const file = openDecidedFile({ path, genesisValidatorsRoot: null, nowMs: Date.now() });
  if (file.genesisValidatorsRoot !== network.genesisValidatorsRoot) {
    file[Symbol.dispose]();
    throw new CommandFailed(`${path} is of another network than the cluster file`);
  }
  const combiner = createCombiner();
  const { genesisValidatorsRoot, genesisForkVersion } = network;
  return {
    file,
    log: createDecidedLog(file, { committees: () => registry.committees, bytesMax: Number.MAX_SAFE_INTEGER }),
    ports: {
      network,
      registry,
      domain: domainOf(genesisValidatorsRoot, genesisForkVersion),
      clock: { now: Date.now },
      keys: { verify: createVerifyOperator(registry) },
      combiner,
    },
    [Symbol.asyncDispose]: async () => {
      file[Symbol.dispose]();
      await combiner[Symbol.asyncDispose]();
    },
  };
};

export interface SlotRange {
  readonly fromSlot: number;
  readonly toSlot: number;
}

const bytesPerPage = 256 * 1024;

/** All decisions of the committees of the cluster file within a range of slots, page by page. */
export function* pagesOf({ log, ports }: OpenedHistory, range: SlotRange): Generator<readonly Entry[]> {
  for (const committee of ports.registry.committees.keys()) {
    let after: Cursor | null = null;
    for (;;) {
      const [from, to] = [range.fromSlot as Slot, range.toSlot as Slot];
      const page = log.page({ kind: 'range', committee, from, to, validators: [], after }, bytesPerPage);
      yield page.entries;
      if (page.next === null) break;
      after = page.next;
    }
  }
}
