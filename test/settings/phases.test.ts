/** Decays against the lecture's formulas, recipes against fast.ai's and crowsonkb's definitions, refusals by phase and field. */

import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { parsePhases } from '../../src/settings/parse-phases.ts';
import {
  type ListedPhase,
  type Phase,
  type Scheduled,
  scheduledSteps,
  totalSteps,
  valueAt,
} from '../../src/settings/phase.ts';
import {
  atScales,
  circular,
  constant,
  cosineToZero,
  fixedDecayFixed,
  multiScale,
  oneCycle,
  type RecipeBasis,
  rateFinder,
  recipeNames,
  recipes,
  scalesTo,
  scalesUpTo,
  sgdr,
  shareOut,
  step,
  zeroAndBack,
} from '../../src/settings/recipes.ts';

/** |a − b| for values of the order 1. */
const exact = 1e-12;

describe('valueAt', () => {
  const [s, e, n] = [0.08, 0.0005, 37];

  it.each<[string, Scheduled, (i: number) => number]>([
    ['a number', 0.3, () => 0.3],
    ['none', { start: s, decay: 'none' }, () => s],
    ['linear', { start: s, end: e, decay: 'linear' }, (i) => s + ((e - s) * i) / n],
    ['cosine', { start: s, end: e, decay: 'cosine' }, (i) => e + ((s - e) / 2) * (1 + Math.cos((Math.PI * i) / n))],
    ['exponential', { start: s, end: e, decay: 'exponential' }, (i) => s * Math.exp((Math.log(e / s) * i) / n)],
    [
      'polynomial',
      { start: s, end: e, decay: 'polynomial', power: 2.5 },
      (i) => e + (s - e) * Math.exp(2.5 * Math.log1p(-i / n)),
    ],
    ['linear to the end that is not said', { start: s, decay: 'linear' }, (i) => s * (1 - i / n)],
    [
      'cosine to the end that is not said',
      { start: s, decay: 'cosine' },
      (i) => s * Math.cos((Math.PI * i) / n / 2) ** 2,
    ],
  ])('%s', (_name, value, formula) => {
    for (let i = 0; i < n; i++) expect(Math.abs(valueAt(value, i, n) - formula(i))).toBeLessThan(exact);
  });

  it('at the last step is not yet the end value, which is that of the step after', () => {
    const ramp: Scheduled = { start: 1, end: 0.5, decay: 'linear' };
    expect(valueAt(ramp, 9, 10)).toBeCloseTo(0.55, 12);
    expect(valueAt(ramp, 10, 10)).toBe(0.5);
  });
});

describe('scheduledSteps', () => {
  it('runs over the borders of phases', () => {
    const phases: readonly Phase[] = [
      { steps: 2, optimizer: 'sgd', learningRate: { start: 1, end: 0.5, decay: 'linear' }, momentum: 0.9 },
      { steps: 1, optimizer: 'lbfgs', learningRate: 1 },
    ];
    expect(scheduledSteps(phases)).toEqual([
      { step: 1, phase: 1, learningRate: 1, momentum: 0.9 },
      { step: 2, phase: 1, learningRate: 0.75, momentum: 0.9 },
      { step: 3, phase: 2, learningRate: 1, momentum: undefined },
    ]);
    expect(totalSteps(phases)).toBe(3);
  });
});

