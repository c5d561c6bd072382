// conv2d for GPUs as an implicit matrix product: [pixels, cells · inChannels] times [cells · inChannels, outChannels].
//
//   forward:  output[y,x,o] = act(bias[o] + Σ input[y·s + ky − p, x·s + kx − p, c] · weight[ky,kx,c,o])
//   backward, stride 1: gradInput[y,x,c] = mask · (old + Σ gradOutput[y + p − ky, x + p − kx, o] · weight[ky,kx,o,c])
// Both are the same sum: a cell moves the pixel that is read by `direction` (1 or −1) times (ky, kx), from the offsets (−p or p) on.
// Here `input` is what is read and `output` what is made. Outside is 0, or the nearest edge value where `replicate` is 1 (forward
// only). act is ReLU where `relu` is 1; old = output where `accumulate` is 1; mask = activation > 0 where `mask` is 1.
//
// A workgroup makes a tile of TILE_M pixels x TILE_N channels; see gemm.tiles.wgsl, whose tiles these are. The sum runs cell by
// cell, channels within: each invocation loads the same four channels (modulo TILE_K) of a few pixels, so it keeps cell and channel as a
// running pair, without a division, and tests a pixel's bounds once per vector.
// Layout: NHWC, channels padded to a multiple of 4; weights [cell][read channel][made channel], the direct kernels' own.
// Grid: channel tiles along x, pixel tiles along y, folded into z.
// What compilers make of it: docs/decisions/0041-tiles-by-compilers.md. Not yet measured on a GPU.

// header
const TILE_M: u32 = 64u;  // pixels of a tile, a multiple of ROWS
const TILE_N: u32 = 64u;  // its channels, a multiple of 4 * VECTORS
const TILE_K: u32 = 16u;  // depth held at a time, a multiple of 4
const ROWS: u32 = 8u;     // pixels of an invocation
const VECTORS: u32 = 2u;  // its vectors of 4 channels
const ACROSS: u32 = TILE_N / 4u / VECTORS;  // invocations along the channels of the tile
const THREADS: u32 = ACROSS * TILE_M / ROWS;  // a multiple of TILE_K / 4 and of TILE_N / 4
const LOADS_A: u32 = TILE_M * TILE_K / 4u / THREADS;  // pixels that an invocation loads; whole
const LOADS_B: u32 = TILE_K * TILE_N / 4u / THREADS;  // vectors of the weights
alias Input = f32;  // how input, activation and output are stored: f32, or f16 where the loader says so
alias Activation = f32;
alias Output = f32;
// end header

struct Params {
  inHeight: u32,     // of the map that is read
  inWidth: u32,
  inChannels: u32,
  outHeight: u32,    // of the map that is made
  outWidth: u32,
  outChannels: u32,
  kernelHeight: u32,
  kernelWidth: u32,
  stride: u32,
  direction: i32,    // 1 forward, -1 backward
  offsetRows: i32,     // -padding forward, padding backward
  offsetColumns: i32,
  replicate: u32,
  inFirst: u32,      // of the channels that are read, in a map of `inOf`
  inOf: u32,
  outFirst: u32,     // of those that are made, in a map of `outOf`
  outOf: u32,
  bias: u32,         // 1: add bias
  relu: u32,
  accumulate: u32,
  mask: u32,
}

@group(0) @binding(0) var<storage, read> input: array<vec4<Input>>;         // [inHeight, inWidth, inOf / 4]
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;        // [cells, inChannels, outChannels / 4]
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;          // [outChannels / 4], read where `bias` is 1
@group(0) @binding(3) var<storage, read> activation: array<vec4<Activation>>;    // [outHeight, outWidth, outOf / 4], read where `mask` is 1
@group(0) @binding(4) var<storage, read_write> output: array<vec4<Output>>;  // [outHeight, outWidth, outOf / 4]
@group(0) @binding(5) var<uniform> params: Params;

// twin tile memory
const depthVectors = TILE_K / 4u;
const columnVectors = TILE_N / 4u;

var<workgroup> aTile: array<vec4f, TILE_M * depthVectors>;   // [pixel][channel / 4]
var<workgroup> bTile: array<vec4f, TILE_K * columnVectors>;  // [read channel][made channel / 4]
// end twin tile memory

