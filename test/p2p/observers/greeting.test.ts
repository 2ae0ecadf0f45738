/**
 * The greeting on the wire: what is said comes out as it went in, and nothing that a stranger sends gets through as more.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  encodeGreeting,
  type GreetingMessage,
  greetingBytesMax,
  parseGreeting,
} from '../../../src/p2p/observers/greeting.ts';
import { id } from '../cluster.ts';

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const greeting = { type: 'greeting', version: 1, domain: '0x51010203', role: 'observer' } as const;

const messages: readonly GreetingMessage[] = [
  greeting,
  { type: 'welcome', version: 1, operator: id(3) },
  { type: 'welcome', version: 1, operator: null },
  { type: 'refused', why: 'full' },
];

test('every message comes out as it went in, also with fields of a later version', () => {
  for (const message of messages) {
    assert.deepEqual(parseGreeting(encodeGreeting(message)), message);
    assert.deepEqual(parseGreeting(bytesOf({ ...message, later: [1, 2] })), message);
  }
});

test('what is none is refused', () => {
  const wrong: readonly unknown[] = [
    { ...greeting, role: 'operator' },
    { ...greeting, role: undefined },
    { ...greeting, version: -1 },
    { ...greeting, version: '1' },
    { ...greeting, domain: '51010203' },
    { ...greeting, domain: `0x${'00'.repeat(33)}` },
    { ...greeting, domain: 7 },
    { ...greeting, type: 'claim' },
    { type: 'welcome', version: 1, operator: 0 },
    { type: 'welcome', version: 1, operator: '3' },
    { type: 'welcome', version: 1 },
    { type: 'refused', why: 'because' },
    { ...greeting, padding: 'x'.repeat(greetingBytesMax) },
    [greeting],
    null,
    'greeting',
  ];
  for (const value of wrong)
    assert.equal(parseGreeting(bytesOf(value)), null, JSON.stringify(value).slice(0, 80));
});

test('any bytes at all give a message or nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
      parseGreeting(bytes);
    }),
  );
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), (text) => {
      const message = parseGreeting(new TextEncoder().encode(text));
      if (message !== null) assert.deepEqual(parseGreeting(encodeGreeting(message)), message);
    }),
  );
});
