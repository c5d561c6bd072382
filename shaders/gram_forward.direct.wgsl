// gram, forward, direct: partial[chunk][i][j] = Σ_{t in chunk} feature[t,i] · feature[t,j]
//
// The positions t = 0 … H·W − 1 are cut into chunks of `chunkSize` (split-K), since C² outputs alone keep no adapter busy;
// `gram_reduce` adds the chunks in order and scales. The map in NHWC is already the row-major [positions, C] matrix.
// One invocation makes four columns of one row of one chunk; the grid counts C x (C / 4) along x, chunks along z.

// header
alias Feature = f32;  // how feature is stored: f32, or f16 where the loader says so
// end header

struct Params {
  positions: u32,
  channels: u32,
  chunkSize: u32,
}

@group(0) @binding(0) var<storage, read> feature: array<Feature>;          // [positions, channels]
@group(0) @binding(1) var<storage, read_write> partial: array<vec4f>;  // [chunks, channels, channels / 4]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channels = params.channels;
  let blocks = channels / 4u;
  if (id.x >= channels * blocks) {
    return;
  }
  let row = id.x / blocks;
  let column = (id.x % blocks) * 4u;
  let start = id.z * params.chunkSize;
  let end = min(start + params.chunkSize, params.positions);
  var sum = vec4f(0.0);
  for (var t = start; t < end; t++) {
    let at = t * channels;
    let other = vec4f(vec4<Feature>(feature[at + column], feature[at + column + 1u], feature[at + column + 2u], feature[at + column + 3u]));
    sum = fma(vec4f(f32(feature[at + row])), other, sum);
  }
  partial[id.z * channels * blocks + id.x] = sum;
}
