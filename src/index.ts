/**
 * Impasto as a library, in Node: a photograph and a painting in, a painted photograph out.
 *
 * ```ts
 * import { bundledWeights, loadNetworkWeights, openFile, openGpu, readImage, resolveSettings, stylize,
 *   weightFilePath, writeImage } from 'impasto';
 *
 * await using file = await openFile(weightFilePath(bundledWeights.fileName));
 * const weights = await loadNetworkWeights(file, { sha256: bundledWeights.sha256 });
 * using gpu = await openGpu();
 * const result = await stylize({
 *   gpu,
 *   weights: weights.layers,
 *   content: await readImage('cat.jpg'),
 *   style: await readImage('wave.jpg'),
 *   settings: resolveSettings('default', { iterations: 300 }),
 *   start: { kind: 'content' },
 *   size: 512,
 *   onEvaluation: ({ evaluation, total }) => console.log(evaluation, total),
 * });
 * await writeImage('cat-wave.png', result.picture);
 * ```
 *
 * Nothing here prints or keeps state. Whoever opens a `Gpu` or a file disposes it; Node does not exit before. Errors
 * that are thrown on purpose are `ImpastoError`s, each with one sentence fit to be shown.
 */

export {
  DeviceError,
  ExplodedLossError,
  type FormatCode,
  FormatError,
  ImpastoError,
  InputError,
  LimitError,
  LossError,
  NonFiniteLossError,
  OutOfMemoryError,
  ShapeError,
} from './core/errors.ts';
export type { AdapterProfile, Gpu } from './core/gpu.ts';
export type { ImageMetadata } from './images/exif.ts';
export type { StyleFit, StyleFitting } from './images/fit.ts';
export type { RgbImage } from './images/rgb-image.ts';
export { type KernelFamily, kernelFamilies, type MeasuredVariants } from './kernels/preference.ts';
export {
  deepestMeasuredLayer,
  type LayerMeasures,
  type MeasureRequest,
  type Measures,
  measuredTaps,
  PictureMeasures,
} from './measures/picture-measures.ts';
export { type NetworkName, networkNames, tapNamesOf } from './models/networks.ts';
export { type MemoryPart, memoryParts, type TransferPlan } from './objective/memory-plan.ts';
export type { Style, StylePicture } from './objective/style-mix.ts';
export { checkWritable, writeFileAtomically } from './platform/node/atomic-file.ts';
export { type FileSource, openFile } from './platform/node/byte-source.ts';
export { type OpenGpuOptions, openGpu } from './platform/node/gpu.ts';
export {
  type BitDepth,
  checkImageWritable,
  type ReadImageOptions,
  readImage,
  type WriteImageOptions,
  writeImage,
} from './platform/node/image-files.ts';
export { weightFilePath } from './platform/node/weight-files.ts';
export type { WeightedLayer } from './settings/kinds.ts';
export { type OptimizerName, optimizerNames } from './settings/optimizers.ts';
export { parsePhases } from './settings/parse-phases.ts';
export {
  type DecayName,
  decayNames,
  type ListedPhase,
  type Phase,
  type Ramp,
  type ScalePhases,
  type Scheduled,
  type ScheduledStep,
  scalesOf,
  scheduledSteps,
  totalSteps,
  valueAt,
} from './settings/phase.ts';
export {
  type PresetName,
  presetNames,
  presetSettings,
  resolveSettings,
  type SettingsOverrides,
} from './settings/presets.ts';
export {
  atEachScale,
  atScales,
  circular,
  fixedDecayFixed,
  multiScale,
  oneCycle,
  type RecipeBasis,
  type RecipeName,
  rateFinder,
  recipeNames,
  recipes,
  scalesTo,
  scalesUpTo,
  sgdr,
  usualScales,
  zeroAndBack,
} from './settings/recipes.ts';
export type { LineSearch, ObjectiveOptions } from './settings/settings.ts';
export { type LbfgsSettings, phasesOf, type Settings, withPhases } from './settings/settings.ts';
export type { PictureSize } from './settings/sizes.ts';
export type { NoiseKind } from './settings/starts.ts';
export type { Checkpoint, CheckpointHooks, RunPlace } from './transfer/checkpoint.ts';
export { type CheckpointFile, encodeCheckpoint, type NumberTable, readCheckpoint } from './transfer/checkpoint-file.ts';
export { type EvaluateRequest, type Evaluation, evaluate } from './transfer/evaluate.ts';
export type { EvaluationReport } from './transfer/evaluator.ts';
export {
  contentOnly,
  type ReconstructionPictures,
  reconstruct,
  styleOnly,
  synthesiseTexture,
  type TexturePictures,
} from './transfer/experiments.ts';
export { type FoundRates, findRate, type RatePoint } from './transfer/find-rate.ts';
export { type FitRequest, type FittedPlan, fitTransfer } from './transfer/fit.ts';
export { BrokenOffError, type LastingRequest, type RunOnDevice, runLasting } from './transfer/lasting-run.ts';
export {
  deepestLayerOf,
  type PreparedPictures,
  type PreparedRun,
  planStylize,
  preparePictures,
  prepareRun,
  remarksOf,
  type StylizeRequest,
} from './transfer/prepare.ts';
export type { RunEnd, RunHooks, RunResult, Scale } from './transfer/run.ts';
export type { EngineRecord, FileRecord, OutputRecord, RunRecord, StyleRecord } from './transfer/run-record.ts';
export type { Start } from './transfer/start.ts';
export { runPrepared, stylize } from './transfer/stylize.ts';
export { type AdapterSurvey, type FamilyChoice, surveyAdapter } from './tuning/survey.ts';
export { type OperationReport, type TuneRequest, tune, type VariantReport } from './tuning/tune.ts';
export {
  type AdapterTuning,
  formatTuning,
  type MeasuredOperation,
  measuredOn,
  parseTuning,
  type TuningTable,
  withTuning,
} from './tuning/tuning.ts';
export { type BundledFile, type BundledWeights, bundledLpipsHeads, bundledWeights } from './weights/bundled.ts';
export { type ByteSource, bytesSource } from './weights/byte-source.ts';
export { type Conversion, type ConvertOptions, convertFile, convertWeights } from './weights/convert.ts';
export type { InputConvention } from './weights/input-convention.ts';
export { type LpipsHeads, loadLpipsHeads } from './weights/lpips-heads.ts';
export {
  type AveragePool,
  type ConvWeights,
  type LoadOptions,
  loadNetworkWeights,
  type NetworkWeights,
  type WeightsDtype,
} from './weights/network-weights.ts';
