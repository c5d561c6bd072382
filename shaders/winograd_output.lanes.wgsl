// Winograd F(4x4, 3x3), output transform for CPU adapters: the 4x4 outputs Aᵀ m A of each patch, and the epilogue of
// conv2d in either direction:
//   forward:  output = act(bias + value), act being ReLU where `relu` is 1
//   backward: output = mask · (old + value), old = output where `accumulate` is 1, mask = activation > 0 where `mask` is 1
//
// Source: Lavin and Gray (2015), section 4.3, with the points 0, ±3/4, ±3/2, ∞ (see winograd_weight). One invocation owns one channel of a row of patches.
// The loops over columns and rows have bounds that the compiler cannot see, so that it does not unroll them: on lavapipe each of the 36 loads
// and 48 accesses of the epilogue is a loop over the lanes. Unrolled they took 6 to 9 s of CPU time to compile, as loops 1.1 s, and run no
// slower (docs/decisions/0024-f16-storage.md).
// Layout: NHWC. Grid: channels / LANES along x, patch rows of this band along y. Needs channels a multiple of LANES.

// twin winograd output interface: numbers
// header
const LANES: u32 = 8u;  // lanes of the adapter's vectors
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
  batchStride: u32,   // values between coefficients
  bias: u32,          // 1: add bias
  relu: u32,
  accumulate: u32,
  mask: u32,
}

@group(0) @binding(0) var<storage, read> product: array<f32>;       // [36, patches of the band, channels]
@group(0) @binding(1) var<storage, read> bias: array<f32>;          // [channels], read where `bias` is 1
@group(0) @binding(2) var<storage, read> activation: array<Activation>;    // [height, width, mapChannels], read where `mask` is 1
@group(0) @binding(3) var<storage, read_write> output: array<Output>;  // [height, width, mapChannels]
@group(0) @binding(4) var<uniform> params: Params;
// end twin winograd output interface

// twin winograd gather
// Aᵀ applied to six values: the sums over the points of m · pⁱ for i = 0 … 3.
fn gather(m: array<f32, 6>) -> array<f32, 4> {
  let p = m[1] + m[2];
  let q = 0.75 * (m[1] - m[2]);
  let r = m[3] + m[4];
  let s = 1.5 * (m[3] - m[4]);
  return array<f32, 4>(m[0] + p + r, q + s, 0.5625 * p + 2.25 * r, 0.5625 * q + 2.25 * s + m[5]);
}
// end twin winograd gather

// twin winograd output walk: numbers
@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  let patchesAcross = (params.width + 3u) / 4u;
  let top = (params.firstPatchRow + id.y) * 4u;
  var shift = 0.0;
  if (params.bias == 1u) {
    shift = bias[channel];
  }
  for (var patchColumn = 0u; patchColumn < patchesAcross; patchColumn++) {
    let at = (id.y * patchesAcross + patchColumn) * params.channels + channel;
// end twin winograd output walk
    let end = at + 6u * params.batchStride;
    var columns: array<array<f32, 4>, 6>;  // Aᵀ applied down each column of m
    var j = 0u;
    for (var column = at; column < end; column += params.batchStride) {
      var values = array<f32, 6>();
      for (var i = 0u; i < 6u; i++) {
        values[i] = product[i * 6u * params.batchStride + column];
      }
      columns[j] = gather(values);
      j++;
    }
    var rows: array<array<f32, 4>, 4>;
    for (var i = 0u; i < 4u; i++) {
      rows[i] = gather(array<f32, 6>(columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i], columns[5][i]));
    }
    let bottom = min(top + 4u, params.height);
    for (var y = top; y < bottom; y++) {
      let row = rows[y - top];
      for (var j = 0u; j < 4u; j++) {
        let x = patchColumn * 4u + j;
        if (x < params.width) {
          // twin winograd output epilogue
          let index = (y * params.width + x) * params.mapChannels + params.first + channel;
          var value = row[j] + shift;
          if (params.accumulate == 1u) {
            value += f32(output[index]);
          }
          if (params.mask == 1u) {
            value = select(0.0, value, f32(activation[index]) > 0.0);
          }
          // Not max(value, 0), which would turn a NaN into 0 and hide it from the loss.
          output[index] = Output(select(value, 0.0, params.relu == 1u && value < 0.0));
        }
      }
    }
  }
}
// end twin winograd output epilogue
