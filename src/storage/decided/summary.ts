/**
 * What a decided history holds, in numbers.
 */
import { toHex } from '../../core/bytes.ts';
import type { DecidedRole } from '../../core/duty/duty.ts';
import type { CommitteeId } from '../../core/ids.ts';
import type { DecidedFile } from './open.ts';
import { roleOfNumber } from './role-number.ts';

export interface RoleSummary {
  readonly committee: CommitteeId;
  readonly role: DecidedRole;
  readonly count: number;
  readonly firstSlot: number;
  readonly lastSlot: number;
}

/** One entry for each committee and role that there are decisions of. */
export const summaryOf = ({ sql }: DecidedFile): readonly RoleSummary[] =>
  sql
    .prepare(
      'SELECT m.committee AS committee, role, count(*) AS count, min(slot) AS first, max(slot) AS last ' +
        'FROM certificates c JOIN committees m ON m.id = c.committee GROUP BY c.committee, role ORDER BY c.committee, role',
    )
    .all()
    .map((row) => ({
      committee: toHex(row.committee as Uint8Array) as CommitteeId,
      role: roleOfNumber(Number(row.role)),
      count: Number(row.count),
      firstSlot: Number(row.first),
      lastSlot: Number(row.last),
    }));
