/**
 * Vectors of one instance: tests.MsgProcessingSpecTest and timeout.SpecTest.
 */
import { equal } from 'node:assert/strict';
import { wireCodec } from '../../src/core/qbft/config.ts';
import { compareSent, compareState, compareTimer } from './compare.ts';
import { fromBase64, instanceFromJson, signedFromJson, stateRoot } from './go-json.ts';
import type { Signer } from './keys.ts';
import { configOf, createNode, type Node } from './node.ts';
import { type Json, stateOf } from './vectors.ts';

const nodeOf = (json: Json, signer: (size: number) => Signer): Node => {
  const { State: state, StartValue: startValue, forceStop } = json.Pre;
  const member = state.CommitteeMember;
  // The leader function of the spec's tests.
  const leader = state.Height === 10 ? 2 : 1;
  const config = configOf(member, fromBase64(state.ID), state.Height, leader);
  const value = fromBase64(startValue);
  const instance = instanceFromJson(state, value, wireCodec.hash);
  const node = createNode(member, config, signer(member.Committee.length), instance, value);
  if (forceStop === true) node.stop();
  return node;
};

export const runMsgProcessing = (folder: string, json: Json, signer: (size: number) => Signer): void => {
  const node = nodeOf(json, signer);
  let lastError = 0;
  for (const message of json.InputMessages ?? []) {
    const error = node.feed({ type: 'message', signed: signedFromJson(message) });
    if (error !== 0) lastError = error;
  }
  equal(lastError, json.ExpectedErrorCode, 'error code');
  compareTimer(node.timers, json.ExpectedTimerState);
  compareSent(node.sent, json.OutputMessages, node.config.verify);
  const state = node.state();
  compareState(state, stateOf(folder, 'tests.MsgProcessingSpecTest', `qbft message processing ${json.Name}`));
  if (json.PostRoot !== '') equal(stateRoot(state), json.PostRoot, 'state root');
};

export const runTimeout = (json: Json, signer: (size: number) => Signer): void => {
  const node = nodeOf(json, signer);
  equal(node.feed({ type: 'timeout', round: node.instance().round }), json.ExpectedErrorCode, 'error code');
  compareTimer(node.timers, json.ExpectedTimerState);
  compareSent(node.sent, json.OutputMessages, node.config.verify);
  equal(stateRoot(node.state()), json.PostRoot, 'state root');
};
