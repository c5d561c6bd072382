// Winograd F(2x2, 3x3), input transform for CPU adapters: transformed[i][patch][c] = (Bᵀ d B)_i, d the 4x4 inputs of a patch.
//
// Source: Lavin and Gray (2015), section 4.1. A patch is 2x2 outputs; its inputs start one pixel above and left of it,
// outside is 0 (padding 1). Patches past the picture's edge are computed from zeros and dropped by the output transform.
// As winograd_input.lanes: one invocation owns one channel of a row of patches and keeps the two columns that neighbours share.
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

@group(0) @binding(0) var<storage, read> input: array<Input>;            // [inHeight, inWidth, mapChannels]
@group(0) @binding(1) var<storage, read_write> transformed: array<f32>;  // [16, patches of the band, channels]
@group(0) @binding(2) var<uniform> params: Params;
// end twin winograd input interface

// Bᵀ applied to four values.
fn mix4(d: array<f32, 4>) -> array<f32, 4> {
  return array<f32, 4>(d[0] - d[2], d[1] + d[2], d[2] - d[1], d[3] - d[1]);
}

// twin winograd input column: mix4 = mix, numbers
// Bᵀ applied to the four pixels of column x from row `top` down; 0 outside the picture.
fn transformedColumn(x: i32, top: i32, channel: u32) -> array<f32, 4> {
  var values = array<f32, 4>();
  for (var i = 0u; i < 4u; i++) {
    let y = top + i32(i);
    let isInside = x >= 0 && x < i32(params.inWidth) && y >= 0 && y < i32(params.inHeight);
    let pixel = select(0u, u32(y) * params.inWidth + u32(x), isInside);
    values[i] = select(0.0, f32(input[pixel * params.mapChannels + params.first + channel]), isInside);
  }
  return mix4(values);
}
// end twin winograd input column

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  let patchesAcross = (params.width + 1u) / 2u;
  let top = i32((params.firstPatchRow + id.y) * 2u) - i32(params.paddingRows);

  var columns: array<array<f32, 4>, 4>;  // of the patch, each transformed
  let padding = i32(params.paddingColumns);
  columns[2] = transformedColumn(-padding, top, channel);
  columns[3] = transformedColumn(1 - padding, top, channel);
  for (var patchColumn = 0u; patchColumn < patchesAcross; patchColumn++) {
    columns[0] = columns[2];
    columns[1] = columns[3];
    for (var j = 2u; j < 4u; j++) {
      columns[j] = transformedColumn(i32(patchColumn * 2u + j) - padding, top, channel);
    }
    let at = (id.y * patchesAcross + patchColumn) * params.channels + channel;
    for (var i = 0u; i < 4u; i++) {
      let row = mix4(array<f32, 4>(columns[0][i], columns[1][i], columns[2][i], columns[3][i]));
      // twin winograd input store: numbers
      for (var j = 0u; j < 4u; j++) {
        transformed[(i * 4u + j) * params.batchStride + at] = row[j];
      }
    }
  }
}
      // end twin winograd input store
