// Winograd F(4x4, 3x3), input transform for GPUs: transformed[i][patch][c] = (Bᵀ d B)_i, d the 6x6 inputs of a patch.
//
// As winograd_input.lanes (which names the source), but one invocation owns two channels of one patch, neighbouring invocations
// neighbouring channels, so that every load and store of a subgroup is one run of memory. Two and not four, since a patch
// in registers is then 72 values and not 144, more than an invocation has on many GPUs.
// Layout: NHWC. The grid counts patches of this band x (channels / 2), folded into y. Needs an even number of channels.
// Correct on lavapipe; not yet measured on a GPU.

// header
alias Input = f32;  // how input is stored: f32, or f16 where the loader says so
// end header

struct Params {
  inHeight: u32,
  inWidth: u32,
  paddingRows: u32,
  paddingColumns: u32,
  height: u32,  // of the convolution's output
  width: u32,
  channels: u32,
  first: u32,         // of the channels, in a map of `mapChannels`
  mapChannels: u32,
  firstPatchRow: u32,  // of this band
  patchRows: u32,      // in this band
  batchStride: u32,   // values between coefficients
}

@group(0) @binding(0) var<storage, read> input: array<vec2<Input>>;              // [inHeight, inWidth, mapChannels / 2]
@group(0) @binding(1) var<storage, read_write> transformed: array<vec2f>;  // [36, patches of the band, channels / 2]
@group(0) @binding(2) var<uniform> params: Params;

// twin winograd mix: mix6 = mix, vec2f = f32
// Bᵀ applied to six values.
fn mix6(d: array<vec2f, 6>) -> array<vec2f, 6> {
  let p = d[4] - 2.25 * d[2];
  let q = 0.75 * (d[3] - 2.25 * d[1]);
  let r = d[4] - 0.5625 * d[2];
  let s = 1.5 * (d[3] - 0.5625 * d[1]);
  let first = 1.265625 * d[0] - 2.8125 * d[2] + d[4];
  let last = 1.265625 * d[1] - 2.8125 * d[3] + d[5];
  return array<vec2f, 6>(first, p + q, p - q, r + s, r - s, last);
}
// end twin winograd mix

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
  let left = i32(patchIndex % patchesAcross * 4u) - i32(params.paddingColumns);
  let top = i32((params.firstPatchRow + patchIndex / patchesAcross) * 4u) - i32(params.paddingRows);

  var columns: array<array<vec2f, 6>, 6>;  // of the patch, each transformed
  // unroll
  for (var j = 0u; j < 6u; j++) {
    var values: array<vec2f, 6>;
    // unroll
    for (var i = 0u; i < 6u; i++) {
      let x = left + i32(j);
      let y = top + i32(i);
      let isInside = x >= 0 && x < i32(params.inWidth) && y >= 0 && y < i32(params.inHeight);
      let pixel = select(0u, u32(y) * params.inWidth + u32(x), isInside);
      values[i] = select(vec2f(0.0), vec2f(input[(pixel * params.mapChannels + params.first) / 2u + pair]), isInside);
    }
    columns[j] = mix6(values);
  }
  let stride = params.batchStride / 2u;
  // unroll
  for (var i = 0u; i < 6u; i++) {
    let row = mix6(array<vec2f, 6>(columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i], columns[5][i]));
    // unroll
    for (var j = 0u; j < 6u; j++) {
      transformed[(i * 6u + j) * stride + index] = row[j];
    }
  }
}
