/** What the page has to say to its user: one sentence each, some with an answer one click away. */

import { type Signal, signal } from '@preact/signals';

export interface Notice {
  readonly id: number;
  readonly tone: 'problem' | 'news';
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void } | undefined;
  /** A later notice on the same topic takes its place. */
  readonly topic?: string | undefined;
}

export class Notices {
  readonly list: Signal<readonly Notice[]> = signal([]);
  #count = 0;

  /** Shows a notice; the same text is shown once. News goes by itself, problems stay until they are dismissed. */
  add(tone: Notice['tone'], text: string, action?: Notice['action'], topic?: string): void {
    const id = ++this.#count;
    this.clearTopic(topic);
    const same = this.list.value.find((notice) => notice.text === text);
    const others = this.list.value.filter((notice) => notice !== same);
    this.list.value = [...others.slice(-2), { id, tone, text, action: action ?? same?.action, topic }];
    if (tone === 'news') setTimeout(() => this.dismiss(id), 6000);
  }

  dismiss(id: number): void {
    this.list.value = this.list.value.filter((notice) => notice.id !== id);
  }

  clearTopic(topic: string | undefined): void {
    this.list.value = this.list.value.filter((notice) => topic === undefined || notice.topic !== topic);
  }

  clearProblems(): void {
    this.list.value = this.list.value.filter(({ tone }) => tone !== 'problem');
  }
}
