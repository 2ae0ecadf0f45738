/**
 * What can be said of deploy/ without a container engine or systemd: it parses, and every path, port, command, option and
 * metric in it exists.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readRunConfig, runSchema } from '../../src/app/config.ts';
import { observeSchema } from '../../src/app/observe/observe-config.ts';
import { createMetrics } from '../../src/app/report/metrics.ts';
import { optionsTable } from '../../src/app/settings/help.ts';
import type { SignOutcome } from '../../src/workflow/outcome.ts';
import type { ReportEvent } from '../../src/workflow/report.ts';

const root = join(import.meta.dirname, '../..');
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
  readonly ports: readonly string[];
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}
const compose = parse(text('deploy/compose.yaml'), { merge: true }) as Compose;
const operators = Object.entries(compose.services).filter(([name]) => name.startsWith('operator-'));

test('compose runs four operators whose options a node accepts', () => {
  assert.equal(operators.length, 4);
  for (const [name, service] of operators) {
    const [command, ...argv] = service.command ?? [];
    assert.equal(command, 'run');
    const read = readRunConfig({ argv, environment: service.environment ?? {} });
    assert.ok(read.type === 'ok', read.type === 'problems' ? read.problems.join('\n') : '');
    assert.equal(`operator-${read.settings.operatorId}`, name);
    assert.ok(read.settings.httpHostAllowlist.includes(name), 'clients of the compose network are let in');
    const mounts = service.volumes.map((volume) => volume.split(':')[1] ?? '');
    const { clusterFile, dataDir, operatorKeyFile, keystoresDir } = read.settings;
    for (const path of [clusterFile, dataDir, operatorKeyFile ?? '', keystoresDir ?? '']) {
      assert.ok(
        mounts.some((mount) => path === mount || path.startsWith(`${mount}/`)),
        `${path} is mounted`,
      );
    }
    assert.deepEqual(
      service.ports.map((port) => port.split(':').at(-1)),
      [String(read.settings.httpPort)],
    );
  }
});

test('containers have no rights they do not need, and nothing is published beyond this machine', () => {
  for (const [name, service] of operators) {
    assert.equal(service.read_only, true, name);
    assert.deepEqual(service.cap_drop, ['ALL'], name);
    assert.match(service.user ?? '', /^[1-9]\d*:[1-9]\d*$/, name);
  }
  for (const { ports } of Object.values(compose.services)) {
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/);
  }
  const published = Object.values(compose.services).flatMap(({ ports }) =>
    ports.map((port) => port.split(':')[1]),
  );
  assert.equal(new Set(published).size, published.length, 'no port twice');
});

test('every file that compose mounts from this folder is there', () => {
  const named = new Set(Object.keys(compose.volumes));
  for (const { volumes } of Object.values(compose.services)) {
    for (const volume of volumes) {
      const [source = ''] = volume.split(':');
      // ./cluster is the operator's own; README.md tells how it is made.
      if (named.has(source) || source.startsWith('./cluster/')) continue;
      assert.ok(existsSync(join(root, 'deploy', source)), source);
    }
  }
});

test('Prometheus scrapes each operator on the metrics port', () => {
  const { scrape_configs } = parse(text('deploy/prometheus.yml')) as {
    readonly scrape_configs: readonly {
      readonly static_configs: readonly { readonly targets: readonly string[] }[];
    }[];
  };
  const targets = scrape_configs.flatMap((config) => config.static_configs.flatMap((group) => group.targets));
  assert.deepEqual(
    targets,
    operators.map(([name]) => `${name}:9001`),
  );
});

/** Every metric with at least one sample, as Prometheus would store the names. */
const storedNames = async (): Promise<ReadonlySet<string>> => {
  const metrics = createMetrics('1');
  const kind = 'block';
  const common = {
    duty: kind,
    kind,
    validator: '0x' as never,
    slot: 1 as never,
    signingRoot: '0x' as never,
    from: 1 as never,
  };
  const outcome: SignOutcome = { type: 'unknown-validator' };
  const events: readonly ReportEvent[] = [
    { ...common, type: 'answered', outcome, tookMs: 1 },
    {
      type: 'decided',
      duty: kind,
      kind,
      slot: 1 as never,
      round: 1,
      valueRoot: '0x' as never,
      signers: [1 as never],
      tookMs: 1,
    },
    { ...common, type: 'share-signed', tookMs: 1 },
    { ...common, type: 'combined', tookMs: 1 },
  ];
  for (const event of events) metrics.report(event);
  const { body } = await metrics.text();
  const samples = body
    .split('\n')
    .flatMap((line) => (line.startsWith('#') ? [] : (line.match(/^[a-zA-Z_:]\w*/) ?? [])));
  const declared = [...body.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1] ?? '');
  return new Set([...samples, ...declared]);
};

