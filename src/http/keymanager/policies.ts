/**
 * /eth/v1/validator/{pubkey}/feerecipient and gas_limit: what this node lets a validator's registrations say.
 *
 * GET without a value anywhere is 404, as the node then has no opinion to tell. DELETE takes back what was set here; what the
 * cluster file says cannot be removed here and is 403.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ValidatorKey } from '../../core/ids.ts';
import { type Problem, sendProblem } from '../problem.ts';
import { isProblem, readAddress, readBody, readGasLimit, readValidatorKey } from './body.ts';
import type { PolicyAdmin, PolicyChange, PolicyView } from './deps.ts';
import { sendJson } from './send.ts';

interface PolicyRoute {
  readonly Params: { readonly pubkey: string };
  readonly Body: string | undefined;
}

interface Field {
  readonly path: string;
  readonly name: string;
  readonly of: (view: PolicyView) => PolicyView['feeRecipient'] | PolicyView['gasLimit'];
  readonly render: (view: PolicyView) => object;
  readonly read: (body: Readonly<Record<string, unknown>>) => PolicyChange | Problem;
  readonly none: PolicyChange;
}

const fields: readonly Field[] = [
  {
    path: '/eth/v1/validator/:pubkey/feerecipient',
    name: 'fee recipient',
    of: (view) => view.feeRecipient,
    render: (view) => ({ ethaddress: view.feeRecipient.value }),
    read: (body) => {
      const value = readAddress(body);
      return isProblem(value) ? value : { type: 'fee-recipient', value };
    },
    none: { type: 'fee-recipient', value: null },
  },
  {
    path: '/eth/v1/validator/:pubkey/gas_limit',
    name: 'gas limit',
    of: (view) => view.gasLimit,
    render: (view) => ({ gas_limit: String(view.gasLimit.value) }),
    read: (body) => {
      const value = readGasLimit(body);
      return isProblem(value) ? value : { type: 'gas-limit', value };
    },
    none: { type: 'gas-limit', value: null },
  },
];

export const addPolicyRoutes = (app: FastifyInstance, policies: PolicyAdmin): void => {
  for (const field of fields) addField(app, policies, field);
};

const addField = (app: FastifyInstance, policies: PolicyAdmin, field: Field): void => {
  const { path, name } = field;
  app.get<PolicyRoute>(path, (request, reply) =>
    withValidator(request, reply, policies, (validator, view) => {
      const { value } = field.of(view);
      return value === null
        ? sendProblem(request, reply, notSet(name))
        : sendJson(reply, { data: { pubkey: validator, ...field.render(view) } });
    }),
  );

  app.post<PolicyRoute>(path, (request, reply) =>
    withValidator(request, reply, policies, (validator) => {
      const body = readBody(request.body);
      const change = isProblem(body) ? body : field.read(body);
      if (isProblem(change)) return sendProblem(request, reply, change);
      policies.change(validator, change);
      return reply.code(202).send();
    }),
  );

  app.delete<PolicyRoute>(path, (request, reply) =>
    withValidator(request, reply, policies, (validator, view) => {
      const { value, isOwn } = field.of(view);
      if (!isOwn && value !== null) return sendProblem(request, reply, ofTheFile(name));
      if (isOwn) policies.change(validator, field.none);
      return reply.code(204).send();
    }),
  );
};

const withValidator = (
  request: FastifyRequest<PolicyRoute>,
  reply: FastifyReply,
  policies: PolicyAdmin,
  answer: (validator: ValidatorKey, view: PolicyView) => FastifyReply,
): FastifyReply => {
  const validator = readValidatorKey(request.params.pubkey);
  if (isProblem(validator)) return sendProblem(request, reply, validator);
  const view = policies.read(validator);
  if (view !== null) return answer(validator, view);
  const message = 'no validator of this node has this public key';
  return sendProblem(request, reply, { status: 404, reason: 'unknown-validator', message });
};

const notSet = (name: string): Problem => ({
  status: 404,
  reason: 'not-set',
  message: `no ${name} is set for this validator, neither here nor in the cluster file`,
});

const ofTheFile = (name: string): Problem => ({
  status: 403,
  reason: 'set-by-cluster-file',
  message: `the ${name} comes from the cluster file and cannot be removed here`,
});
