// lbfgs_store: writes the kept candidate pair s, y = g - gPrevious into its slot of the ring.
//
// One invocation walks the vectors with the stride of the whole grid; where the slot lies in another buffer, or the
// candidate was not kept, it ends at once.

struct Params {
  size: u32,
  pitch: u32,      // distance of rows
  firstSlot: u32,  // slot of this buffer's first pair
  slots: u32,      // pairs in this buffer
}

// twin lbfgs ring
struct Ring {
  count: u32,
  oldest: u32,      // slot of the oldest pair
  iterations: u32,
  stored: u32,      // slot that the candidate takes, or NONE
}
// end twin lbfgs ring

@group(0) @binding(0) var<storage, read> candidate: array<f32>;         // [size], s of the candidate pair
@group(0) @binding(1) var<storage, read> gradient: array<f32>;          // [size]
@group(0) @binding(2) var<storage, read> gradientPrevious: array<f32>;  // [size]
@group(0) @binding(3) var<storage, read> state: Ring;                   // [1]
@group(0) @binding(4) var<storage, read_write> history: array<f32>;     // [slots, 2, pitch]
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let slot = state.stored;
  if (slot < params.firstSlot || slot >= params.firstSlot + params.slots) {
    return;
  }
  let row = (slot - params.firstSlot) * 2u * params.pitch;
  for (var i = id.x; i < params.size; i += groups.x * 64u) {
    history[row + i] = candidate[i];
    history[row + params.pitch + i] = gradient[i] - gradientPrevious[i];
  }
}
