import { Kind, parse, visit } from 'graphql';
import { meros } from 'meros/browser';

const json = 'application/graphql-response+json, application/json;q=0.9';

// fetcher sends what GraphiQL asks as the session's persona: a query as JSON,
// one with @defer as parts, a subscription as server-sent events. Every answer
// is also told to observe.
export function fetcher(endpoint, session, observe) {
  return (asked) => {
    const { params, subscription, deferred } = shape(asked);
    const accept = subscription ? 'text/event-stream' : deferred ? `multipart/mixed, ${json}` : json;
    const answers = (signal) => ask({ endpoint, session, observe, params, accept, signal });
    return subscription || deferred ? observable(answers) : first(answers());
  };
}

// shape also mends the operation's name, which GraphiQL still has from the tab
// before when the button is pressed right after a change of tabs.
function shape(params) {
  let document;
  try {
    document = parse(params.query);
  } catch {
    return { params }; // The server says what is wrong with it.
  }
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const operation = operations.find(({ name }) => name?.value === params.operationName) ?? operations[0];
  let deferred = false;
  visit(document, {
    Directive: ({ name }) => {
      deferred ||= name.value === 'defer' || name.value === 'stream';
    },
  });
  return {
    params: { ...params, operationName: operation?.name?.value },
    subscription: operation?.operation === 'subscription',
    deferred,
  };
}

async function* ask({ endpoint, session, observe, params, accept, signal }) {
  const started = performance.now();
  const response = await post({ endpoint, session, params, accept, signal }).catch((reason) => {
    observe(null); // what it said before is not of this question
    throw signal?.aborted ? reason : fault('The service does not answer. See whether it still runs, and ask again.');
  });
  const told = (answer) => {
    observe({
      introspection: params.operationName === 'IntrospectionQuery',
      status: response.status,
      milliseconds: Math.round(performance.now() - started),
      persona: session.chosen,
      gaps: answer?.extensions?.gaps ?? [],
    });
    return answer;
  };
  const type = response.headers.get('Content-Type') ?? '';
  if (type.startsWith('text/event-stream')) {
    for await (const answer of events(response.body)) yield told(answer);
  } else if (type.startsWith('multipart/mixed')) {
    for await (const part of await meros(response)) yield told(part.json ? part.body : JSON.parse(part.body));
  } else if (type.includes('json')) {
    yield told(await response.json());
  } else {
    throw fault(`${response.status} ${(await response.text()).trim()}`);
  }
}

// fault is an error that GraphiQL shows without where in the page it came about.
function fault(message) {
  return Object.assign(new Error(message), { stack: undefined });
}

// post asks again once with new tokens when the server knows ours no longer,
// as after a restart, which makes new keys.
async function post({ endpoint, session, params, accept, signal }) {
  const send = async () =>
    fetch(endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: accept, ...(await session.authorization()) },
      body: JSON.stringify(params),
      cache: 'no-store',
      credentials: 'same-origin',
      signal,
    });
  const response = await send();
  if (response.status !== 401) return response;
  await session.refresh();
  return send();
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (text + value).replace(/\r\n/g, '\n').split('\n\n');
    text = blocks.pop();
    for (const block of blocks) {
      const { event, data } = fields(block);
      if (event === 'complete') return;
      if (data) yield JSON.parse(data);
    }
  }
}

function fields(block) {
  const lines = block.split('\n').map((line) => /^(event|data): ?(.*)$/.exec(line)).filter(Boolean);
  const all = (name) => lines.filter(([, field]) => field === name).map(([, , value]) => value).join('\n');
  return { event: all('event'), data: all('data') };
}

async function first(answers) {
  for await (const answer of answers) return answer;
  throw fault('The server sent no answer.');
}

// observable lets GraphiQL's stop button end the request, which leaving an
// iterator that waits for its next value does not.
function observable(answers) {
  return {
    subscribe({ next, error, complete }) {
      const controller = new AbortController();
      (async () => {
        try {
          for await (const answer of answers(controller.signal)) next(answer);
          complete();
        } catch (reason) {
          if (controller.signal.aborted) complete();
          else error(reason);
        }
      })();
      return { unsubscribe: () => controller.abort() };
    },
  };
}
