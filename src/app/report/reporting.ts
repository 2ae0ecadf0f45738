/**
 * Where the events of a process go, and where they are read: sentences in its log, counts in its metrics, and the metrics' port.
 */
import type { Logger } from 'pino';
import type { Health } from '../../http/deps.ts';
import { createMetricsServer, defaultMetricsOptions } from '../../http/metrics-server.ts';
import type { Report } from '../../workflow/report.ts';
import { StartFailed } from '../start-failed.ts';
import { softwareVersion } from '../version.ts';
import { createLogOutput } from './log-output.ts';
import { createLog, type LogOptions, logReport } from './logs.ts';
import { createMetrics, type Metrics } from './metrics.ts';

export interface Reporting {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly report: Report;
}

/** `followed`: the validators of which every event is logged. */
export const createReporting = (
  config: { readonly logLevel: LogOptions['level']; readonly logFormat: LogOptions['format'] },
  followed: readonly string[],
): Reporting => {
  const metrics = createMetrics(softwareVersion);
  const to = createLogOutput(process.stdout.fd, (why) => {
    process.stderr.write(`quorate: log lines are being lost, while the process goes on: ${why}\n`);
    metrics.report({ type: 'fault', where: 'write the log', why });
  });
  const log = createLog({ level: config.logLevel, format: config.logFormat, to });
  const tell = logReport(log, followed, Date.now);
  const report: Report = (event) => {
    tell(event);
    metrics.report(event);
  };
  return { log, metrics, report };
};

export interface MetricsConfig {
  readonly metricsEnabled: boolean;
  readonly metricsHost: string;
  readonly metricsPort: number;
}

/** The port, null where metrics are turned off. `health` is for a process that serves no clients. Throws StartFailed. */
export const serveMetrics = async (
  config: MetricsConfig,
  stack: AsyncDisposableStack,
  report: Report,
  text: Metrics['text'],
  health: (() => Health) | null = null,
): Promise<number | null> => {
  if (!config.metricsEnabled) return null;
  const place = { host: config.metricsHost, port: config.metricsPort };
  const options = { ...defaultMetricsOptions, ...place, tls: null, hosts: ['*'] };
  const server = stack.use(createMetricsServer(text, report, options, health));
  try {
    return (await server.listen()).port;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StartFailed(`cannot serve metrics: ${why}; choose another port with --metrics-port`, { cause });
  }
};
