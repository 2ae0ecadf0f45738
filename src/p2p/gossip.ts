/**
 * ports.Gossip over gossipsub: topics of our committees, a bounded queue of messages to be judged, one synchronous verdict.
 *
 * A committee's topic is /quorate/1/<domain>/<subnet>, where the subnet is the committee id as a big-endian number modulo
 * 128: a fixed list of topics, so that all can be scored and a stranger cannot invent one. Messages of other committees on
 * the same subnet arrive too; judging them is the listener's.
 *
 * Messages wait in one queue and are judged a few per turn of the event loop, so that a burst never blocks timers. One
 * neighbour fills at most a quarter of the queue, strangers and observers together half of it; what does not fit is dropped
 * without a penalty and reported.
 *
 * A neighbour is heard from its first moment, before hello has proven who it is: gossipsub keeps no second chance for what
 * it once dropped, and a message proves itself by the operator's signature inside. Strangers leave within seconds.
 */
import { type GossipsubMessage, TopicValidatorResult } from '@libp2p/gossipsub';
import { fromHex, toHex } from '../core/bytes.ts';
import type { CommitteeId, OperatorId } from '../core/ids.ts';
import type { Gossip, Verdict } from '../workflow/ports.ts';
import type { Report } from '../workflow/report.ts';
import { type Host, largeBytes, routerOf } from './host.ts';

export const subnetCount = 128;

/** Messages waiting for a verdict, and their bytes; messages judged in one turn of the event loop. */
const queueMax = 1024;
const queueBytesMax = 32 * 1024 * 1024;
const perSourceMax = queueMax / 4;
/** From here on only proven operators' messages are taken in: no number of strangers keeps theirs out. */
const strangersMax = queueMax / 2;
const judgedPerTurn = 32;
/** A flood is told once per this many ms, with a count. */
const overflowReportMs = 5_000;
/**
 * A message is passed on only after so many ms. Whoever is connected to its author, as all operators of a committee should be, has it
 * by then and needs it from nobody: those who have a large one have said so, and of two neighbours that hold a small one for
 * different times the second does not send it back. At once, each copy would go out while the duty waits for the processor. What is
 * urgent does not wait: where a link is down, whoever lacks it needs it before all else.
 */
const passOn = { smallMinMs: 60, smallMaxMs: 200, largeMs: 200 } as const;
const passOnAfterMs = (bytes: number): number => {
  const { smallMinMs, smallMaxMs, largeMs } = passOn;
  return bytes >= largeBytes ? largeMs : smallMinMs + Math.random() * (smallMaxMs - smallMinMs);
};

/** committee id (32 bytes, big-endian) mod 128: its last seven bits. */
export const subnetOf = (committee: CommitteeId): number => (fromHex(committee, 32)[31] ?? 0) % subnetCount;

export const topicOf = (domain: Uint8Array, subnet: number): string =>
  `/quorate/1/${toHex(domain).slice(2)}/${subnet}`;

/** All topics of a network. */
export const allTopics = (domain: Uint8Array): readonly string[] =>
  Array.from({ length: subnetCount }, (_, subnet) => topicOf(domain, subnet));

export interface GossipConfig {
  readonly host: Host;
  readonly domain: Uint8Array;
  readonly messageBytesMax: number;
  readonly report: Report;
  /** Which operator is behind a peer id; null where it has not proven to be one. */
  readonly operatorOf: (peer: string) => OperatorId | null;
}

export interface GossipNode extends Gossip, Disposable {
  /** Subscribes to the topics of these committees and leaves all others. */
  subscribe(committees: Iterable<CommitteeId>): void;
}

interface Waiting {
  readonly message: Uint8Array;
  readonly id: string;
  readonly source: string;
}

const verdicts = {
  accept: TopicValidatorResult.Accept,
  urgent: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
} as const satisfies Record<Verdict, TopicValidatorResult>;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Counts what is dropped in a flood, and tells it once per interval instead of once per message. */
const createOverflow = (config: GossipConfig) => {
  let dropped = 0;
  let timer: NodeJS.Timeout | null = null;
  const tell = (source: string) => {
    config.report({
      type: 'message-refused',
      verdict: 'ignore',
      why: `queue of unjudged gossip is full: ${dropped} dropped`,
      from: config.operatorOf(source),
    });
    dropped = 0;
  };
  return {
    add(source: string) {
      dropped += 1;
      if (timer !== null) return;
      tell(source);
      timer = setTimeout(() => {
        timer = null;
        if (dropped > 0) tell(source);
      }, overflowReportMs).unref();
    },
    stop: () => clearTimeout(timer ?? undefined),
  };
};

