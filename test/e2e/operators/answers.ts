/**
 * What the nodes themselves say of the requests they answered, from their Prometheus metrics: outcomes by kind of duty and
 * the mean time to an answer. Text in, values out.
 */

export interface AnswerCount {
  readonly kind: string;
  /** Counts by outcome, such as signed or undecided. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** From request to answer; null where nothing was answered. ms */
  readonly meanMs: number | null;
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const parseSamples = (text: string): Sample[] =>
  [...text.matchAll(/^(\w+)\{([^}]*)\} (\S+)$/gm)].map(([, name = '', labels = '', value = '']) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, of]) => [key, of])),
    value: Number(value),
  }));

const sumOf = (samples: readonly Sample[], name: string, kind: string): number =>
  samples
    .filter((sample) => sample.name === name && sample.labels.kind === kind)
    .reduce((sum, { value }) => sum + value, 0);

/** Several nodes' metrics texts as one count. */
export const readAnswers = (texts: readonly string[]): AnswerCount[] => {
  const samples = texts.flatMap(parseSamples);
  const requests = samples.filter(({ name }) => name === 'quorate_requests_total');
  const kinds = [...new Set(requests.map(({ labels }) => labels.kind ?? ''))].sort();
  return kinds.map((kind) => {
    const outcomes: Record<string, number> = {};
    for (const { labels, value } of requests.filter((sample) => sample.labels.kind === kind)) {
      const outcome = labels.outcome ?? '';
      outcomes[outcome] = (outcomes[outcome] ?? 0) + value;
    }
    const count = sumOf(samples, 'quorate_request_duration_seconds_count', kind);
    const seconds = sumOf(samples, 'quorate_request_duration_seconds_sum', kind);
    return { kind, outcomes, meanMs: count === 0 ? null : Math.round((1000 * seconds) / count) };
  });
};
