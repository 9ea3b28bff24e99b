// Lines over time, with axes and units.

import { h, set, setText, svg } from './dom.js';

const HEIGHT = 168;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 24;

/** A chart of samples: `series` is a list of { name, of: sample → number or null }, `format` writes a value with its unit. */
export class Chart {
  #series; #format; #svg; #grid; #lines; #cross; #legend; #title; #summary;
  #width = 480;
  #samples = [];
  #span = 60_000;
  #at = null;
  #left = 0;

  constructor({ title, hint, series, format }) {
    this.#series = series;
    this.#format = format;
    this.#title = title;
    this.#grid = svg('g', { class: 'grid' });
    this.#lines = series.map((_, at) => svg('path', { class: `line line-${at}` }));
    this.#cross = svg('line', { class: 'cross', y1: TOP, y2: HEIGHT - BOTTOM });
    this.#svg = svg('svg', {
      class: 'chart', role: 'img', tabindex: 0, height: HEIGHT, 'aria-label': title,
      onpointermove: event => this.#pick(event.offsetX), onpointerleave: () => this.#pick(null),
      onblur: () => this.#pick(null), onkeydown: event => this.#step(event),
    }, this.#grid, this.#lines, this.#cross);
    this.#legend = series.map((each, at) => ({
      value: h('span', { class: 'value' }), swatch: svg('svg', { class: 'swatch', width: 18, height: 10, 'aria-hidden': true },
        svg('line', { class: `line line-${at}`, x1: 1, x2: 17, y1: 5, y2: 5 })), name: each.name,
    }));
    this.#summary = h('span', { class: 'when' });
    this.element = h('figure', { class: 'panel' },
      h('figcaption', {}, h('h3', {}, title), hint && h('span', { class: 'hint' }, hint)),
      this.#svg,
      h('div', { class: 'legend' }, this.#legend.map(each => h('span', { class: 'entry' }, each.swatch, each.name, ' ', each.value)), this.#summary));
    this.#watcher = new ResizeObserver(([{ contentRect }]) => {
      this.#width = Math.max(240, Math.round(contentRect.width));
      this.#draw();
    });
    this.#watcher.observe(this.element);
  }

  #watcher;

  /** Shows the samples of the last `span` milliseconds. */
  show(samples, span) {
    this.#samples = samples;
    this.#span = span;
    this.#draw();
  }

  /** No more drawing. */
  end() {
    this.#watcher.disconnect();
  }

  #draw() {
    const now = this.#samples.at(-1)?.at ?? Date.now();
    const from = now - this.#span;
    const shown = this.#samples.filter(sample => sample.at >= from);
    const inner = this.#svg.clientWidth || this.#width - 32;
    const most = nice(Math.max(0, ...shown.flatMap(sample => this.#series.map(each => each.of(sample) ?? 0))));
    // Room for the longest of the values that are written beside the axis.
    const left = 16 + 6.3 * Math.max(...[0, most / 2, most].map(value => this.#format(value).length));
    this.#left = left;
    const x = at => left + (at - from) / this.#span * (inner - left - RIGHT);
    const y = value => HEIGHT - BOTTOM - value / most * (HEIGHT - TOP - BOTTOM);
    set(this.#svg, 'viewBox', `0 0 ${inner} ${HEIGHT}`);
    this.#axes(inner, most, x, y, now);
    this.#series.forEach((each, at) => set(this.#lines[at], 'd', path(shown, each.of, x, y)));
    this.#read(shown, x, from);
  }

  #axes(inner, most, x, y, now) {
    const marks = [0, 0.25, 0.5, 0.75, 1].map(part => part * most);
    const seconds = this.#span / 1000;
    const steps = inner < 400 ? 2 : 4;
    const times = Array.from({ length: steps + 1 }, (_, at) => at * this.#span / steps);
    const label = back => (back === 0 ? 'now' : seconds > 90 ? `−${back / 60_000} min` : `−${back / 1000} s`);
    this.#grid.replaceChildren(
      ...marks.map(value => svg('line', { x1: this.#left, x2: inner - RIGHT, y1: y(value), y2: y(value) })),
      ...marks.filter((_, at) => at % 2 === 0).map(value => svg('text', { x: this.#left - 8, y: y(value) + 4, 'text-anchor': 'end' }, this.#format(value))),
      ...times.map(back => svg('text', { x: x(now - back), y: HEIGHT - 6, 'text-anchor': back === 0 ? 'end' : back === this.#span ? 'start' : 'middle' }, label(back))));
  }

  /** The values under the pointer, or the newest. */
  #read(shown, x, from) {
    const picked = this.#at === null ? null : shown.reduce((best, sample) =>
      (best && Math.abs(x(best.at) - this.#at) <= Math.abs(x(sample.at) - this.#at) ? best : sample), null);
    const sample = picked ?? shown.at(-1);
    set(this.#cross, 'visibility', picked ? 'visible' : 'hidden');
    if (picked) {
      set(this.#cross, 'x1', x(picked.at));
      set(this.#cross, 'x2', x(picked.at));
    }
    const told = this.#series.map((each, at) => {
      const text = this.#format(sample ? each.of(sample) ?? null : null);
      setText(this.#legend[at].value, text);
      return `${each.name} ${text}`;
    });
    setText(this.#summary, picked ? new Date(picked.at).toLocaleTimeString('en-GB') : '');
    set(this.#svg, 'aria-label', `${this.#title}: ${told.join(', ')}`);
  }

  #pick(at) {
    this.#at = at;
    this.#draw();
  }

  #step(event) {
    const steps = { ArrowLeft: -12, ArrowRight: 12 };
    if (steps[event.key]) {
      event.preventDefault();
      const end = (this.#svg.clientWidth || this.#width) - RIGHT;
      this.#pick(Math.min(end, Math.max(this.#left, (this.#at ?? end) + steps[event.key])));
    }
  }
}

/** A line, broken where nothing is known. */
function path(samples, of, x, y) {
  let [drawn, open] = ['', false];
  for (const sample of samples) {
    const value = of(sample) ?? null;
    if (value !== null) {
      drawn += `${open ? 'L' : 'M'}${x(sample.at).toFixed(1)} ${y(value).toFixed(1)}`;
    }
    open = value !== null;
  }
  return drawn;
}

/** The next round number: 1, 2 or 4 times a power of ten, so that quarters are round too. */
function nice(value) {
  if (value <= 0) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 10].map(each => each * power).find(each => each >= value);
}
