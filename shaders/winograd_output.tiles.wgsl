// Winograd F(4x4, 3x3), output transform for GPUs: the 4x4 outputs Aᵀ m A of each patch, and the epilogue of conv2d in
// either direction:
//   forward:  output = act(bias + value), act being ReLU where `relu` is 1
//   backward: output = mask · (old + value), old = output where `accumulate` is 1, mask = activation > 0 where `mask` is 1
//
// As winograd_output.lanes (which names the source), but one invocation owns two channels of one patch; see winograd_input.tiles.
// Layout: NHWC. The grid counts patches of this band x (channels / 2), folded into y. Needs an even number of channels.
// Correct on lavapipe; not yet measured on a GPU.

// header
const ROWS: u32 = 4u;     // outputs of a patch
const COLUMNS: u32 = 4u;
alias Activation = f32;  // how activation and output are stored: f32, or f16 where the loader says so
alias Output = f32;
// end header

struct Params {
  height: u32,
  width: u32,
  channels: u32,
  first: u32,         // of the channels, in a map of `mapChannels`
  mapChannels: u32,
  firstPatchRow: u32,  // of this band
  patchRows: u32,      // in this band
  batchStride: u32,   // values between coefficients
  bias: u32,          // 1: add bias
  relu: u32,
  accumulate: u32,
  mask: u32,
}

@group(0) @binding(0) var<storage, read> product: array<vec2f>;       // [36, patches of the band, channels / 2]
@group(0) @binding(1) var<storage, read> bias: array<vec2f>;          // [channels / 2], read where `bias` is 1
@group(0) @binding(2) var<storage, read> activation: array<vec2<Activation>>;    // [height, width, mapChannels / 2], read where `mask` is 1
@group(0) @binding(3) var<storage, read_write> output: array<vec2<Output>>;  // [height, width, mapChannels / 2]
@group(0) @binding(4) var<uniform> params: Params;

// twin winograd gather: vec2f = f32
// Aᵀ applied to six values: the sums over the points of m · pⁱ for i = 0 … 3.
fn gather(m: array<vec2f, 6>) -> array<vec2f, 4> {
  let p = m[1] + m[2];
  let q = 0.75 * (m[1] - m[2]);
  let r = m[3] + m[4];
  let s = 1.5 * (m[3] - m[4]);
  return array<vec2f, 4>(m[0] + p + r, q + s, 0.5625 * p + 2.25 * r, 0.5625 * q + 2.25 * s + m[5]);
}
// end twin winograd gather

// twin winograd pair of channels
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * 64u;
  let pairs = params.channels / 2u;
  let patchesAcross = (params.width + 3u) / 4u;
  if (index >= params.patchRows * patchesAcross * pairs) {
    return;
  }
  let pair = index % pairs;
  let patchIndex = index / pairs;
// end twin winograd pair of channels
  let left = patchIndex % patchesAcross * 4u;
  let top = (params.firstPatchRow + patchIndex / patchesAcross) * 4u;
  let stride = params.batchStride / 2u;

  var columns: array<array<vec2f, 4>, 6>;  // Aᵀ applied down each column of m
  // unroll
  for (var j = 0u; j < 6u; j++) {
    var values: array<vec2f, 6>;
    // unroll
    for (var i = 0u; i < 6u; i++) {
      values[i] = product[(i * 6u + j) * stride + index];
    }
    columns[j] = gather(values);
  }
  var shift = vec2f(0.0);
  if (params.bias == 1u) {
    shift = bias[pair];
  }
  var sum: array<array<vec2f, 4>, 4>;
  var at: array<array<u32, 4>, 4>;  // past an edge that of the last value
  // unroll
  for (var i = 0u; i < 4u; i++) {
    let row = gather(array<vec2f, 6>(columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i], columns[5][i]));
    // unroll
    for (var j = 0u; j < 4u; j++) {
      sum[i][j] = row[j] + shift;
      let pixel = min(top + i, params.height - 1u) * params.width + min(left + j, params.width - 1u);
      at[i][j] = (pixel * params.mapChannels + params.first) / 2u + pair;
    }
  }
  // A branch each, not one a pixel, so that all that one reads is asked for at once, and all is read before anything is written.
  // twin conv2d epilogue: COLUMNS = VECTORS, j = v, vec2f = vec4f, vec2 = vec4
  if (params.accumulate == 1u) {
    // unroll
    for (var i = 0u; i < ROWS; i++) {
      // unroll
      for (var j = 0u; j < COLUMNS; j++) {
        sum[i][j] += vec2f(output[at[i][j]]);
      }
    }
  }
  if (params.mask == 1u) {
    // unroll
    for (var i = 0u; i < ROWS; i++) {
      // unroll
      for (var j = 0u; j < COLUMNS; j++) {
        sum[i][j] = select(vec2f(0.0), sum[i][j], vec2f(activation[at[i][j]]) > vec2f(0.0));
      }
    }
  }
  // Not max(value, 0), which would turn a NaN into 0 and hide it from the loss.
  let cuts = vec2<bool>(params.relu == 1u);
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    // unroll
    for (var j = 0u; j < COLUMNS; j++) {
      sum[i][j] = select(sum[i][j], vec2f(0.0), (sum[i][j] < vec2f(0.0)) & cuts);
    }
  }
  // end twin conv2d epilogue
  // unroll
  for (var i = 0u; i < 4u; i++) {
    // unroll
    for (var j = 0u; j < 4u; j++) {
      if (top + i < params.height && left + j < params.width) {
        output[at[i][j]] = vec2<Output>(sum[i][j]);
      }
    }
  }
}
