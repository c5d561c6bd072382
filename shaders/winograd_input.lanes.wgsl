// Winograd F(4x4, 3x3), input transform for CPU adapters: transformed[i][patch][c] = (Bᵀ d B)_i, d the 6x6 inputs of a patch.
//
// Source: Lavin and Gray (2015), section 4.3, with the points 0, ±3/4, ±3/2, ∞ (see winograd_weight). A patch is 4x4 outputs; its inputs start as far above and left of it
// as the padding says, outside is 0. Patches past the picture's edge are computed from zeros and dropped by the output transform.
// One invocation owns one channel of a row of patches and walks along it: the two columns that neighbours share stay
// in registers, already transformed, so that a patch costs 24 loads instead of 36. All columns are loaded in one place, by a loop that the
// compiler cannot unroll: 1.6 s of CPU time to compile on lavapipe instead of 3.9 (see winograd_output.lanes).
// Layout: NHWC. Grid: channels / LANES along x, patch rows of this band along y. Needs channels a multiple of LANES.

// twin winograd input interface: numbers
// header
const LANES: u32 = 8u;  // lanes of the adapter's vectors
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
  batchStride: u32,   // values between coefficients
}

@group(0) @binding(0) var<storage, read> input: array<Input>;              // [inHeight, inWidth, mapChannels]
@group(0) @binding(1) var<storage, read_write> transformed: array<f32>;  // [36, patches of the band, channels]
@group(0) @binding(2) var<uniform> params: Params;
// end twin winograd input interface

// twin winograd mix
// Bᵀ applied to six values.
fn mix(d: array<f32, 6>) -> array<f32, 6> {
  let p = d[4] - 2.25 * d[2];
  let q = 0.75 * (d[3] - 2.25 * d[1]);
  let r = d[4] - 0.5625 * d[2];
  let s = 1.5 * (d[3] - 0.5625 * d[1]);
  let first = 1.265625 * d[0] - 2.8125 * d[2] + d[4];
  let last = 1.265625 * d[1] - 2.8125 * d[3] + d[5];
  return array<f32, 6>(first, p + q, p - q, r + s, r - s, last);
}
// end twin winograd mix

// twin winograd input column: numbers
// Bᵀ applied to the six pixels of column x from row `top` down; 0 outside the picture.
fn transformedColumn(x: i32, top: i32, channel: u32) -> array<f32, 6> {
  var values = array<f32, 6>();
  for (var i = 0u; i < 6u; i++) {
    let y = top + i32(i);
    let isInside = x >= 0 && x < i32(params.inWidth) && y >= 0 && y < i32(params.inHeight);
    let pixel = select(0u, u32(y) * params.inWidth + u32(x), isInside);
    values[i] = select(0.0, f32(input[pixel * params.mapChannels + params.first + channel]), isInside);
  }
  return mix(values);
}
// end twin winograd input column

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  let patchesAcross = (params.width + 3u) / 4u;
  let top = i32((params.firstPatchRow + id.y) * 4u) - i32(params.paddingRows);

  var columns: array<array<f32, 6>, 6>;  // of the patch, each transformed
  for (var patchColumn = 0u; patchColumn < patchesAcross; patchColumn++) {
    columns[0] = columns[4];
    columns[1] = columns[5];
    let left = i32(patchColumn * 4u) - i32(params.paddingColumns);
    for (var x = select(left + 2, left, patchColumn == 0u); x < left + 6; x++) {
      columns[x - left] = transformedColumn(x, top, channel);
    }
    let at = (id.y * patchesAcross + patchColumn) * params.channels + channel;
    for (var i = 0u; i < 6u; i++) {
      let row = mix(array<f32, 6>(columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i], columns[5][i]));
      // twin winograd input store: numbers
      for (var j = 0u; j < 6u; j++) {
        transformed[(i * 6u + j) * params.batchStride + at] = row[j];
      }
    }
  }
}
      // end twin winograd input store
