/**
 * Report events as log lines: one JSON object a line for machines, or text for people.
 *
 * Every line has the event's own fields, so that `grep` for a validator key or a duty shows its whole way. Lines that a
 * stranger can cause are limited by the minute.
 */
import { Writable } from 'node:stream';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { Report, ReportEvent } from '../../workflow/report.ts';
import { levelOf, sentenceOf } from './sentence.ts';

export interface LogOptions {
  readonly level: 'error' | 'warn' | 'info' | 'debug' | 'trace';
  readonly format: 'json' | 'pretty';
  readonly to: DestinationStream;
}

/** A last guard: nothing with such a name is meant to reach a log. */
const secretNames: ReadonlySet<string> = new Set([
  'password',
  'passwords',
  'secret',
  'privateKey',
  'mnemonic',
  'authorization',
]);

type Fields = Record<string, unknown>;

/** An error's own properties count as well; the numbered bytes of an array have no names. */
const hasNames = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);

const copyOf = (fields: Fields): Fields =>
  Object.create(Object.getPrototypeOf(fields), Object.getOwnPropertyDescriptors(fields));

/** The same fields where there is nothing to hide, as always: pino's own redaction copies every line. */
const withoutSecrets = (fields: Fields, deeper: number): Fields => {
  let changed: Fields | null = null;
  // Not for-in: over objects of many shapes its compiled code is thrown away and made again, without end.
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    const shown = secretNames.has(name)
      ? '[redacted]'
      : deeper > 0 && hasNames(value)
        ? withoutSecrets(value, deeper - 1)
        : value;
    if (shown === value) continue;
    changed ??= copyOf(fields);
    changed[name] = shown;
  }
  return changed ?? fields;
};

export const createLog = ({ level, format, to }: LogOptions): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (fields) => withoutSecrets(fields, 1) },
    },
    format === 'pretty' ? prettyTo(to) : to,
  );

/**
 * `followed`: texts (validator keys, committee prefixes as duty names have them) whose every event is logged at info at
 * least. `now`: Unix time in ms, for the limit on lines that strangers cause.
 */
export const logReport = (log: Logger, followed: readonly string[], now: () => number): Report => {
  const mayPass = createFloodGate(now);
  return (event) => {
    const known = levelOf(event);
    if (known !== null && followed.length === 0 && !log.isLevelEnabled(known)) return;
    const { level, text } = sentenceOf(event);
    const isFollowed = followed.some((name) => concerns(event, name));
    if (!isFollowed && floods.has(event.type) && !mayPass(floodKey(event))) return;
    log[isFollowed && level === 'debug' ? 'info' : level]({ event: event.type, ...fieldsOf(event) }, text);
  };
};

const concerns = (event: ReportEvent, name: string): boolean =>
  ('validator' in event && event.validator === name) || ('duty' in event && event.duty.includes(name));

const fieldsOf = (event: ReportEvent): Readonly<Record<string, unknown>> => {
  const { type: _, ...fields } = event;
  if (event.type !== 'answered') return fields;
  const { outcome } = event;
  // The signature itself is of no use in a log; which root was signed is told by the `asked` line.
  const { type, ...more } = outcome.type === 'signed' ? { type: outcome.type } : outcome;
  return { ...fields, outcome: type, ...more };
};

const floods: ReadonlySet<string> = new Set([
  'message-refused',
  'peer-dial-failed',
  'publish-failed',
  'bad-partial',
  'proposal-refused',
  'observer-admitted',
  'observer-left',
  'observer-refused',
]);
const floodKey = (event: ReportEvent): string =>
  `${event.type}/${'from' in event ? event.from : 'operator' in event ? event.operator : ''}`;

const linesPerMinute = 20;
const sendersMax = 1000;

/** At most 20 lines a minute of each kind and sender. Nothing is lost to metrics, which count them all. */
const createFloodGate = (now: () => number): ((key: string) => boolean) => {
  let minute = 0;
  const lines = new Map<string, number>();
  return (key) => {
    const current = Math.floor(now() / 60_000);
    if (current !== minute || lines.size >= sendersMax) lines.clear();
    minute = current;
    const count = (lines.get(key) ?? 0) + 1;
    lines.set(key, count);
    return count <= linesPerMinute;
  };
};

/** `12:00:00.000 INFO  text  field=value ...` */
const prettyTo = (to: DestinationStream): DestinationStream =>
  new Writable({
    decodeStrings: false,
    write(line: string | Buffer, _encoding, done) {
      to.write(prettyLine(line.toString()));
      done();
    },
  });

const prettyLine = (line: string): string => {
  const { time, level, msg, event: _, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const clock = String(time).slice(11, 23);
  return `${clock} ${String(level).toUpperCase().padEnd(5)} ${String(msg)}${rest.length > 0 ? `  ${rest.join(' ')}` : ''}\n`;
};
