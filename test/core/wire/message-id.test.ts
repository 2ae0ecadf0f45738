import { deepEqual, equal, notDeepEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '../../../src/core/bytes.ts';
import type { DutyKey } from '../../../src/core/duty/duty.ts';
import type { OperatorId, Root, Slot, ValidatorKey } from '../../../src/core/ids.ts';
import {
  committeeExecutor,
  committeeIdOf,
  domainOf,
  dutyMessageId,
  messageId,
  parseExecutor,
  parseMessageId,
  parseRole,
  partialsMessageId,
  roleNumbers,
} from '../../../src/core/wire/message-id.ts';

const operators = [4, 1, 3, 2] as OperatorId[];
const committee = committeeIdOf(operators);
const domain = Uint8Array.of(1, 2, 3, 4);
const validator = `0x8e${'07'.repeat(47)}` as ValidatorKey;

test('the id of the committee 1 to 4 is the one that SSV computes, in whatever order they are named', () => {
  // From the SSV spec's test key set of four operators.
  equal(committee.slice(0, 26), '0xcf97adeedb59e05bfd73a2b4');
  equal(committeeIdOf([1, 2, 3, 4] as OperatorId[]), committee);
});

test('a message id comes apart into what it was made of', () => {
  const id = messageId(domain, 3 + 256 * 2, committeeExecutor(committee));
  deepEqual(parseMessageId(id), { domain, role: 515, executor: committeeExecutor(committee) });
  deepEqual(parseExecutor(committeeExecutor(committee)), { type: 'committee', id: committee });
});

test('a negative role is an error', () => {
  const id = messageId(domain, -1, committeeExecutor(committee));
  deepEqual(parseMessageId(id), { type: 'wire-error', name: 'role', detail: 'role -1' });
});

test('parts of a wrong length are a bug of the caller, bytes of a wrong length an error', () => {
  throws(() => messageId(domain, 0, new Uint8Array(47)), RangeError);
  equal((parseMessageId(new Uint8Array(55)) as { type: string }).type, 'wire-error');
});

test('roles by number', () => {
  deepEqual(
    [0, 1, 2, 3, 259, 771, 1027, 4, 5, 6, 7, 8, 9, 263].map((number) => {
      const role = parseRole(number);
      return role === null ? null : `${role.role}/${role.subcommittee}`;
    }),
    [
      'attestation/0',
      'aggregate/0',
      'block/0',
      'contribution/0',
      'contribution/1',
      'contribution/3',
      null,
      'registration/0',
      'exit/0',
      null,
      'sync-message/0',
      'deposit/0',
      null,
      null,
    ],
  );
  equal(new Set(Object.values(roleNumbers)).size, Object.keys(roleNumbers).length);
});

const duty = (role: DutyKey['role'], of: ValidatorKey | null, subcommittee = 0): DutyKey => ({
  committee,
  role,
  slot: 7 as Slot,
  validator: of,
  subcommittee,
});

test('consensus about one validator runs under its key, partial signatures always under the committee', () => {
  const block = parseMessageId(dutyMessageId(domain, duty('block', validator)));
  const vote = parseMessageId(dutyMessageId(domain, duty('attestation', null)));
  const partials = parseMessageId(partialsMessageId(domain, 'block', committee));
  equal('executor' in block && toHex(block.executor), validator);
  equal('executor' in vote && toHex(vote.executor), toHex(committeeExecutor(committee)));
  equal('executor' in partials && toHex(partials.executor), toHex(committeeExecutor(committee)));
});

test('contributions of different subcommittees have different ids', () => {
  notDeepEqual(
    dutyMessageId(domain, duty('contribution', validator, 0)),
    dutyMessageId(domain, duty('contribution', validator, 1)),
  );
});

test('the domain depends on the chain', () => {
  const one = domainOf(`0x${'00'.repeat(32)}` as Root, '0x00000000');
  equal(one.length, 4);
  notDeepEqual(one, domainOf(`0x${'01'.repeat(32)}` as Root, '0x00000000'));
  notDeepEqual(one, domainOf(`0x${'00'.repeat(32)}` as Root, '0x00000001'));
});
