/**
 * Pages of the decided history, as requests of core/history/messages.ts ask for them.
 *
 * A cursor is the slot, certificate row and validator row after which the next page begins, so that an entry with many proofs
 * goes on over several pages; in an answer with the newest it is the row alone. A page reads no more rows than it returns,
 * whatever the size of the history.
 */
import type { DatabaseSync } from 'node:sqlite';
import { toHex } from '../../core/bytes.ts';
import type { Certificate, Claim, Entry, Proof } from '../../core/history/entry.ts';
import {
  type Cursor,
  type HistoryPage,
  type HistoryRequest,
  proofsMax,
} from '../../core/history/messages.ts';
import type { CommitteeId, OperatorId, Slot, ValidatorKey } from '../../core/ids.ts';
import { blobOf } from '../blob.ts';
import { roleNumberOf, roleOfNumber } from './role-number.ts';

type Row = Readonly<Record<string, unknown>>;

const columns =
  'c.id, c.slot, c.role, c.validator, c.subcommittee, c.round, c.value, c.signers, c.signatures';
const attestation = roleNumberOf('attestation');
const block = roleNumberOf('block');
/** Certificates read at a time. */
const rowsPerQuery = 64;

export const createPageReader = (sql: DatabaseSync) => {
  const committees = sql.prepare('SELECT id, operators FROM committees WHERE committee = ?');
  const validatorIds = sql.prepare('SELECT id FROM validators WHERE key = ?');
  const validatorKey = sql.prepare('SELECT key FROM validators WHERE id = ?');
  const inRange = sql.prepare(
    `SELECT ${columns} FROM certificates c WHERE c.committee = ?1 AND c.slot <= ?2 ` +
      `AND c.slot >= ?3 AND (c.slot, c.id) >= (?3, ?4) ORDER BY c.slot, c.id LIMIT ${rowsPerQuery}`,
  );
  const ofValidators = sql.prepare(
    `SELECT ${columns} FROM certificates c WHERE c.committee = ?1 AND c.slot >= ?3 AND (c.slot, c.id) >= (?3, ?4) ` +
      `AND ?2 >= c.slot AND (c.validator IN (SELECT value FROM json_each(?5)) AND c.role = ${block} OR EXISTS ` +
      '(SELECT 1 FROM proofs p WHERE p.certificate = c.id AND p.validator IN (SELECT value FROM json_each(?5)))) ' +
      `ORDER BY c.slot, c.id LIMIT ${rowsPerQuery}`,
  );
  const newestVote = sql.prepare(
    'SELECT certificate AS id FROM proofs WHERE validator = ? ORDER BY slot DESC, certificate DESC LIMIT 1',
  );
  const newestBlock = sql.prepare(
    `SELECT id FROM certificates WHERE validator = ? AND validator <> 0 AND role = ${block} ORDER BY slot DESC LIMIT 1`,
  );
  const byId = sql.prepare(`SELECT ${columns} FROM certificates c WHERE c.id = ? AND c.committee = ?`);
  const proofRows = sql.prepare(
    'SELECT validator, operator, committee_index, signature FROM proofs WHERE certificate = ?1 AND validator > ?2 ' +
      'ORDER BY validator, operator LIMIT ?3',
  );
  const proofRowsOf = sql.prepare(
    'SELECT validator, operator, committee_index, signature FROM proofs WHERE certificate = ?1 AND validator > ?2 ' +
      'AND validator IN (SELECT value FROM json_each(?4)) ORDER BY validator, operator LIMIT ?3',
  );

  const keyOf = (id: unknown): ValidatorKey =>
    toHex(validatorKey.get(Number(id))?.key as Uint8Array) as ValidatorKey;

  /** The proofs of one certificate after a validator row, and the row after which more follow. */
  const proofsOf = (
    certificate: number,
    after: number,
    wanted: string | null,
  ): { readonly proofs: readonly Proof[]; readonly more: number | null } => {
    // One operator more than a committee can have, so that the last validator of the page is whole.
    const limit = proofsMax * 14;
    const rows =
      wanted === null
        ? proofRows.all(certificate, after, limit)
        : proofRowsOf.all(certificate, after, limit, wanted);
    const grouped = new Map<number, { index: number; claims: Claim[] }>();
    for (const row of rows) {
      const id = Number(row.validator);
      if (!grouped.has(id) && grouped.size === proofsMax) {
        const last = [...grouped.keys()].at(-1) ?? 0;
        return { proofs: proofsFrom(grouped), more: last };
      }
      const proof = grouped.get(id) ?? { index: Number(row.committee_index), claims: [] };
      proof.claims.push({
        by: Number(row.operator) as OperatorId,
        signature: new Uint8Array(row.signature as Uint8Array),
      });
      grouped.set(id, proof);
    }
    return { proofs: proofsFrom(grouped), more: null };
  };
  const proofsFrom = (grouped: ReadonlyMap<number, { index: number; claims: Claim[] }>): readonly Proof[] =>
    [...grouped].map(([id, proof]) => ({ validator: keyOf(id), ...proof }));

  const certificateFrom = (
    row: Row,
    committee: CommitteeId,
    operators: readonly OperatorId[],
  ): Certificate => {
    const signatures = row.signatures as Uint8Array;
    return {
      duty: {
        committee,
        role: roleOfNumber(Number(row.role)),
        slot: Number(row.slot) as Slot,
        validator: Number(row.validator) === 0 ? null : keyOf(row.validator),
        subcommittee: Number(row.subcommittee),
      },
      round: Number(row.round),
      value: new Uint8Array(row.value as Uint8Array),
      operators: operators.filter((_, at) => (Number(row.signers) & (1 << at)) !== 0),
      signatures: Array.from({ length: signatures.length / 256 }, (_, at) =>
        signatures.slice(256 * at, 256 * at + 256),
      ),
    };
  };

  /** The certificates of the newest votes and blocks, each once, as their rows go. */
  const newestOf = (validators: readonly number[], committee: number): readonly Row[] => {
    const found = validators.flatMap((validator) => [
      newestVote.get(validator)?.id,
      newestBlock.get(validator)?.id,
    ]);
    const ids = [...new Set(found)].filter((row) => row !== undefined).map(Number);
    return ids
      .sort((a, b) => a - b)
      .map((row) => byId.get(row, committee))
      .filter((row) => row !== undefined);
  };

  return (request: HistoryRequest, bytesMax: number): HistoryPage => {
    const committee = committees.get(blobOf(request.committee, 32));
    if (committee === undefined) return { entries: [], next: null };
    const id = Number(committee.id);
    const operators = operatorsOf(committee.operators as Uint8Array);
    const validators = request.validators
      .map((key) => validatorIds.get(blobOf(key, 48))?.id)
      .filter((row) => row !== undefined)
      .map(Number);
    const wanted = request.kind === 'range' ? null : JSON.stringify(validators);
    if (request.kind === 'newest') {
      const rows = newestOf(validators, id).filter((row) => Number(row.id) > (request.after?.[1] ?? 0));
      const entries: Entry[] = [];
      let bytes = 0;
      for (const row of rows) {
        if (bytes >= bytesMax) return { entries, next: [0, Number(rows[entries.length - 1]?.id), 0] };
        const entry = {
          certificate: certificateFrom(row, request.committee, operators),
          proofs: Number(row.role) === attestation ? proofsOf(Number(row.id), 0, wanted).proofs : [],
        };
        entries.push(entry);
        bytes += sizeOf(entry);
      }
      return { entries, next: null };
    }
    const to = request.kind === 'range' ? request.to : Number.MAX_SAFE_INTEGER;
    const entries: Entry[] = [];
    let [slot, row, validator]: Cursor = request.after ?? [request.from, 0, 0];
    slot = Math.max(slot, request.from);
    for (let bytes = 0; ; ) {
      const rows =
        wanted === null ? inRange.all(id, to, slot, row) : ofValidators.all(id, to, slot, row, wanted);
      for (const found of rows) {
        // A cursor inside an entry names its row; one behind it, the row that follows.
        const after = Number(found.id) === row ? validator : 0;
        const { proofs, more } = proofsOf(Number(found.id), after, wanted);
        const entry = { certificate: certificateFrom(found, request.committee, operators), proofs };
        entries.push(entry);
        bytes += sizeOf(entry);
        slot = Number(found.slot);
        row = more === null ? Number(found.id) + 1 : Number(found.id);
        validator = more ?? 0;
        if (bytes >= bytesMax || more !== null) return { entries, next: [slot, row, validator] };
      }
      if (rows.length < rowsPerQuery) return { entries, next: null };
    }
  };
};

const operatorsOf = (blob: Uint8Array): readonly OperatorId[] => {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  return Array.from({ length: blob.length / 4 }, (_, at) => view.getUint32(4 * at, true) as OperatorId);
};

/** Bytes on the wire, nearly. */
const sizeOf = ({ certificate, proofs }: Entry): number =>
  200 +
  certificate.value.length +
  264 * certificate.operators.length +
  proofs.reduce((sum, { claims }) => sum + 64 + 104 * claims.length, 0);
