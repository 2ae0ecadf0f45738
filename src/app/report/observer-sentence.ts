/**
 * What the events around observers say to a person; the levels are those of sentence.ts.
 */
import type { ReportEvent } from '../../workflow/report.ts';

export type ObserverEvent = Extract<
  ReportEvent,
  { readonly type: 'observer-admitted' | 'observer-left' | 'observer-refused' | 'source' | 'copied' }
>;

interface ObserverSentence {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly text: string;
}

const say = (level: ObserverSentence['level'], text: string): ObserverSentence => ({ level, text });

/** An event of an observer, or of a node that lets one in, for a person. */
export const observerSentence = (event: ObserverEvent): ObserverSentence => {
  switch (event.type) {
    case 'observer-admitted':
      return say('info', `observer ${event.peer} is connected, one of ${event.observers}`);
    case 'observer-left':
      return say('info', `observer ${event.peer} has left; ${event.observers} remain`);
    case 'observer-refused':
      return say('info', `observer ${event.peer} was not let in or sent away: ${event.why}`);
    case 'source':
      return sourceSentence(event);
    case 'copied': {
      const range = `slots ${event.from} to ${event.to} of committee ${event.committee.slice(0, 10)}`;
      if (event.outcome === 'answered')
        return say(
          event.entries > 0 ? 'info' : 'debug',
          `${event.source} told ${event.entries} decisions in ${range}`,
        );
      if (event.outcome === 'lie')
        return say(
          'error',
          `${event.source} told what does not verify, in ${range}: ${event.why}; if all nodes do, our cluster file is not theirs`,
        );
      return say('warn', `${event.source} did not tell ${range}: ${event.why}`);
    }
  }
};

const sourceSentence = (event: Extract<ObserverEvent, { readonly type: 'source' }>): ObserverSentence => {
  switch (event.state) {
    case 'connected':
      return say('info', `connected to ${event.source}`);
    case 'lost':
      return say('warn', `lost the connection to ${event.source}; redialling`);
    case 'unreachable':
      return say('warn', `cannot observe at ${event.source}: ${event.why}`);
  }
};
