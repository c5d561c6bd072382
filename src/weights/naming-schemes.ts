/**
 * The ways in which files name a network's tensors, each a value; `network-names.ts` goes by their list. Names are those that are left when
 * every wrapper's is taken out (`state_dict.features.module.0.weight`):
 * - `features.N.weight`, torchvision's VGGs; `N.weight`, of a saved `model.features`; batch norms at N + 1 in both;
 * - `conv1_1.weight`, our own VGGs;
 * - `conv1_1_W` and `conv1_1_b`, as in Davi Frossard's vgg16_weights.npz;
 * - `Mixed_5b.branch1x1.conv.weight` and `.bn.weight`, torchvision's networks with branches; with `.conv.bias` and without `.bn`, our own;
 * - `conv2d_7/kernel` and `batch_normalization_7/beta`, Keras' Inception v3, numbered in the order of creation, which is the table's.
 */

import { type ConvLayer, convolutionsIn } from '../models/layers.ts';
import { layersOf, type NetworkName } from '../models/networks.ts';
import { torchvisionIndices, vggNames } from '../models/vgg.ts';
import { batchNormEpsilon } from './batch-norm.ts';
import type { InputConvention } from './input-convention.ts';
import type { AveragePool } from './network-weights.ts';

/** What a scheme calls the tensors of a convolution; what is absent here the scheme does not have. */
export interface ConvNames {
  readonly weight: string;
  readonly bias?: string;
  readonly norm?: NormNames;
}

/** The tensors of a batch norm. */
export interface NormNames {
  readonly gamma: string;
  /** Whether gamma may be left out, being 1 then. */
  readonly gammaMayLack: boolean;
  readonly beta: string;
  readonly mean: string;
  readonly variance: string;
  readonly epsilon: number;
}

/** How the network wants its input and averages at edges: what no tensor tells. */
export interface Conventions {
  readonly input: InputConvention;
  readonly averagePool: AveragePool;
  /** Whose weights have these, where the names alone do not settle it. */
  readonly whose?: string;
}

/** A network that names may be those of. */
export interface Candidate {
  readonly network: NetworkName;
  readonly conventions: Conventions;
  /** The convolutions in order, with the names of their tensors. */
  readonly convolutions: readonly { readonly layer: ConvLayer; readonly names: ConvNames }[];
}

export interface NamingScheme {
  readonly naming: 'features' | 'layers' | 'frossard' | 'branches' | 'keras';
  /** A kernel's name, which tells the scheme wherever it stands. */
  readonly kernel: RegExp;
  /** What errors say is expected. */
  readonly example: string;
  /** The whole name as the scheme has it, undefined where it is none of the scheme's. */
  readonly nameOf: (bare: string) => string | undefined;
  /** The networks that these names may be those of; at least one. */
  readonly candidatesFor: (names: ReadonlySet<string>) => readonly Candidate[];
}

/** Of the batch norms in torchvision's VGGs. */
const vggNorm = { epsilon: batchNormEpsilon, gammaMayLack: false };
/** Of those in networks with branches, torchvision's and Keras'; Keras trains its own without gamma. */
const branchNorm = { epsilon: 1e-3, gammaMayLack: true };

const asFed: Conventions = { input: 'torchvision', averagePool: 'include' };

function convolutionsBy(network: NetworkName, namesOf: (layer: ConvLayer, index: number) => ConvNames) {
  return convolutionsIn(layersOf(network)).map((layer, index) => ({ layer, names: namesOf(layer, index) }));
}

function torchNormNames(stem: string, told: { readonly epsilon: number; readonly gammaMayLack: boolean }): NormNames {
  return {
    ...told,
    gamma: `${stem}.weight`,
    beta: `${stem}.bias`,
    mean: `${stem}.running_mean`,
    variance: `${stem}.running_var`,
  };
}

const features: NamingScheme = {
  naming: 'features',
  kernel: /features\.\d+\.weight/,
  example: 'features.0.weight or 0.weight',
  nameOf: (bare) => {
    const number = /^(?:features\.)?(\d+\.(?:weight|bias|running_mean|running_var))$/.exec(bare)?.[1];
    return number === undefined ? undefined : `features.${number}`;
  },
  candidatesFor: (names) => {
    const batchNorm = [...names].some((name) => name.endsWith('.running_mean'));
    return vggNames.map((network) => {
      const indices = torchvisionIndices(network, batchNorm);
      const convolutions = convolutionsBy(network, ({ name }) => {
        const at = indices.get(name) ?? Number.NaN;
        const names = { weight: `features.${at}.weight`, bias: `features.${at}.bias` };
        return batchNorm ? { ...names, norm: torchNormNames(`features.${at + 1}`, vggNorm) } : names;
      });
      return { network, conventions: asFed, convolutions };
    });
  },
};

