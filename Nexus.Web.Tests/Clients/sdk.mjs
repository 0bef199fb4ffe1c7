// Drives @anthropic-ai/sdk through its calls and prints one line for each: what the program that uses it would see.
// ANTHROPIC_BASE_URL=… ANTHROPIC_AUTH_TOKEN=… node sdk.mjs PATH-TO-SDK [CASE]
import { createRequire } from 'node:module';

const Anthropic = createRequire(import.meta.url)(process.argv[2]);
const client = new Anthropic();
const once = new Anthropic({ maxRetries: 0 });
const message = text => ({ model: 'claude-sonnet-5', max_tokens: 256, messages: [{ role: 'user', content: text }] });
const tools = [{ name: 'Bash', description: 'Runs a command', input_schema: { type: 'object', properties: { command: { type: 'string' } } } }];

// What the hop to the client sets for itself, or Nexus adds.
const ofTheHop = ['date', 'connection', 'keep-alive', 'transfer-encoding', 'server', 'x-nexus-request-id', 'x-nexus-rewritten'];
const headers = response => Object.fromEntries([...response.headers].filter(([name]) => !ofTheHop.includes(name)));

async function withHeaders(call) {
  const { data, response, request_id } = await call.withResponse();
  return { data, request_id, status: response.status, headers: headers(response) };
}

async function events(body) {
  const seen = [];
  for await (const event of await client.messages.create({ ...body, stream: true })) seen.push(event);
  return seen;
}

async function all(pages) {
  const ids = [];
  for await (const model of pages) ids.push(model.id);
  return ids;
}

const cases = {
  create: () => withHeaders(client.messages.create(message('Hi [[play:say]]'))),
  create_compressed: () => client.messages.create(message('Hi [[play:gzip]]')),
  create_own_headers: () => client.messages.create({ ...message('Hi [[play:say]]'), metadata: { user_id: 'user-1' } }, { headers: { 'X-Team': 'blue', 'anthropic-beta': 'b-2026-01-01,a-2026-01-02' } }),
  create_beyond_ascii: () => client.messages.create(message('Zażółć gęślą jaźń \u0000 🙂 [[play:say]]')),
  beta_create: () => client.beta.messages.create({ ...message('Hi [[play:say]]'), betas: ['context-management-2025-06-27'] }),
  api_key: () => new Anthropic({ apiKey: process.env.ANTHROPIC_AUTH_TOKEN, authToken: null }).messages.create(message('Hi [[play:say]]')),
  stream: () => events(message('Hi [[play:think]]')),
  stream_tool: () => client.messages.stream({ ...message('Run it [[play:bash]]'), tools }).finalMessage(),
  stream_compressed: () => client.messages.stream(message('Hi [[play:gzip]]')).finalMessage(),
  tool_loop: () => client.beta.messages.toolRunner({ ...message('Run it twice [[play:bash 2]]'), tools: [{ ...tools[0], type: 'custom', run: async input => `ran ${input.command}`, parse: input => input }], thread: false }),
  thread: async () => {
    const thread = client.beta.messages.thread({ model: 'claude-sonnet-5', max_tokens: 256, system: 'Be brief.' });
    const said = [];
    for (const text of ['Thread one [[play:say]]', 'Thread two [[play:say]]', 'Thread three [[play:say]]']) said.push(await thread.send({ role: 'user', content: text }));
    return { said, messages: thread.messages.length };
  },
  count: () => withHeaders(client.messages.countTokens({ model: 'claude-sonnet-5', messages: [{ role: 'user', content: 'Count me' }] })),
  batch: async () => {
    const made = await client.messages.batches.create({ requests: [{ custom_id: 'one', params: message('Hi [[play:say]]') }] });
    const results = [];
    for await (const result of await client.messages.batches.results(made.id)) results.push(result);
    return { made, results };
  },
  models: () => all(client.models.list({ limit: 2 })),
  model: () => withHeaders(client.models.retrieve('claude-opus-5')),
  model_unknown: () => client.models.retrieve('no such/model'),
  refused: () => client.messages.create(message('Hi [[play:refused]]')),
  refused_stream: () => client.messages.stream(message('Hi [[play:refused]]')).finalMessage(),
  limited_and_again: () => client.messages.create(message('Hi [[play:limited]]')),
  limited: () => once.messages.create(message('Hi [[play:limited 9]]')),
  overloaded_and_again: () => client.messages.stream(message('Hi [[play:overloaded]]')).finalMessage(),
  overloaded: () => once.messages.create(message('Hi [[play:overloaded 9]]')),
  error_event: () => client.messages.stream(message('Hi [[play:broken]]')).finalMessage(),
  cut: () => client.messages.stream(message('Hi [[play:cut]]')).finalMessage(),
};

// What an error tells the program; the wording of a broken connection is Node's.
const failure = error => ({
  class: error?.constructor?.name,
  status: error?.status,
  body: error?.error,
  requestID: error?.requestID,
  headers: error?.headers ? headers({ headers: error.headers }) : undefined,
  message: String(error?.message),
});

for (const [name, run] of Object.entries(cases)) {
  if (process.argv[3] && process.argv[3] !== name) continue;
  const started = Date.now();
  const result = await run().then(value => ({ value }), error => ({ error: failure(error) }));
  // The server's word on when to come back was heard: a wait of its own would be half as long.
  const waited = name === 'limited_and_again' ? Date.now() - started >= 1000 : undefined;
  console.log(JSON.stringify({ name, ...result, waited }));
}