// Four channels of the pixel that the cell (x, y) reads for an output whose first cell reads `origin`.
fn loadPixel(origin: vec2i, cell: vec2i, channel: u32, isCell: bool) -> vec4f {
  let wanted = origin + params.direction * cell;
  let at = clamp(wanted, vec2i(0), vec2i(i32(params.inWidth), i32(params.inHeight)) - 1);
  let isInside = isCell && (params.replicate == 1u || all(at == wanted));
  let pixel = u32(at.y) * params.inWidth + u32(at.x);
  return select(vec4f(0.0), vec4f(input[(pixel * params.inOf + params.inFirst + select(0u, channel, isCell)) / 4u]), isInside);
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let pixels = params.outHeight * params.outWidth;
  let firstPixel = (group.y + group.z * groups.y) * TILE_M;
  let firstChannel = group.x * TILE_N;
  if (firstPixel >= pixels) {
    return;
  }
  let depth = params.kernelHeight * params.kernelWidth * params.inChannels;
  let across = thread % ACROSS;
  let down = thread / ACROSS;

  // What this invocation loads of each step: which pixels, with the cell and channel of their vector, and the same channels of some weights.
  let loadVector = thread % depthVectors;
  var origins: array<vec2i, LOADS_A>;
  // unroll
  for (var i = 0u; i < LOADS_A; i++) {
    // A pixel past the last one is computed like it and dropped.
    let pixel = min(firstPixel + i * (TILE_M / LOADS_A) + thread / depthVectors, pixels - 1u);
    origins[i] = vec2i(vec2u(pixel % params.outWidth, pixel / params.outWidth) * params.stride) + vec2i(params.offsetColumns, params.offsetRows);
  }
  var cell = vec2i(0);
  var channel = loadVector * 4u;
  let weightDepth = thread / columnVectors;
  let weightColumn = min(firstChannel + thread % columnVectors * 4u, params.outChannels - 4u);
  var weightAt = (weightDepth * params.outChannels + weightColumn) / 4u;

  var sum: array<array<vec4f, VECTORS>, ROWS>;
  for (var k0 = 0u; k0 < depth + TILE_K; k0 += TILE_K) {
    var nextA: array<vec4f, LOADS_A>;
    var nextB: array<vec4f, LOADS_B>;
    while (channel >= params.inChannels && cell.y < i32(params.kernelHeight)) {
      channel -= params.inChannels;
      cell.x += 1;
      if (cell.x == i32(params.kernelWidth)) {
        cell = vec2i(0, cell.y + 1);
      }
    }
    let isCell = cell.y < i32(params.kernelHeight);
    // unroll
    for (var i = 0u; i < LOADS_A; i++) {
      nextA[i] = loadPixel(origins[i], cell, channel, isCell);
    }
    channel += TILE_K;
    // unroll
    for (var i = 0u; i < LOADS_B; i++) {
      let isInside = k0 + i * (TILE_K / LOADS_B) + weightDepth < depth;
      let at = weightAt + i * (TILE_K / LOADS_B) * params.outChannels / 4u;
      nextB[i] = select(vec4f(0.0), weight[select(0u, at, isInside)], isInside);
    }
    weightAt += TILE_K / 4u * params.outChannels;
    // The multiply-adds of the step before hide how long that takes.
    if (k0 > 0u) {
      // twin tile product
      for (var kVector = 0u; kVector < depthVectors; kVector++) {
        var held: array<array<vec4f, VECTORS>, 4>;
        // unroll
        for (var j = 0u; j < 4u; j++) {
          // unroll
          for (var v = 0u; v < VECTORS; v++) {
            held[j][v] = bTile[(kVector * 4u + j) * columnVectors + v * ACROSS + across];
          }
        }
        // unroll
        for (var i = 0u; i < ROWS; i++) {
          let value = aTile[(i * (TILE_M / ROWS) + down) * depthVectors + kVector];
          // unroll
          for (var v = 0u; v < VECTORS; v++) {
            sum[i][v] = fma(vec4f(value.x), held[0][v], sum[i][v]);
            sum[i][v] = fma(vec4f(value.y), held[1][v], sum[i][v]);
            sum[i][v] = fma(vec4f(value.z), held[2][v], sum[i][v]);
            sum[i][v] = fma(vec4f(value.w), held[3][v], sum[i][v]);
          }
        }
      }
      // end twin tile product
    }
    // twin tile store
    if (k0 >= depth) {
      break;
    }
    workgroupBarrier();
    // unroll
    for (var i = 0u; i < LOADS_A; i++) {
      aTile[i * THREADS + thread] = nextA[i];
    }
    // unroll
    for (var i = 0u; i < LOADS_B; i++) {
      bTile[i * THREADS + thread] = nextB[i];
    }
    workgroupBarrier();
    // end twin tile store
  }

  // A branch each, not one a pixel, so that all that one reads is asked for at once, and all is read before anything is written.
  if (params.bias == 1u) {
    // unroll
    for (var v = 0u; v < VECTORS; v++) {
      let value = bias[min(firstChannel / 4u + v * ACROSS + across, params.outChannels / 4u - 1u)];
      // unroll
      for (var i = 0u; i < ROWS; i++) {
        sum[i][v] += value;
      }
    }
  }
  var at: array<array<u32, VECTORS>, ROWS>;
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    // unroll
    for (var v = 0u; v < VECTORS; v++) {
      let vector = min(firstChannel / 4u + v * ACROSS + across, params.outChannels / 4u - 1u);
      let pixel = min(firstPixel + i * (TILE_M / ROWS) + down, pixels - 1u);
      at[i][v] = (pixel * params.outOf + params.outFirst) / 4u + vector;
    }
  }
  // twin conv2d epilogue
  if (params.accumulate == 1u) {
    // unroll
    for (var i = 0u; i < ROWS; i++) {
      // unroll
      for (var v = 0u; v < VECTORS; v++) {
        sum[i][v] += vec4f(output[at[i][v]]);
      }
    }
  }
  if (params.mask == 1u) {
    // unroll
    for (var i = 0u; i < ROWS; i++) {
      // unroll
      for (var v = 0u; v < VECTORS; v++) {
        sum[i][v] = select(vec4f(0.0), sum[i][v], vec4f(activation[at[i][v]]) > vec4f(0.0));
      }
    }
  }
  // Not max(value, 0), which would turn a NaN into 0 and hide it from the loss.
  let cuts = vec4<bool>(params.relu == 1u);
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    // unroll
    for (var v = 0u; v < VECTORS; v++) {
      sum[i][v] = select(sum[i][v], vec4f(0.0), (sum[i][v] < vec4f(0.0)) & cuts);
    }
  }
  // end twin conv2d epilogue
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    let pixel = firstPixel + i * (TILE_M / ROWS) + down;
    // unroll
    for (var v = 0u; v < VECTORS; v++) {
      if (pixel < pixels && firstChannel + (v * ACROSS + across) * 4u < params.outChannels) {
        output[at[i][v]] = vec4<Output>(sum[i][v]);
      }
    }
  }
}
