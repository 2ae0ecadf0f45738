/**
 * From partial signatures to signatures that verify, and the names of those whose partials do not.
 *
 * Optimistic: recover from a quorum as it came, check only the result, all results of a root together. Partials are checked
 * only after that failed, an operator's partials of one root at a time, because one bad operator is the usual case.
 * Nothing that a partial holds makes this throw.
 */
import type { Signature } from '@chainsafe/blst';
import { fromHex } from '../bytes.ts';
import type { OperatorId } from '../ids.ts';
import type { CombineJob, CombineResult, JobPartial, PartialCheck } from './job.ts';
import { chooseOperators, recover, subsetsOf } from './recover.ts';
import { type Claim, groupsHold, whichHold } from './verify.ts';

/** A quorum of partials put together, not yet checked. */
interface Attempt {
  readonly job: CombineJob;
  /** Null where there are too few partials, or one of them is no point. */
  readonly signature: Signature | null;
}

const recoverFrom = (partials: readonly JobPartial[]): Signature | null => {
  const recovery = recover(partials);
  return recovery.type === 'recovered' ? recovery.signature : null;
};

const attempt = (job: CombineJob, partials: readonly JobPartial[]): Attempt => {
  if (job.quorum < 1 || partials.length < job.quorum) return { job, signature: null };
  const ascending = [...partials].sort((a, b) => a.operator - b.operator);
  const chosen = chooseOperators(
    ascending.map(({ operator }) => operator),
    job.quorum,
  );
  return { job, signature: recoverFrom(ascending.filter(({ operator }) => chosen.includes(operator))) };
};

const claimOf = (job: CombineJob, signature: Signature): Claim => ({
  key: job.validator,
  signature: signature.toBytes(false),
});

const groupBy = <Item, Key>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): readonly (readonly Item[])[] => [...Map.groupBy(items, keyOf).values()];

/** The jobs whose signature stands; what is not in the map needs a closer look. */
const checkTogether = (attempts: readonly Attempt[]): ReadonlyMap<CombineJob, Signature> => {
  const made = attempts.filter((it): it is Attempt & { signature: Signature } => it.signature !== null);
  const groups = groupBy(made, ({ job }) => job.signingRoot);
  const claims = groups.map((group) => ({
    root: fromHex((group[0] as Attempt).job.signingRoot),
    claims: group.map(({ job, signature }) => claimOf(job, signature)),
  }));
  const verdicts = groupsHold(claims);
  return new Map(
    groups.flatMap((group, at) =>
      verdicts[at] ? group.map(({ job, signature }) => [job, signature] as const) : [],
    ),
  );
};

/**
 * A thousand bad partials looked at one by one would be two seconds of work. After so many of one operator and root, those
 * not yet cleared are taken for bad.
 */
const BLAME_MAX = 64;

/** The operators whose partials do not verify under their share keys, for each job. */
const findBad = (jobs: readonly CombineJob[]): ReadonlyMap<CombineJob, ReadonlySet<OperatorId>> => {
  const bad = new Map(jobs.map((job) => [job, new Set<OperatorId>()]));
  const all = jobs.flatMap((job) => job.partials.map((partial) => ({ job, ...partial })));
  for (const column of groupBy(all, ({ job, operator }) => `${job.signingRoot}/${operator}`)) {
    const root = fromHex((column[0] as (typeof all)[0]).job.signingRoot);
    const verdicts = whichHold(
      root,
      column.map(({ share, signature }) => ({ key: share, signature })),
      BLAME_MAX,
    );
    column.forEach(({ job, operator }, at) => {
      if (!verdicts[at]) bad.get(job)?.add(operator);
    });
  }
  return bad;
};

/** So many quorums of good partials are tried when the first does not verify. Only shares of different keys get here. */
const SUBSETS_MAX = 24;

const tryAll = (job: CombineJob, good: readonly JobPartial[]): Signature | null => {
  const byOperator = new Map(good.map((partial) => [partial.operator as number, partial]));
  const root = fromHex(job.signingRoot);
  let tries = 0;
  for (const subset of subsetsOf([...byOperator.keys()], job.quorum)) {
    if (tries++ >= SUBSETS_MAX) return null;
    const signature = recoverFrom(subset.map((operator) => byOperator.get(operator) as JobPartial));
    if (signature !== null && groupsHold([{ root, claims: [claimOf(job, signature)] }])[0]) return signature;
  }
  return null;
};

/** A repeated operator would make the interpolation impossible; its first partial counts. */
const distinct = (job: CombineJob): CombineJob => {
  const first = new Map(job.partials.toReversed().map((partial) => [partial.operator, partial]));
  return first.size === job.partials.length ? job : { ...job, partials: [...first.values()] };
};

/** The second look: names bad operators, combines without them. */
const combineWithoutBad = (jobs: readonly CombineJob[]): ReadonlyMap<CombineJob, CombineResult> => {
  const bad = findBad(jobs);
  const goodOf = (job: CombineJob): readonly JobPartial[] =>
    job.partials.filter(({ operator }) => !bad.get(job)?.has(operator));
  const combined = checkTogether(jobs.map((job) => attempt(job, goodOf(job))));
  return new Map(
    jobs.map((job) => {
      const good = goodOf(job);
      const signature = combined.get(job) ?? (good.length > job.quorum ? tryAll(job, good) : null);
      return [job, resultOf(signature, [...(bad.get(job) ?? [])])];
    }),
  );
};

const resultOf = (signature: Signature | null, bad: readonly OperatorId[]): CombineResult =>
  signature === null ? { type: 'short', bad } : { type: 'combined', signature: signature.toBytes(), bad };

/** One result per job, in order. A job with fewer partials than its quorum is `short` at once, and nobody is blamed. */
export const combineAndVerify = (given: readonly CombineJob[]): readonly CombineResult[] => {
  const jobs = given.map(distinct);
  const ready = jobs.filter((job) => job.quorum >= 1 && job.partials.length >= job.quorum);
  const combined = checkTogether(ready.map((job) => attempt(job, job.partials)));
  const second = combineWithoutBad(ready.filter((job) => !combined.has(job)));
  return jobs.map((job) => {
    const signature = combined.get(job);
    return signature === undefined ? (second.get(job) ?? resultOf(null, [])) : resultOf(signature, []);
  });
};

/** Which of these partials verify under their share keys, in order. */
export const verifyPartials = (checks: readonly PartialCheck[]): readonly boolean[] => {
  const groups = groupBy(checks, ({ signingRoot }) => signingRoot).map((group) => ({
    root: fromHex((group[0] as PartialCheck).signingRoot),
    claims: group.map(({ share, signature }) => ({ key: share, signature })),
    group,
  }));
  const whole = groupsHold(groups);
  const verdicts = new Map<PartialCheck, boolean>();
  for (const [at, { root, claims, group }] of groups.entries()) {
    const each = whole[at] ? claims.map(() => true) : whichHold(root, claims);
    for (const [index, check] of group.entries()) verdicts.set(check, each[index] === true);
  }
  return checks.map((check) => verdicts.get(check) === true);
};
