// gram, second pass: output[i][j] = scale · Σ_chunk partial[chunk][i][j], the chunks added in order (deterministic).
//
// One invocation walks the matrix with the stride of the whole grid, four values at a time.

struct Params {
  count: u32,   // channels² / 4
  chunks: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> partial: array<vec4f>;       // [chunks, count]
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;  // [count]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.count; i += groups.x * 64u) {
    var sum = vec4f(0.0);
    for (var chunk = 0u; chunk < params.chunks; chunk++) {
      sum += partial[chunk * params.count + i];
    }
    output[i] = params.scale * sum;
  }
}