describe('recipes', () => {
  const basis: RecipeBasis = { steps: 140, optimizer: 'sgd', learningRate: 0.01 };
  const sgd = { optimizer: 'sgd' } as const;
  const down = { start: 0.01, decay: 'cosine' } as const;

  it.each<[string, readonly Phase[], readonly Phase[]]>([
    ['constant', constant(basis), [{ ...sgd, steps: 140, learningRate: 0.01 }]],
    ['cosine', cosineToZero(basis), [{ ...sgd, steps: 140, learningRate: down }]],
    [
      'step: one part at the high rate, three at the low',
      step(basis),
      [
        { ...sgd, steps: 35, learningRate: 0.01 },
        { ...sgd, steps: 105, learningRate: 0.001 },
      ],
    ],
    [
      'fixed, decay, fixed',
      fixedDecayFixed({ ...basis, steps: 30 }, { lowRate: 0.002 }),
      [
        { ...sgd, steps: 10, learningRate: 0.01 },
        { ...sgd, steps: 10, learningRate: { start: 0.01, end: 0.002, decay: 'linear' } },
        { ...sgd, steps: 10, learningRate: 0.002 },
      ],
    ],
    [
      'to zero and back',
      zeroAndBack({ ...basis, steps: 30 }),
      [
        { ...sgd, steps: 10, learningRate: 0.01 },
        { ...sgd, steps: 10, learningRate: down },
        { ...sgd, steps: 10, learningRate: 0.001 },
      ],
    ],
    [
      'SGDR: phases_sgdr(lr, opt, num_cycle=3, cycle_len=20, cycle_mult=2)',
      sgdr(basis),
      [
        { ...sgd, steps: 1, learningRate: 0.0001 },
        { ...sgd, steps: 19, learningRate: down },
        { ...sgd, steps: 40, learningRate: down },
        { ...sgd, steps: 80, learningRate: down },
      ],
    ],
    [
      'one cycle: phases_1cycle(cycle_len=140, lr, div=10, pct=40, max_mom=0.95, min_mom=0.85)',
      oneCycle(basis),
      [
        {
          ...sgd,
          steps: 42,
          learningRate: { start: 0.001, end: 0.01, decay: 'linear' },
          momentum: { start: 0.95, end: 0.85, decay: 'linear' },
        },
        {
          ...sgd,
          steps: 42,
          learningRate: { start: 0.01, end: 0.001, decay: 'linear' },
          momentum: { start: 0.85, end: 0.95, decay: 'linear' },
        },
        { ...sgd, steps: 56, learningRate: { start: 0.001, end: 0.00001, decay: 'linear' }, momentum: 0.95 },
      ],
    ],
    [
      'circular: CircularLR(nb=80, div=4, cut_div=8), twice',
      circular({ ...basis, steps: 160 }, { cycles: 2 }),
      [1, 2].flatMap(() => [
        { ...sgd, steps: 10, learningRate: { start: 0.0025, end: 0.01, decay: 'linear' } as const },
        { ...sgd, steps: 70, learningRate: { start: 0.01, end: 0.0025, decay: 'linear' } as const },
      ]),
    ],
    [
      'rate finder',
      rateFinder({ steps: 100, optimizer: 'adam' }),
      [{ optimizer: 'adam', steps: 100, learningRate: { start: 1e-5, end: 10, decay: 'exponential' } }],
    ],
  ])('%s', (_name, found, expected) => {
    expect(numbersOf(found)).toEqual(numbersOf(expected).map((value) => expect.closeTo(value, 12)));
    expect(withoutNumbers(found)).toEqual(withoutNumbers(expected));
    expect(parsePhases(JSON.parse(JSON.stringify(found)))).toEqual(found);
  });

  it("CircularLR's own rates, its formula for an iteration of one cycle", () => {
    const [nb, divisor, cut] = [80, 4, 10];
    scheduledSteps(circular({ ...basis, steps: nb })).forEach(({ learningRate }, i) => {
      const part = i > cut ? 1 - (i - cut) / (nb - cut) : i / cut;
      expect(Math.abs(learningRate - (0.01 * (1 + part * (divisor - 1))) / divisor)).toBeLessThan(exact);
    });
  });

  it('one cycle leaves momentum out for lbfgs, which has none', () => {
    const phases = oneCycle({ ...basis, optimizer: 'lbfgs' });
    expect(phases.some((phase) => 'momentum' in phase)).toBe(false);
    expect(parsePhases(phases)).toEqual(phases);
  });

  it("crowsonkb's scales and steps up to 512", () => {
    const phases = multiScale({ steps: 3000 }, { size: 512 });
    expect(phases.map(({ scale, steps }) => [scale, steps])).toEqual([
      [128, 1000],
      [181, 500],
      [256, 500],
      [362, 500],
      [512, 500],
    ]);
    for (const phase of phases) {
      expect(phase).toMatchObject({ optimizer: 'adam', learningRate: 0.02, momentum: 0.9, beta2: 0.99 });
    }
  });

  it('scales are never below the least, but for the last', () => {
    expect(scalesUpTo(1024, 300)).toEqual([362, 512, 724, 1024]);
    expect(scalesUpTo(100, 128)).toEqual([100]);
    expect(scalesTo(512, 3)).toEqual([256, 362, 512]);
    expect(scalesTo(40, 6)).toEqual([20, 28, 40]);
    expect(scalesTo(40, 6, 24)).toEqual([28, 40]);
    expect(scalesTo(40, 6, 64)).toEqual([40]);
  });

  it('runs a whole recipe at each scale', () => {
    const phases = atScales({ ...basis, steps: 120 }, [64, 91, 128], fixedDecayFixed);
    expect(phases.map(({ scale, steps }) => [scale, steps])).toEqual(
      [64, 91, 128].flatMap((scale) => [1, 2, 3].map(() => [scale, scale === 64 ? 20 : 10])),
    );
  });

  it.each([1, 2, 3, 7, 99, 1000])('spend exactly %i steps, in valid phases', (steps) => {
    for (const name of recipeNames) {
      const phases = recipes[name]({ ...basis, steps });
      expect(totalSteps(phases), name).toBe(steps);
      expect(parsePhases(phases), name).toEqual(phases);
    }
  });

  it('has every recipe by name', () => {
    expect([...recipeNames].sort()).toEqual(Object.keys(recipes).sort());
  });

  it('leaves out the smallest scales where each would not get a step, never the last', () => {
    for (let steps = 1; steps <= 12; steps++) {
      for (let count = 1; count <= 6; count++) {
        const scales = scalesTo(512, count);
        const used = atScales({ ...basis, steps }, scales, constant);
        expect(totalSteps(used)).toBe(steps);
        expect(used.map(({ scale }) => scale)).toEqual(scales.slice(-used.length));
        expect(used.length).toBeGreaterThanOrEqual(Math.min(count, Math.ceil(steps / 2)));
      }
    }
  });

  it('shareOut adds up and keeps the order', () => {
    expect(shareOut(10, [1, 1, 1])).toEqual([3, 4, 3]);
    expect(shareOut(3, [1 / 20, 19 / 20, 2])).toEqual([0, 1, 2]);
  });
});

