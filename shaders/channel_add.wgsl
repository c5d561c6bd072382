// channel_add: gradient[t, c] = old + addend[c], the same at every position
//
// old = gradient where `accumulate` is 1, else 0. One invocation walks the map with the stride of the whole grid, four channels at a time.

struct Params {
  count: u32,       // positions · vectors
  vectors: u32,     // channels / 4
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> addend: array<vec4f>;          // [vectors]
@group(0) @binding(1) var<storage, read_write> gradient: array<vec4f>;  // [positions, vectors]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.count; i += groups.x * 64u) {
    var result = addend[i % params.vectors];
    if (params.accumulate == 1u) {
      result += gradient[i];
    }
    gradient[i] = result;
  }
}
