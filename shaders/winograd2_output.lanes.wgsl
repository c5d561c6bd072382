// Winograd F(2x2, 3x3), output transform for CPU adapters: the 2x2 outputs Aᵀ m A of each patch, and the epilogue of
// conv2d in either direction:
//   forward:  output = act(bias + value), act being ReLU where `relu` is 1
//   backward: output = mask · (old + value), old = output where `accumulate` is 1, mask = activation > 0 where `mask` is 1
//
// Source: Lavin and Gray (2015), section 4.1. As winograd_output.lanes: one invocation owns one channel of a row of patches.
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

@group(0) @binding(0) var<storage, read> product: array<f32>;       // [16, patches of the band, channels]
@group(0) @binding(1) var<storage, read> bias: array<f32>;          // [channels], read where `bias` is 1
@group(0) @binding(2) var<storage, read> activation: array<Activation>;  // [height, width, mapChannels], read where `mask` is 1
@group(0) @binding(3) var<storage, read_write> output: array<Output>;  // [height, width, mapChannels]
@group(0) @binding(4) var<uniform> params: Params;
// end twin winograd output interface

// Aᵀ applied to four values.
fn gather(m: array<f32, 4>) -> array<f32, 2> {
  return array<f32, 2>(m[0] + m[1] + m[2], m[1] - m[2] + m[3]);
}

// twin winograd output walk: numbers
@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  let patchesAcross = (params.width + 1u) / 2u;
  let top = (params.firstPatchRow + id.y) * 2u;
  var shift = 0.0;
  if (params.bias == 1u) {
    shift = bias[channel];
  }
  for (var patchColumn = 0u; patchColumn < patchesAcross; patchColumn++) {
    let at = (id.y * patchesAcross + patchColumn) * params.channels + channel;
// end twin winograd output walk
    var columns: array<array<f32, 2>, 4>;  // Aᵀ applied down each column of m
    for (var j = 0u; j < 4u; j++) {
      var values = array<f32, 4>();
      for (var i = 0u; i < 4u; i++) {
        values[i] = product[(i * 4u + j) * params.batchStride + at];
      }
      columns[j] = gather(values);
    }
    for (var i = 0u; i < 2u; i++) {
      let row = gather(array<f32, 4>(columns[0][i], columns[1][i], columns[2][i], columns[3][i]));
      let y = top + i;
      for (var j = 0u; j < 2u; j++) {
        let x = patchColumn * 2u + j;
        if (y < params.height && x < params.width) {
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
