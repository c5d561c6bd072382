// channel_sum: output[k][c] = scale · Σ_{t in chunk k} feature[t, c]
//
// The positions are cut into chunks, so that there is work for every core; a second pass over [chunks, channels] adds the chunks in order.
// One invocation makes four channels of one chunk; the grid counts channels / 4 along x, chunks along z.

// header
alias Feature = f32;  // how feature is stored: f32, or f16 where the loader says so
// end header

struct Params {
  positions: u32,
  vectors: u32,    // channels / 4
  chunkSize: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> feature: array<vec4<Feature>>;  // [positions, vectors]
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;     // [chunks, vectors]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.vectors) {
    return;
  }
  let start = id.z * params.chunkSize;
  let end = min(start + params.chunkSize, params.positions);
  var sum = vec4f(0.0);
  for (var t = start; t < end; t++) {
    sum += vec4f(feature[t * params.vectors + id.x]);
  }
  output[id.z * params.vectors + id.x] = params.scale * sum;
}
