// Asks the node once a second what every member says of itself, and keeps what came for the charts.

import { get } from './api.js';

const PERIOD = 1000;
const KEPT = 900;

/** A gap longer than this between two answers of a node is no rate of a second. */
const LONGEST = 5000;

/** What is known: `survey` is the newest, also when it is old; `failure` says why there is no newer one. */
export const state = { survey: null, at: null, failure: null, nodes: [], self: null, leader: null, samples: [] };

const listeners = new Set();
const counted = new Map();

/** Calls back now and at each change. @returns how to end that */
export function follow(listener) {
  listeners.add(listener);
  listener(state);
  return () => listeners.delete(listener);
}

/** Asks for ever. */
export async function run() {
  for (;;) {
    const begun = performance.now();
    await look();
    const rest = PERIOD - (performance.now() - begun);
    await new Promise(done => { setTimeout(done, Math.max(100, rest)); });
  }
}

/** Asks once, now. */
export async function look() {
  try {
    const survey = await get('/v1/cluster/nodes', { patience: 5000 });
    Object.assign(state, { survey, at: new Date(), failure: null }, facts(survey));
    state.samples.push(sample(state));
    state.samples.splice(0, state.samples.length - KEPT);
  } catch (failure) {
    state.failure = failure.message;
  }
  listeners.forEach(listener => listener(state));
}

/** What a survey says, put together. Of several that take themselves for the leader, the newest term's is right. */
function facts(survey) {
  const leader = survey.nodes.filter(node => node.view?.role === 'leader')
    .reduce((best, node) => (best && best.view.term >= node.view.term ? best : node), null);
  const nodes = survey.nodes.map(node => {
    const link = leader?.view.members.find(member => member.id === node.id) ?? null;
    return {
      ...node,
      link,
      isLeader: node === leader,
      isSelf: node.id === survey.node,
      state: !node.view ? 'unreachable' : node === leader ? 'leader' : node.view.role === 'leader' ? 'follower' : node.view.role,
    };
  });
  return { nodes, self: nodes.find(node => node.isSelf) ?? null, leader: nodes.find(node => node.isLeader) ?? null };
}

/** What goes into the charts: sums of rates, and the slowest node's latencies. */
function sample({ nodes, at }) {
  const of = { at: at.getTime(), reads: null, writes: null, failed: null, lag: {} };
  for (const node of nodes) {
    if (node.link && node.view && !node.isLeader) {
      of.lag[node.id] = node.link.lag;
    }
    if (!node.view?.load) {
      continue;
    }
    const now = { at: of.at, started: node.view.started, load: node.view.load };
    const before = counted.get(node.id);
    counted.set(node.id, now);
    if (!before || before.started !== now.started || now.at - before.at > LONGEST || now.at === before.at) {
      continue;
    }
    const seconds = (now.at - before.at) / 1000;
    for (const kind of ['reads', 'writes']) {
      const more = (now.load[kind]?.count ?? 0) - (before.load[kind]?.count ?? 0);
      of[kind] = (of[kind] ?? 0) + more / seconds;
      if (more > 0) {
        slower(of, `${kind}P50`, now.load[kind].p50Ms);
        slower(of, `${kind}P99`, now.load[kind].p99Ms);
      }
    }
    of.failed = (of.failed ?? 0) + (now.load.failed - before.load.failed) / seconds;
    if ((now.load.syncs?.count ?? 0) > (before.load.syncs?.count ?? 0)) {
      slower(of, 'syncsP99', now.load.syncs.p99Ms);
    }
  }
  return of;
}

function slower(of, name, ms) {
  of[name] = Math.max(of[name] ?? 0, ms);
}
