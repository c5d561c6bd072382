/** Settings as links and as command lines. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { readPhaseChoice, settingsOf } from '../../src/cli/settings.ts';
import type { StylizeArguments } from '../../src/cli/stylize-job.ts';
import { tapNamesOf } from '../../src/models/networks.ts';
import type { WeightedLayer } from '../../src/settings/kinds.ts';
import { optimizerNames } from '../../src/settings/optimizers.ts';
import { bundledPresetNames } from '../../src/settings/preset-names.ts';
import { presetSettings } from '../../src/settings/presets.ts';
import { recipeNames } from '../../src/settings/recipes.ts';
import { atScalesOf } from '../../src/settings/scales.ts';
import { startNames } from '../../src/settings/starts.ts';
import { usedChoice } from '../../src/settings/texts.ts';
import { type CommandPictures, commandLine } from '../../src/web/command.ts';
import { formatLink, parseLink } from '../../src/web/link.ts';
import { engineSettings, type PageSettings, usualSettings } from '../../src/web/settings.ts';

const exampleNames = ['chelsea', 'great-wave', 'coffee'];

const layers = fc.uniqueArray(
  fc.record({ name: fc.constantFrom(...tapNamesOf('vgg16')), weight: fc.constantFrom(0, 0.25, 1, 32) }),
  { minLength: 1, maxLength: 5, selector: ({ name }) => name },
);

/** `value` or undefined, for the preset's. */
const perhaps = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });

const anySettings: fc.Arbitrary<PageSettings> = fc.record({
  preset: fc.constantFrom(...bundledPresetNames),
  size: perhaps(fc.integer({ min: 16, max: 8192 })),
  strength: perhaps(fc.constantFrom(0, 0.35, 0.72, 1)),
  styleFit: perhaps(fc.constantFrom('longest-side', 'cover')),
  styleScale: perhaps(fc.constantFrom(0.1, 0.5, 1, 1.7, 10)),
  init: perhaps(fc.constantFrom(...startNames)),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  iterations: perhaps(fc.integer({ min: 1, max: 1e6 })),
  optimizer: perhaps(fc.constantFrom(...optimizerNames)),
  learningRate: perhaps(fc.constantFrom(0.001, 0.02, 1)),
  momentum: perhaps(fc.constantFrom(0, 0.5, 0.95)),
  schedule: perhaps(fc.constantFrom(...recipeNames)),
  scales: perhaps(fc.oneof(fc.constant('auto' as const), fc.integer({ min: 1, max: 20 }))),
  detail: perhaps(fc.constantFrom(0, 0.25, 1)),
  lineSearch: perhaps(fc.constantFrom('none', 'strong-wolfe')),
  history: perhaps(fc.integer({ min: 1, max: 512 })),
  contentLayers: perhaps(layers),
  styleLayers: perhaps(layers),
  contentWeight: perhaps(fc.constantFrom(0, 0.5, 1e6)),
  styleWeight: perhaps(fc.constantFrom(0, 1, 2e6)),
  tvWeight: perhaps(fc.constantFrom(0, 50)),
  pooling: perhaps(fc.constantFrom('max', 'average')),
});

const defined = (settings: PageSettings) => JSON.parse(JSON.stringify(settings));

