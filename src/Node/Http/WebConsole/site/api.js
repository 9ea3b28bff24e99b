// The node's API. Refusals are values with a title, a detail and an outcome; nothing is guessed into another.

/** An answer of 400 or more: what the node said of it. */
export class Refusal extends Error {
  constructor(status, problem, headers) {
    super(problem.detail ?? problem.title ?? `status ${status}`);
    Object.assign(this, { status, problem, headers });
  }

  /** Whether nobody knows if the change was made. */
  get isUnknown() {
    return this.problem.outcome === 'unknown';
  }
}

/** No answer came: the node is away, the network is, or it took too long. */
export class NoAnswer extends Error {}

/**
 * Sends a request.
 * @returns status, headers and body (a Response whose body is not read yet)
 * @throws Refusal, NoAnswer; AbortError when the signal was the caller's own
 */
export async function send(method, path, { body, headers = {}, signal, patience = 15_000 } = {}) {
  const limit = patience ? AbortSignal.timeout(patience) : null;
  const signals = [signal, limit].filter(Boolean);
  let answer;
  try {
    answer = await fetch(path, { method, body, headers, cache: 'no-store', credentials: 'same-origin', signal: AbortSignal.any(signals) });
  } catch (failure) {
    throw lost(failure, signal);
  }
  if (answer.ok) {
    return answer;
  }
  const text = await whole(answer, 'text', signal);
  let problem;
  try {
    problem = JSON.parse(text);
  } catch {
    problem = { title: answer.statusText || `Status ${answer.status}`, detail: text.slice(0, 500) };
  }
  throw new Refusal(answer.status, problem, answer.headers);
}

/** Reads an answer's body: 'text', 'arrayBuffer'. A body that breaks off is no answer. */
export async function whole(answer, as, signal) {
  try {
    return await answer[as]();
  } catch (failure) {
    throw lost(failure, signal);
  }
}

/** Asks for JSON. */
export const get = async (path, options) => JSON.parse(await whole(await send('GET', path, options), 'text', options?.signal));

/** Sends JSON and reads the answer. */
export async function post(method, path, body, options) {
  const answer = await send(method, path, {
    ...options, body: body === undefined ? undefined : JSON.stringify(body), headers: { 'Content-Type': 'application/json' },
  });
  return JSON.parse(await whole(answer, 'text'));
}

/** A name for a write: sent again under it, it is done once. (The random UUIDs of browsers are for https alone.) */
export const newKey = () => `console-${[...crypto.getRandomValues(new Uint8Array(16))].map(each => each.toString(16).padStart(2, '0')).join('')}`;

/** The path of a table's rows. */
export const rowsPath = table => (table === 'kv' ? '/v1/kv' : `/v1/tables/${encodeURIComponent(table)}/rows`);

/** The path of a row; null when a browser can't send its key: it takes these two for folders, whatever their letters are written as. */
export const rowPath = (table, key) => (key === '.' || key === '..' ? null : `${rowsPath(table)}/${encodeURIComponent(key)}`);

function lost(failure, signal) {
  if (signal?.aborted) {
    return failure;
  }
  return new NoAnswer(failure.name === 'TimeoutError' ? 'no answer came in time' : `no answer: ${failure.message}`);
}
