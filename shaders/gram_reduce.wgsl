// gram, second pass: output[i][j] = scale · Σ_chunk partial[chunk][i][j], the chunks added in order (deterministic).
//
// Where `blockSize` is not 0, the first pass has made square blocks of that size on and above the diagonal only; entries of
// blocks below it are read mirrored.
// One invocation walks the matrix with the stride of the whole grid, four values at a time.

struct Params {
  channels: u32,
  chunks: u32,
  blockSize: u32,  // 0: the first pass has made every entry
  scale: f32,
}

@group(0) @binding(0) var<storage, read> partial: array<f32>;         // [chunks, channels, channels]
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;  // [channels, channels / 4]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let channels = params.channels;
  for (var i = id.x; i < channels * channels / 4u; i += groups.x * 64u) {
    let row = i / (channels / 4u);
    let column = (i % (channels / 4u)) * 4u;
    let isMirrored = params.blockSize > 0u && column / params.blockSize < row / params.blockSize;
    let first = select(row * channels + column, column * channels + row, isMirrored);
    let step = select(1u, channels, isMirrored);
    var sum = vec4f(0.0);
    for (var chunk = 0u; chunk < params.chunks; chunk++) {
      let at = chunk * channels * channels + first;
      sum += vec4f(partial[at], partial[at + step], partial[at + 2u * step], partial[at + 3u * step]);
    }
    output[i] = params.scale * sum;
  }
}