test('every query of the dashboard is over metrics that a node has, and over labels', async () => {
  const names = await storedNames();
  const dashboard = JSON.parse(text('deploy/grafana/quorate.json')) as {
    readonly panels: readonly {
      readonly title: string;
      readonly targets: readonly { readonly expr: string }[];
    }[];
  };
  const queries = dashboard.panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ title, expr })),
  );
  assert.ok(queries.length > 15);
  for (const { title, expr } of queries) {
    const used = [...expr.matchAll(/\b([a-z][a-z0-9_]*)\{/g)].map((match) => match[1] ?? '');
    assert.ok(used.length > 0, `${title}: ${expr}`);
    for (const name of used) assert.ok(names.has(name), `${title}: ${name}`);
    assert.equal(expr.split('(').length, expr.split(')').length, `${title}: parentheses`);
  }
});

test('the image runs what exists, as nobody in particular, and is checked without curl', () => {
  const dockerfile = text('Dockerfile');
  const stages = dockerfile.split(/^FROM /m).slice(1);
  assert.equal(stages.length, 2);
  const last = stages.at(-1) ?? '';
  const user = /^USER (\S+)$/m.exec(last)?.[1];
  assert.ok(user !== undefined && user !== 'root' && user !== '0');
  for (const [, sources = ''] of last.matchAll(/^COPY (?!--from)(.+) \S+$/gm)) {
    for (const source of sources.split(' ')) {
      assert.ok(existsSync(join(root, source)), source);
      assert.match(text('.dockerignore'), new RegExp(`^!${source.replace('.', '\\.')}$`, 'm'));
    }
  }
  const entry = JSON.parse(/^ENTRYPOINT (.+)$/m.exec(last)?.[1] ?? '[]') as string[];
  assert.ok(existsSync(join(root, (entry[1] ?? '').replace('/app/', ''))));
  const health = /^HEALTHCHECK[^\n]*\\\n\s*CMD (.+)$/m.exec(last)?.[1] ?? '';
  const [program, flag, script] = JSON.parse(health) as string[];
  assert.deepEqual([program, flag], ['node', '-e']);
  assert.doesNotThrow(() => new Function(script ?? 'syntax error here'));
  const major = /^FROM node:(\d+)/m.exec(dockerfile)?.[1];
  assert.equal(
    major,
    /(\d+)/.exec((JSON.parse(text('package.json')) as { engines: { node: string } }).engines.node)?.[1],
  );
});

test('the unit starts a node with a config file that a node accepts, and is hardened', () => {
  const unit = text('deploy/systemd/quorate.service');
  const [, program = '', entry = '', command, flag = ''] =
    /^ExecStart=(\S+) (\S+) (\S+) (\S+)$/m.exec(unit) ?? [];
  assert.match(program, /node$/);
  assert.ok(existsSync(join(root, entry.replace('/opt/quorate/', ''))));
  assert.equal(command, 'run');
  assert.equal(flag, '--config-file=/etc/quorate/quorate.yaml');
  const read = readRunConfig({
    argv: [`--config-file=${join(root, 'deploy/systemd/quorate.yaml')}`],
    environment: {},
  });
  assert.ok(read.type === 'ok', read.type === 'problems' ? read.problems.join('\n') : '');
  const state = `/var/lib/${/^StateDirectory=(\S+)$/m.exec(unit)?.[1]}`;
  for (const path of [read.settings.dataDir, read.settings.keystoresDir ?? '']) {
    assert.ok(path.startsWith(`${state}/`), `${path} is writable under ProtectSystem=strict`);
  }
  for (const line of [
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    'PrivateTmp=yes',
    'CapabilityBoundingSet=',
    'UMask=0077',
  ]) {
    assert.ok(unit.split('\n').includes(line), line);
  }
});

test('the table of options in deploy/README.md is the one of the schema', () => {
  assert.ok(
    text('deploy/README.md').includes(optionsTable(runSchema)),
    'run: node test/deploy/options-table.ts, and paste',
  );
});

test('deploy/README.md has a row for every outcome of a sign request', () => {
  const outcomes: Readonly<Record<SignOutcome['type'], true>> = {
    signed: true,
    'unknown-validator': true,
    'too-early': true,
    'too-late': true,
    'refused-by-policy': true,
    slashable: true,
    'decided-otherwise': true,
    undecided: true,
    'below-quorum': true,
    'signer-failed': true,
    overloaded: true,
    'not-ready': true,
  };
  for (const outcome of Object.keys(outcomes))
    assert.match(text('deploy/README.md'), new RegExp(`^\\| \`${outcome}\` \\|`, 'm'), outcome);
});

test('every option and command that the documents name exists', () => {
  const known = new Set([runSchema, observeSchema].flatMap((schema) => Object.keys(schema)));
  const others =
    /--(keep|quick|skip|help|version|plain|password-file|out-dir|out-file|show|keystore-file|mnemonic-file|first-index|count|operators|fee-recipient|gas-limit|validator-key|share-file|share-password-file|share-passwords-dir|out-password-file|minimal|build|file|read-only|user|tmpfs|tag|volume|omit|schedules|seed|system|home-dir|shell|no|now|recursive|distributed)\b/;
  for (const path of ['README.md', 'deploy/README.md']) {
    for (const [flag, name = ''] of text(path).matchAll(/(?<![\w-])--([a-z][a-z0-9-]*)/g)) {
      const isForeign = /^(validators-external|external|web3-signer|remote-signer)/.test(name);
      assert.ok(known.has(name) || isForeign || others.test(flag), `${path}: ${flag}`);
    }
  }
});
