import { describe, expect, it } from 'vitest';
import { Undo } from '../../src/web/model/undo.ts';

describe('undo', () => {
  it('takes changes back one after the other and makes them again', () => {
    const undo = new Undo<string>();
    undo.note('a');
    undo.note('b');
    expect(undo.back('c')).toBe('b');
    expect(undo.back('b')).toBe('a');
    expect(undo.back('a')).toBeUndefined();
    expect(undo.forth('a')).toBe('b');
    expect(undo.forth('b')).toBe('c');
    expect(undo.forth('c')).toBeUndefined();
    expect(undo.back('c')).toBe('b');
  });

  it('forgets what was taken back once there is another change', () => {
    const undo = new Undo<string>();
    undo.note('a');
    undo.back('b');
    undo.note('a');
    expect(undo.forth('z')).toBeUndefined();
    expect(undo.back('z')).toBe('a');
  });

  it('takes a drag of a slider for one change, and a pause or another slider for the next', () => {
    let nowMs = 0;
    const undo = new Undo<number>(() => nowMs);
    for (const value of [1, 2, 3]) {
      undo.note(value, 'strength');
      nowMs += 900;
    }
    undo.note(4, 'size');
    nowMs += 1001;
    undo.note(5, 'size');
    expect([undo.back(6), undo.back(5), undo.back(4), undo.back(1)]).toEqual([5, 4, 1, undefined]);
  });

  it('keeps 50 changes', () => {
    const undo = new Undo<number>();
    for (let moment = 0; moment < 60; moment++) undo.note(moment);
    let last: number | undefined;
    for (let moment: number | undefined = 60; moment !== undefined; moment = undo.back(moment)) last = moment;
    expect(last).toBe(10);
  });
});