const layers: NamingScheme = {
  naming: 'layers',
  kernel: /conv\d_\d\.weight/,
  example: 'conv1_1.weight',
  nameOf: (bare) => (/^conv\d_\d\.(?:weight|bias)$/.test(bare) ? bare : undefined),
  candidatesFor: () =>
    vggNames.map((network) => ({
      network,
      conventions: asFed,
      convolutions: convolutionsBy(network, ({ name }) => ({ weight: `${name}.weight`, bias: `${name}.bias` })),
    })),
};

const frossard: NamingScheme = {
  naming: 'frossard',
  kernel: /conv\d_\d_W/,
  example: 'conv1_1_W',
  nameOf: (bare) => (/^conv\d_\d_[Wb]$/.test(bare) ? bare : undefined),
  candidatesFor: () =>
    vggNames.map((network) => ({
      network,
      conventions: { ...asFed, input: 'caffe-rgb' },
      convolutions: convolutionsBy(network, ({ name }) => ({ weight: `${name}_W`, bias: `${name}_b` })),
    })),
};

/** A convolution with its batch norm in the networks with branches; heads beside them (`AuxLogits`, `aux1`, `aux2`) are called otherwise. */
const unit = /(?:Conv2d_\d[a-z]_\dx\d|Mixed_\d[a-z]\.branch\w+|conv\d|inception\d[a-z]\.branch\d(?:\.\d)?)/.source;
const unitTensor = new RegExp(`^${unit}\\.(?:conv\\.(?:weight|bias)|bn\\.(?:weight|bias|running_mean|running_var))$`);

const branches: NamingScheme = {
  naming: 'branches',
  kernel: new RegExp(`${unit}\\.conv\\.weight`),
  example: 'conv1.conv.weight (GoogLeNet), Conv2d_1a_3x3.conv.weight (Inception v3)',
  nameOf: (bare) => (unitTensor.test(bare) ? bare : undefined),
  candidatesFor: (names) => {
    const batchNorm = [...names].some((name) => name.includes('.bn.'));
    return (['googlenet', 'inception_v3'] as const).map((network): Candidate => {
      if (!batchNorm) {
        const namesOf = ({ name }: ConvLayer) => ({ weight: `${name}.weight`, bias: `${name}.bias` });
        return { network, conventions: asFed, convolutions: convolutionsBy(network, namesOf) };
      }
      return {
        network,
        // Its checkpoints have been TensorFlow's once: they set `transform_input`, which makes 2 x - 1 of the picture.
        conventions: { input: 'symmetric', averagePool: 'include', whose: "torchvision's ImageNet weights" },
        convolutions: convolutionsBy(network, ({ name, reluName }) => {
          return { weight: `${name}.weight`, norm: torchNormNames(`${reluName}.bn`, branchNorm) };
        }),
      };
    });
  },
};

const kerasTensor =
  /^(?:conv2d(?:_\d{1,6})?\/(?:kernel|bias)|batch_normalization(?:_\d{1,6})?\/(?:gamma|beta|moving_mean|moving_variance))$/;

const keras: NamingScheme = {
  naming: 'keras',
  kernel: /conv2d(?:_\d+)?\/kernel/,
  example: "conv2d_1/kernel (Keras' Inception v3)",
  nameOf: (bare) => (kerasTensor.test(bare) ? bare : undefined),
  candidatesFor: (names) => {
    const convOf = kerasLayers('conv2d', names);
    const normOf = kerasLayers('batch_normalization', names);
    const convolutions = convolutionsBy('inception_v3', (_, index) => {
      const [conv, norm] = [convOf(index), normOf(index)];
      return {
        weight: `${conv}/kernel`,
        norm: {
          ...branchNorm,
          gamma: `${norm}/gamma`,
          beta: `${norm}/beta`,
          mean: `${norm}/moving_mean`,
          variance: `${norm}/moving_variance`,
        },
      };
    });
    return [
      {
        network: 'inception_v3',
        conventions: { input: 'symmetric', averagePool: 'exclude', whose: "Keras' ImageNet weights" },
        convolutions,
      },
    ];
  },
};

/** Keras' names of the layers of a kind in their order; numbers go on where a program has made other layers before, and none stands for 0. */
function kerasLayers(kind: string, names: ReadonlySet<string>): (index: number) => string {
  const numbers = [...names].flatMap((name) => {
    const [layer = ''] = name.split('/');
    return layer.replace(/_\d+$/, '') === kind ? [Number(layer.slice(kind.length + 1))] : [];
  });
  const first = numbers.reduce((least, number) => Math.min(least, number), Number.POSITIVE_INFINITY);
  const start = Number.isFinite(first) ? first : 1;
  return (index) => (start + index === 0 ? kind : `${kind}_${start + index}`);
}

/** No name is of two of them. */
export const namingSchemes: readonly NamingScheme[] = [features, layers, frossard, branches, keras];
