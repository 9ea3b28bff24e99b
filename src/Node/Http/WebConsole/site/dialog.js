// A question before something happens that others notice.

import { command, h } from './dom.js';

/**
 * Asks. The answer "no" has the focus first, and Escape means it.
 * @param title what is to be done
 * @param sentences what will happen
 * @param yes what the button says that does it
 * @param run the command that does the same, or null
 * @returns whether to do it
 */
export function confirm(title, sentences, yes, { run = null, danger = false } = {}) {
  return new Promise(answer => {
    const back = document.activeElement;
    const no = h('button', { type: 'button', onclick: () => close(false) }, 'Cancel');
    const dialog = h('dialog', { 'aria-labelledby': 'dialog-title', oncancel: event => { event.preventDefault(); close(false); } },
      h('h2', { id: 'dialog-title' }, title),
      sentences.map(sentence => h('p', {}, sentence)),
      run && h('p', { class: 'same' }, 'The same at a prompt: ', command(run)),
      h('div', { class: 'buttons' }, no,
        h('button', { type: 'button', class: danger ? 'danger' : 'primary', onclick: () => close(true) }, yes)));
    function close(decided) {
      dialog.close();
      dialog.remove();
      back?.focus?.();
      answer(decided);
    }
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });
}
