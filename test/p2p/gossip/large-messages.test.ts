/**
 * Messages that are passed on late, so that those who have them need not get them twice.
 */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { RPC } from '@libp2p/gossipsub/message';
import { largeBytes } from '../../../src/p2p/host.ts';
import { stopAll, until } from '../cluster.ts';
import { hears, meet, say, startTalker, type Talker, topic } from './talkers.ts';

afterEach(stopAll);

const large = (text: string): string => text.padEnd(2 * largeBytes, '.');

test('a large message reaches one that is not connected to its author', async () => {
  const [author, middle, far] = await Promise.all([startTalker(), startTalker(), startTalker()]);
  await meet(author, middle);
  await meet(middle, far);
  await until('in the mesh', () => middle.router.getMeshPeers(topic).length === 2);
  say(author, large('one'));
  await until('heard', () => hears(far, large('one')));
});

test('a large message that all have from its author is not passed on', async () => {
  const [author, second, third] = await Promise.all([startTalker(), startTalker(), startTalker()]);
  await meet(second, third);
  const isInMesh = (talker: Talker, { host }: Talker): boolean =>
    talker.router.getMeshPeers(topic).includes(host.peerId.toString());
  await until('each would pass on to the other', () => isInMesh(second, third) && isInMesh(third, second));
  await meet(author, second);
  await meet(author, third);
  const passedOn: string[] = [];
  for (const { router } of [second, third]) {
    const spied = router as unknown as {
      sendRpc(to: string, rpc: RPC): boolean;
      handleIdontwant(from: string, ids: RPC.ControlIDontWant[]): void;
    };
    const { sendRpc, handleIdontwant } = spied;
    spied.sendRpc = (to, rpc) => {
      passedOn.push(...rpc.messages.map(({ data }) => new TextDecoder().decode(data ?? new Uint8Array())));
      return sendRpc.call(router, to, rpc);
    };
    // The word that it is not wanted comes late, as it does where everyone is busy.
    spied.handleIdontwant = (from, ids) => {
      setTimeout(() => handleIdontwant.call(router, from, ids), 50);
    };
  }
  // Several tries: where the machine is very slow, one may be passed on before the word that it is not wanted comes.
  for (let count = 1; ; count++) {
    const text = large(String(count));
    say(author, text);
    await until('heard', () => hears(second, text) && hears(third, text));
    await new Promise((wake) => setTimeout(wake, 400));
    if (!passedOn.includes(text)) return;
    assert.ok(count < 20, 'each time');
  }
});