describe('a link', () => {
  it('gives back every setting', () => {
    fc.assert(
      fc.property(anySettings, (settings) => {
        const { linked, problems } = parseLink(`#${formatLink({ settings })}`, exampleNames);
        expect(problems).toEqual([]);
        expect(defined(linked.settings)).toEqual(defined(settings));
      }),
    );
  });

  it('is empty for the usual settings', () => {
    expect(formatLink({ settings: usualSettings })).toBe('');
    expect(parseLink('', exampleNames).linked.settings).toEqual(usualSettings);
  });

  it('names example pictures and their shares', () => {
    const styles = [
      { example: 'great-wave', weight: 1 },
      { example: 'coffee', weight: 0.5 },
    ];
    const link = formatLink({ settings: usualSettings, content: 'coffee', styles });
    expect(link).toBe('content=coffee&style=great-wave&style=coffee=0.5');
    expect(parseLink(link, exampleNames).linked).toMatchObject({ content: 'coffee', styles });
  });

  it.each([
    ['size=huge', /size is 'huge'; expected a whole number from 16 to 8192/],
    ['size=1e9', /size is '1e9'/],
    ['preset=defualt', /preset is 'defualt'; expected .*did you mean 'default'/],
    ['style-layers=relu9_9', /style-layers names 'relu9_9'/],
    ['content=javascript:alert(1)', /content is 'javascript:alert\(1\)'/],
    ['style=great-wave=-1', /style: weight of great-wave is '-1'; expected a number from 0 to 1e10/],
    ['style=great-wave=1e308', /style: weight of great-wave is '1e308'; expected a number from 0 to 1e10/],
    ['content-weight=1e308', /content-weight is '1e308'; expected a number from 0 to 1e10/],
    ['style-weight=NaN', /style-weight is 'NaN'; expected a number from 0 to 1e10/],
    ['style-layers=relu1_1=1e38', /style-layers: weight of relu1_1 is '1e38'; expected a number from 0 to 10000/],
    ['learning-rate=1e308', /learning-rate is '1e308'; expected a number above 0, at most 3.4e38/],
    ['style-scale=0', /style-scale is '0'; expected a number from 0.1 to 10/],
    ['init=photo.png', /init is 'photo.png'; expected content, matched, style, /],
    ['sise=512', /says 'sise', which this page does not know/],
    ['%0A=0', /^The link says '\\u000a', which this page does not know/],
    [`${'a'.repeat(5000)}=0`, /^The link says 'a{900,1000}…$/],
    ['strength=50', /strength is '50'; expected a number from 0 to 1/],
    ['seed=-1', /seed is '-1'/],
    ['momentum=1', /momentum is '1'; expected a number from 0 to below 1/],
    ['schedule=cosin', /schedule is 'cosin'; .*did you mean 'cosine'/],
    ['scales=0', /scales is '0'; expected auto or a whole number from 1 to 20/],
  ])('%s is reported and left out', (link, problem) => {
    const { linked, problems } = parseLink(`#${link}`, exampleNames);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
    expect(linked).toEqual({ settings: usualSettings, content: undefined, styles: undefined });
  });
});

describe('the strength', () => {
  const at = (strength: number, preset: PageSettings['preset'] = 'default') =>
    engineSettings({ ...usualSettings, preset, strength });

  it('is one number for content, smoothness and start, from photograph to painting', () => {
    expect(at(0.72)).toEqual(presetSettings('default'));
    expect(at(0.72, 'lecture')).toEqual(presetSettings('lecture'));
    expect(at(0)).toMatchObject({ strength: 0, objective: { contentWeight: 10_230, tvWeight: 0 } });
    expect(at(1)).toMatchObject({ strength: 1, objective: { contentWeight: 15.81, tvWeight: 20_000 } });
    // Below the usual strength somewhat more than 10^(-2.5 s) says.
    expect(at(0.4).objective.contentWeight).toBe(576);
  });

  it('leaves what is said beside it', () => {
    const said = { ...usualSettings, strength: 0.2, contentWeight: 7, tvWeight: 3 };
    expect(engineSettings(said).objective).toMatchObject({ contentWeight: 7, tvWeight: 3 });
  });
});

/** Whether a layer is left to compare pictures at; settings without are refused. */
function leavesLayers(settings: PageSettings): boolean {
  const { objective } = presetSettings(settings.preset);
  const isSeen = (weight: number, layers: readonly WeightedLayer[]): boolean =>
    layers.some((layer) => layer.weight * weight > 0);
  return (
    isSeen(settings.contentWeight ?? objective.contentWeight, settings.contentLayers ?? objective.contentLayers) ||
    isSeen(settings.styleWeight ?? objective.styleWeight, settings.styleLayers ?? objective.styleLayers)
  );
}

describe('the command line', () => {
  const pictures: CommandPictures = {
    content: 'cat.jpg',
    styles: [{ file: 'wave.png', weight: 1 }],
    output: 'cat-wave.png',
    size: 512,
  };

  it('says what is not as usual, and the size', () => {
    const settings = { ...usualSettings, strength: 0.5, iterations: 30 };
    expect(commandLine(settings, pictures)).toBe(
      'npm start -- cat.jpg wave.png -o cat-wave.png --size 512 --strength 0.5 --iterations 30',
    );
  });

  it('quotes names for the shell and keeps them from being options', () => {
    const odd = { ...pictures, content: "it's $HOME.jpg", styles: [{ file: '-rf', weight: 1 }] };
    expect(commandLine(usualSettings, odd)).toMatch(/^npm start -- 'it'\\''s \$HOME\.jpg' \.\/-rf /);
  });

  it('gives several paintings their shares', () => {
    const styles = [
      { file: 'a.png', weight: 1 },
      { file: 'b.png', weight: 0.5 },
    ];
    expect(commandLine(usualSettings, { ...pictures, styles })).toContain(
      ' a.png b.png -o cat-wave.png --style-weights 1,0.5 --size 512',
    );
  });

  it('makes of every setting what the page makes of it', async () => {
    await fc.assert(
      fc.asyncProperty(anySettings, async (settings) => {
        fc.pre(leavesLayers(settings));
        const given = await parsed(commandLine(settings, pictures));
        const fromCommand = settingsOf(given);
        expect(fromCommand).toEqual(engineSettings(settings));
        // And once the size of the result is known.
        const shape = { width: 300, height: 400 };
        const result = { content: shape, styles: [shape], size: given.size };
        expect(given.size).toBe(pictures.size);
        expect(atScalesOf(fromCommand, readPhaseChoice(given), given.preset, result)).toEqual(
          atScalesOf(engineSettings(settings), usedChoice(settings), settings.preset, result),
        );
      }),
    );
  });

  it('leaves out what another optimiser had', () => {
    const settings = { ...usualSettings, optimizer: 'adam', momentum: 0.5, lineSearch: 'strong-wolfe' } as const;
    expect(commandLine(settings, pictures)).toContain(' --size 512 --optimizer adam --momentum 0.5');
    expect(commandLine({ ...settings, optimizer: 'lbfgs' }, pictures)).toContain(
      ' --size 512 --optimizer lbfgs --line-search strong-wolfe',
    );
  });
});

/** The arguments of a command line without quoted words, as commander gives them. */
async function parsed(line: string): Promise<StylizeArguments> {
  let given: StylizeArguments | undefined;
  const ignore = async () => {};
  const program = buildProgram('1.2.3', {
    stylize: async (_content, _styles, one) => {
      given = one;
    },
    reconstruct: ignore,
    texture: ignore,
    resume: ignore,
    plan: ignore,
    layers: ignore,
    schedule: ignore,
    findRate: ignore,
    evaluate: ignore,
    compare: ignore,
    convert: ignore,
    doctor: ignore,
    tune: ignore,
  });
  await program.parseAsync(line.replace('npm start --', 'stylize').split(' '), { from: 'user' });
  if (given === undefined) throw new Error(`${line} is no command of stylize`);
  return given;
}
