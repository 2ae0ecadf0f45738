import type { Received } from '../../../src/core/qbft/message.ts';
import { createInstance, type Effect, type Input } from '../../../src/core/qbft/state.ts';
import { isSendersFault, step } from '../../../src/core/qbft/step.ts';
import { isWireError } from '../../../src/core/wire/errors.ts';
import type { QbftMessageType } from '../../../src/core/wire/qbft-message.ts';
import type { SignedMessage } from '../../../src/core/wire/signed.ts';
import { createForge, type Forge, numberOf, valueBytes } from './forge.ts';
import { createWatch, type Watch } from './invariants.ts';
import { type MoveName, moves, proposingMoves } from './moves.ts';
import { delayOf, describe } from './network.ts';
import { createNodes, type Node } from './node.ts';
import { cutOffRound, makePlan, type Plan, roundTicks } from './plan.ts';

const lastTick = roundTicks * (cutOffRound + 1);
/** Moves that the traitors of one schedule may make, together. */
const movesMax = 16;

type Event =
  | {
      readonly type: 'deliver';
      readonly to: Node;
      readonly signed: SignedMessage;
      readonly from: Node | null;
    }
  | { readonly type: 'timeout'; readonly to: Node; readonly round: number }
  | { readonly type: 'value'; readonly to: Node; readonly number: number }
  | { readonly type: 'crash' | 'return'; readonly to: Node };

export interface Outcome {
  readonly seed: number;
  readonly nodes: number;
  /** null: nothing wrong. */
  readonly violation: string | null;
  readonly decidedRound: number;
  readonly deliveries: number;
}

export type Trace = (line: string) => void;

class World {
  readonly plan: Plan;
  readonly forge: Forge = createForge();
  readonly nodes: readonly Node[];
  readonly watch: Watch;
  readonly heard: Record<QbftMessageType, Received[]> = {
    proposal: [],
    prepare: [],
    commit: [],
    'round-change': [],
  };
  readonly agenda: Event[][] = [];
  readonly trace: Trace | null;
  tick = 0;
  deliveries = 0;
  movesMade = 0;
  roundAtHealing = 0;

  constructor(plan: Plan, trace: Trace | null) {
    this.plan = plan;
    this.trace = trace;
    this.nodes = createNodes(plan, this.forge);
    this.watch = createWatch(plan, this.forge);
  }

  at(tick: number, event: Event): void {
    const due = Math.max(tick, this.tick);
    const list = this.agenda[due];
    if (list === undefined) this.agenda[due] = [event];
    else list.push(event);
  }

  note(text: () => string): void {
    if (this.trace !== null) this.trace(`${String(this.tick).padStart(4)} ${text()}`);
  }

  describe(signed: SignedMessage): string {
    return describe(this.forge, signed);
  }

  isCalm(): boolean {
    return this.tick >= this.plan.healTick;
  }

  send(from: Node, to: Node, signed: SignedMessage): void {
    const delay = delayOf(this.plan, this.forge, this.tick, from.config.self, to.config.self, signed);
    if (delay < 0) return;
    this.at(this.tick + delay, { type: 'deliver', to, signed, from });
    if (this.plan.random.chance(this.plan.duplication)) {
      this.at(this.tick + delay + this.plan.random.below(roundTicks), { type: 'deliver', to, signed, from });
    }
  }

  remember(signed: SignedMessage): void {
    const message = this.forge.codec.open(signed.message.data);
    if (isWireError(message)) return;
    const [signer] = signed.operators;
    if (signer !== undefined) this.heard[message.type].push({ signed, message, signer });
  }

  perform(node: Node, effect: Effect): void {
    switch (effect.type) {
      case 'broadcast': {
        if (node.isSilent) return;
        if (node.isTraitor && effect.message.type === 'proposal' && this.plan.random.chance(0.7)) {
          this.strike(
            node,
            this.plan.random.pick(this.plan.moves.filter((name) => proposingMoves.includes(name))),
          );
          return;
        }
        node.hasSpoken = true;
        const signed = this.forge.sign(node.config.self, effect.message, effect.fullData);
        if (!node.isTraitor) this.watch.said(node.config.self, effect.message);
        this.note(() => `${node.config.self} says ${this.describe(signed)}`);
        this.remember(signed);
        const camp = node.isTraitor && this.plan.random.chance(0.5);
        for (const to of this.nodes) {
          if (!camp || to === node || this.plan.random.chance(0.5)) this.send(node, to, signed);
        }
        return;
      }
      case 'timer': {
        const skew = this.plan.skewTicks.get(node.config.self) ?? 0;
        const tick = Math.max(this.tick + 1, effect.round * roundTicks + skew);
        this.at(tick, { type: 'timeout', to: node, round: effect.round });
        return;
      }
      case 'decided':
        this.note(() => `${node.config.self} DECIDES ${numberOf(effect.value)} of round ${effect.round}`);
        if (node.isTraitor) return;
        this.watch.decided(node.config.self, effect);
        for (const to of this.nodes) if (to !== node) this.send(node, to, effect.certificate);
        return;
      case 'answer': {
        const to = this.nodes.find((other) => other.config.self === effect.to);
        if (to !== undefined) this.send(node, to, effect.certificate);
        return;
      }
    }
  }