export const createGossip = (config: GossipConfig): GossipNode => {
  const { host, report } = config;
  const router = routerOf(host);
  const overflow = createOverflow(config);
  const perSource = new Map<string, number>();
  let handle: ((message: Uint8Array) => Verdict) | null = null;
  let queue: Waiting[] = [];
  let queuedBytes = 0;
  let turn: NodeJS.Immediate | null = null;
  const held = new Set<NodeJS.Timeout>();

  const later = (delayMs: number, task: () => void): void => {
    const timer = setTimeout(() => {
      held.delete(timer);
      task();
    }, delayMs).unref();
    held.add(timer);
  };

  const judge = ({ message, id, source }: Waiting): void => {
    let verdict: Verdict = 'ignore';
    try {
      if (handle !== null) verdict = handle(message);
    } catch (error) {
      // A bug of the listener must not punish the sender, nor stop the queue.
      report({ type: 'fault', where: 'gossip', why: reasonOf(error) });
    }
    report({
      type: 'message-received',
      bytes: message.length,
      verdict: verdict === 'urgent' ? 'accept' : verdict,
    });
    const tellRouter = (): void => {
      router.reportMessageValidationResult(id, source, verdicts[verdict]);
    };
    if (verdict === 'accept') later(passOnAfterMs(message.length), tellRouter);
    else tellRouter();
  };

  const drain = (): void => {
    turn = null;
    const batch = queue.slice(0, judgedPerTurn);
    queue = queue.slice(judgedPerTurn);
    for (const waiting of batch) {
      queuedBytes -= waiting.message.length;
      const left = (perSource.get(waiting.source) ?? 1) - 1;
      if (left === 0) perSource.delete(waiting.source);
      else perSource.set(waiting.source, left);
      judge(waiting);
    }
    if (queue.length > 0) turn = setImmediate(drain);
  };

  const onMessage = ({ detail }: CustomEvent<GossipsubMessage>): void => {
    const source = detail.propagationSource.toString();
    const waiting: Waiting = { message: detail.msg.data, id: detail.msgId, source };
    const ofSource = perSource.get(source) ?? 0;
    if (detail.msg.data.length > config.messageBytesMax) {
      router.reportMessageValidationResult(waiting.id, source, TopicValidatorResult.Reject);
      report({
        type: 'message-refused',
        verdict: 'reject',
        why: 'gossip message too large',
        from: config.operatorOf(source),
      });
    } else if (
      queue.length >= queueMax ||
      (queue.length >= strangersMax && config.operatorOf(source) === null) ||
      ofSource >= perSourceMax ||
      queuedBytes + waiting.message.length > queueBytesMax
    ) {
      router.reportMessageValidationResult(waiting.id, source, TopicValidatorResult.Ignore);
      overflow.add(source);
    } else {
      queue.push(waiting);
      queuedBytes += waiting.message.length;
      perSource.set(source, ofSource + 1);
      turn ??= setImmediate(drain);
    }
  };
  router.addEventListener('gossipsub:message', onMessage);

  const send = async (topic: string, message: Uint8Array): Promise<void> => {
    const { recipients } = await router.publish(topic, message);
    if (recipients.length === 0) {
      report({ type: 'publish-failed', why: 'no operator of the committee is connected and listening' });
    } else {
      report({ type: 'message-sent', bytes: message.length, peers: recipients.length });
    }
  };

  return {
    publish(committee, message) {
      if (message.length > config.messageBytesMax) {
        report({
          type: 'publish-failed',
          why: `message of ${message.length} bytes is over ${config.messageBytesMax}`,
        });
        return;
      }
      send(topicOf(config.domain, subnetOf(committee)), message).catch((error: unknown) => {
        // The very bytes went out already: that is what was asked for.
        if (reasonOf(error) === 'PublishError.Duplicate') return;
        report({ type: 'publish-failed', why: reasonOf(error) });
      });
    },
    listen(task) {
      handle = task;
    },
    subscribe(committees) {
      const wanted = new Set([...committees].map((committee) => topicOf(config.domain, subnetOf(committee))));
      for (const topic of router.getTopics()) if (!wanted.has(topic)) router.unsubscribe(topic);
      for (const topic of wanted) if (!router.getTopics().includes(topic)) router.subscribe(topic);
    },
    [Symbol.dispose]() {
      router.removeEventListener('gossipsub:message', onMessage);
      overflow.stop();
      if (turn !== null) clearImmediate(turn);
      for (const timer of held) clearTimeout(timer);
      queue = [];
    },
  };
};