describe('parsePhases', () => {
  const valid = { steps: 10, optimizer: 'adam', learningRate: 0.02 };

  it.each<[string, unknown, string]>([
    ['no list', { phases: [] }, 'phases are an object; expected a list of at least one phase'],
    ['an empty list', [], 'phases are an empty list; expected a list of at least one phase'],
    ['no phase', [valid, 3], 'phase 2 is 3; expected an object'],
    ['0 steps', [valid, { ...valid, steps: 0 }], 'phase 2: steps is 0; expected a whole number from 1 to 1000000'],
    ['half a step', [{ ...valid, steps: 2.5 }], 'phase 1: steps is 2.5; expected a whole number from 1 to 1000000'],
    ['steps as text', [{ ...valid, steps: '10' }], "phase 1: steps is '10'; expected a whole number from 1 to 1000000"],
    ['no rate', [{ steps: 1, optimizer: 'adam' }], 'phase 1: learningRate is missing; expected a number above 0'],
    ['a negative rate', [{ ...valid, learningRate: -0.1 }], 'phase 1: learningRate is -0.1; expected a number above 0'],
    [
      'a ramp to a negative rate',
      [{ ...valid, learningRate: { start: 1, end: -1, decay: 'linear' } }],
      'phase 1: learningRate.end is -1; expected a number of at least 0',
    ],
    [
      'a ramp from a rate of 0',
      [{ ...valid, learningRate: { start: 0, end: 1, decay: 'linear' } }],
      'phase 1: learningRate.start is 0; expected a number above 0',
    ],
    [
      'exponential to 0',
      [{ ...valid, learningRate: { start: 1, end: 0, decay: 'exponential' } }],
      'phase 1: learningRate.end is 0; an exponential decay needs a number above 0',
    ],
    [
      'exponential to an end that is not said',
      [{ ...valid, learningRate: { start: 1, decay: 'exponential' } }],
      'phase 1: learningRate.end is missing; an exponential decay needs a number above 0',
    ],
    [
      'exponential from a momentum of 0',
      [{ ...valid, momentum: { start: 0, end: 0.9, decay: 'exponential' } }],
      'phase 1: momentum.start is 0; an exponential decay needs a number above 0',
    ],
    [
      'an unknown decay',
      [{ ...valid, learningRate: { start: 1, end: 0, decay: 'cosin' } }],
      "phase 1: learningRate.decay is 'cosin'; expected none, linear, cosine, exponential or polynomial; did you mean 'cosine'?",
    ],
    [
      'an end that is never come to',
      [{ ...valid, learningRate: { start: 1, end: 0.5, decay: 'none' } }],
      'phase 1: learningRate.end is 0.5, which decay none never comes to; leave it out, or name another decay',
    ],
    [
      'a power of a cosine',
      [{ ...valid, learningRate: { start: 1, decay: 'cosine', power: 2 } }],
      'phase 1: learningRate.power is 2, which only a polynomial decay has; leave it out',
    ],
    [
      'no power of a polynomial',
      [{ ...valid, learningRate: { start: 1, decay: 'polynomial' } }],
      'phase 1: learningRate.power is missing; expected a number above 0',
    ],
    ['a small scale', [{ ...valid, scale: 15 }], 'phase 1: scale is 15; expected a whole number from 16 to 16384'],
    [
      'an unknown optimiser',
      [{ ...valid, optimizer: 'adamw' }],
      "phase 1: optimizer is 'adamw'; expected lbfgs, sgd, rmsprop or adam; did you mean 'adam'?",
    ],
    ['a momentum of 1', [{ ...valid, momentum: 1 }], 'phase 1: momentum is 1; expected a number from 0 to below 1'],
    [
      'a momentum that ends at 1',
      [{ ...valid, momentum: { start: 0.9, end: 1, decay: 'linear' } }],
      'phase 1: momentum.end is 1; expected a number from 0 to below 1',
    ],
    ['a β₂ of 1', [{ ...valid, beta2: 1 }], 'phase 1: beta2 is 1; expected a number from 0 to below 1'],
    [
      'a negative weight decay',
      [{ ...valid, weightDecay: -1 }],
      'phase 1: weightDecay is -1; expected a number of at least 0',
    ],
    [
      'momentum of L-BFGS',
      [{ steps: 1, optimizer: 'lbfgs', learningRate: 1, momentum: 0.9 }],
      'phase 1: momentum is 0.9, which lbfgs does not have; leave it out',
    ],
    [
      'nesterov of Adam',
      [{ ...valid, nesterov: true }],
      'phase 1: nesterov is true, which adam does not have; leave it out',
    ],
    [
      'nesterov without momentum',
      [{ steps: 1, optimizer: 'sgd', learningRate: 1, nesterov: true }],
      'phase 1: nesterov is true without momentum; give a momentum above 0, or leave it out',
    ],
    [
      'a rate that comes to 0',
      [{ steps: 200, optimizer: 'lbfgs', learningRate: { start: 1, decay: 'polynomial', power: 200 } }],
      "phase 1: learningRate is 8.164750669793432e-39 at step 72 of 200, which is 0 in the device's 32 bits; expected a " +
        'number above 0 at every step, so give it a higher end',
    ],
    [
      'a rate that begins at 0',
      [valid, { ...valid, learningRate: 1e-300 }],
      "phase 2: learningRate is 1e-300 at step 1 of 10, which is 0 in the device's 32 bits; expected a number above 0 at " +
        'every step, so give it a higher end',
    ],
    [
      'a mistyped field',
      [{ ...valid, learningrate: 1 }],
      "phase 1 has a field 'learningrate', which means nothing there; expected steps, optimizer, learningRate, scale, " +
        'momentum, nesterov, beta2, weightDecay',
    ],
    [
      'a mistyped field of a ramp',
      [{ ...valid, learningRate: { from: 1, decay: 'linear' } }],
      "phase 1: learningRate has a field 'from', which means nothing there; expected start, end, decay, power",
    ],
    [
      'a list as rate',
      [{ ...valid, learningRate: [1, 0] }],
      'phase 1: learningRate is a list; expected a number, or an object with start, end and decay',
    ],
  ])('refuses %s', (_name, value, message) => {
    expect(() => parsePhases(value)).toThrow(new InputError(message));
  });

  it('takes phases with everything in them', () => {
    const phases: readonly ListedPhase[] = [
      {
        steps: 5,
        optimizer: 'sgd',
        learningRate: { start: 1, end: 0.1, decay: 'polynomial', power: 0.5 },
        momentum: { start: 0.9, end: 0.5, decay: 'cosine' },
        nesterov: true,
        weightDecay: 0.01,
        scale: 64,
      },
      { steps: 5, optimizer: 'rmsprop', learningRate: 0.01, momentum: 0, beta2: 0.9 },
      { steps: 5, optimizer: 'lbfgs', learningRate: { start: 1, decay: 'none' }, scale: 128 },
    ];
    expect(parsePhases(JSON.parse(JSON.stringify(phases)))).toEqual(phases);
  });
});

/** All numbers of a value, in order. */
function numbersOf(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null
    ? Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([, part]) => numbersOf(part))
    : [];
}

/** The value with 0 in place of each number. */
function withoutNumbers(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, part: unknown) => (typeof part === 'number' ? 0 : part)));
}