  feed(node: Node, input: Input, from: Node | null): void {
    const before = node.instance.round;
    const { instance, effects, error } = step(node.config, node.instance, input);
    node.instance = instance;
    if (error !== null) this.note(() => `${node.config.self} finds: ${error}`);
    if (!node.isTraitor) {
      this.watch.holds(node.config.self, instance);
      if (error !== null && from !== null && !from.isTraitor && isSendersFault(error)) {
        this.watch.fail(`${node.config.self} blames honest ${from.config.self}: ${error}`);
      }
    }
    for (const effect of effects) this.perform(node, effect);
    if (instance.round !== before) this.note(() => `${node.config.self} enters round ${instance.round}`);
  }

  deliver(node: Node, signed: SignedMessage, from: Node | null): void {
    if (!node.isUp) return;
    this.deliveries += 1;
    // As the inbox does: nothing unsigned gets further.
    if (!this.forge.verify(signed)) return;
    this.note(() => `${node.config.self} hears ${this.describe(signed)}`);
    this.feed(node, { type: 'message', signed }, from);
    const { random, haste } = this.plan;
    if (node.isTraitor) this.scheme(node);
    else if (!this.isCalm() && random.chance(haste)) {
      this.feed(node, { type: 'timeout', round: node.instance.round }, null);
    }
  }

  furthestRound(): number {
    return Math.max(...this.nodes.map(({ isTraitor, instance }) => (isTraitor ? 1 : instance.round)));
  }

  /** A traitor considers its next move. */
  scheme(node: Node): void {
    const { random } = this.plan;
    if (random.chance(0.2)) this.strike(node, random.pick(this.plan.moves));
  }

  strike(node: Node, name: MoveName): void {
    const { random } = this.plan;
    if (this.movesMade >= movesMax) return;
    this.movesMade += 1;
    this.note(() => `${node.config.self} plots: ${name}`);
    const isForAll = random.chance(0.5);
    moves[name]({
      self: node.config.self,
      random,
      forge: this.forge,
      committee: this.plan.committee,
      traitors: this.plan.traitors,
      quorum: this.plan.quorum,
      height: this.plan.height,
      round: this.furthestRound(),
      leader: node.config.leader,
      heard: (type) => this.heard[type],
      send: (signed) => {
        this.note(() => `${node.config.self} lies ${this.describe(signed)}`);
        this.remember(signed);
        for (const to of this.nodes)
          if (isForAll || to === node || random.chance(0.6)) this.send(node, to, signed);
      },
    });
  }

  happen(event: Event): void {
    const node = event.to;
    switch (event.type) {
      case 'deliver':
        this.deliver(node, event.signed, event.from);
        return;
      case 'timeout':
        if (node.isUp) this.feed(node, event, null);
        return;
      case 'value':
        if (node.isUp) this.feed(node, { type: 'value', value: valueBytes(event.number) }, null);
        return;
      case 'crash':
        this.note(() => `${node.config.self} crashes`);
        node.isUp = false;
        return;
      case 'return':
        this.note(() => `${node.config.self} is back`);
        node.isUp = true;
        node.instance = createInstance();
        node.isSilent = node.hasSpoken;
        this.perform(node, { type: 'timer', round: 1 });
        return;
    }
  }

  begin(): void {
    for (const node of this.nodes) {
      this.perform(node, { type: 'timer', round: 1 });
      const value = this.plan.values.get(node.config.self) ?? { number: 1, atTick: 0 };
      if (value.atTick >= 0) this.at(value.atTick, { type: 'value', to: node, number: value.number });
      const crash = this.plan.crashes.get(node.config.self);
      if (crash === undefined) continue;
      this.at(crash.atTick, { type: 'crash', to: node });
      this.at(crash.backTick, { type: 'return', to: node });
    }
  }

  run(): Outcome {
    this.begin();
    for (; this.tick <= lastTick; this.tick++) {
      if (this.tick === this.plan.healTick) this.roundAtHealing = this.furthestRound();
      const events = this.agenda[this.tick];
      if (events === undefined) continue;
      // The list grows while it is played: what an operator says to itself arrives in the same tick.
      for (let at = 0; at < events.length && this.watch.violation() === null; at++)
        this.happen(events[at] as Event);
      delete this.agenda[this.tick];
      if (this.watch.violation() !== null || this.isOver()) break;
    }
    if (!this.isOver())
      this.watch.ended(
        this.nodes.filter(({ isUp, isSilent }) => isUp && !isSilent).map(({ config }) => config.self),
        this.roundAtHealing,
      );
    const { seed, committee } = this.plan;
    return {
      seed,
      nodes: committee.length,
      violation: this.watch.violation(),
      decidedRound: this.watch.decidedRound(),
      deliveries: this.deliveries,
    };
  }

  isOver(): boolean {
    return this.nodes.every(
      ({ isTraitor, instance, isUp }) => isTraitor || (isUp && instance.decided !== null),
    );
  }
}

export const runSchedule = (seed: number, nodes: number, trace: Trace | null = null): Outcome =>
  new World(makePlan(seed, nodes), trace).run();
