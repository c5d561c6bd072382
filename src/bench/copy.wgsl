// copy: output[i] = input[i], the most bytes a second that an adapter can move
//
// One invocation copies one vector in each of params.rounds rounds; the invocations of a round touch neighbouring vectors.
// Grid: params.threads invocations along x, rounds * threads = count.

struct Params {
  threads: u32,
  rounds: u32,
}

@group(0) @binding(0) var<storage, read> input: array<vec4f>;         // [rounds * threads]
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;  // [rounds * threads]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.threads) {
    return;
  }
  for (var round = 0u; round < params.rounds; round++) {
    let at = round * params.threads + id.x;
    output[at] = input[at];
  }
}
