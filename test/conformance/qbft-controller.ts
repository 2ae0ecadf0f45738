/**
 * tests.ControllerSpecTest: instances started one after another, and what the controller makes of their messages.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { compareState, compareTimer, signedRoot } from './compare.ts';
import { createController } from './controller.ts';
import { fromBase64, signedFromJson, toPlainHex } from './go-json.ts';
import type { Signer } from './keys.ts';
import { type Json, stateOf } from './vectors.ts';

export const runController = (folder: string, json: Json, signer: (size: number) => Signer): void => {
  const states = stateOf(folder, 'tests.ControllerSpecTest', `qbft controller ${json.Name}`);
  const size = json.Controller.CommitteeMember.Committee.length;
  const controller = createController(
    json.Controller,
    json.StartHeight ?? json.Controller.Height,
    signer(size),
  );
  let lastError = 0;
  const note = (error: number): void => {
    if (error !== 0) lastError = error;
  };
  json.RunInstanceData.forEach((run: Json, at: number) => {
    const decidedBefore = controller.decided.length;
    const sentBefore = controller.broadcast.length;
    note(controller.start(run.Height ?? at, fromBase64(run.InputValue)));
    for (const message of run.InputMessages ?? []) note(controller.process(signedFromJson(message)));

    const decided = controller.decided.slice(decidedBefore).map(toPlainHex);
    equal(decided.length, run.ExpectedDecidedState.DecidedCnt, 'decisions');
    const wanted = toPlainHex(fromBase64(run.ExpectedDecidedState.DecidedVal));
    if (wanted !== '')
      deepEqual(
        decided,
        decided.map(() => wanted),
        'decided value',
      );
    const certificate = run.ExpectedDecidedState.BroadcastedDecided;
    if (certificate !== null && certificate !== undefined) {
      const sent = controller.broadcast.slice(sentBefore).map(signedRoot);
      deepEqual(sent, [signedRoot(signedFromJson(certificate))], 'decided message sent once');
    }
    compareTimer(controller.timers(), run.ExpectedTimerState);
    compareState(controller.state(), states[at]);
  });
  equal(lastError, json.ExpectedErrorCode, 'error code');
};
