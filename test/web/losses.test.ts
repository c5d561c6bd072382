import { describe, expect, it } from 'vitest';
import { Losses } from '../../src/web/worker/losses.ts';

describe('lost devices', () => {
  it('are replaced twice within a minute; the third says what to do', () => {
    let nowMs = 0;
    const losses = new Losses(() => nowMs);
    losses.note();
    nowMs = 30_000;
    losses.note();
    nowMs = 59_000;
    expect(() => losses.note()).toThrow(/lost 3 times within a minute; close other pages .* reload this page/);
  });

  it('are replaced for ever where they are rare', () => {
    let nowMs = 0;
    const losses = new Losses(() => nowMs);
    for (; nowMs < 600_000; nowMs += 31_000) losses.note();
    expect(nowMs).toBeGreaterThan(600_000);
  });
});
