// picture window, backward: gradient[y, x, c] = old + gradOutput[y, x, c] · scale_c in a window of the picture; the padding channel is dropped
//
// old = gradient where a window before has been, in the window's first `doneColumns` or first `doneRows`, else 0.
// Layout: NHWC, three channels densely packed against four. One invocation walks the window's pixels with the stride of the whole grid.

struct Params {
  pixels: u32,  // of the window
  width: u32,
  pitch: u32,   // pixels of the picture in a row
  first: u32,   // the window's first value in what is bound of the gradient
  doneColumns: u32,
  doneRows: u32,
  scale0: f32,
  scale1: f32,
  scale2: f32,
}

@group(0) @binding(0) var<storage, read> gradOutput: array<vec4f>;    // [height, width]
@group(0) @binding(1) var<storage, read_write> gradient: array<f32>;  // [rows, pitch, 3]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let scale = vec3f(params.scale0, params.scale1, params.scale2);
  for (var i = id.x; i < params.pixels; i += groups.x * 64u) {
    let x = i % params.width;
    let y = i / params.width;
    let at = params.first + 3u * (y * params.pitch + x);
    var result = gradOutput[i].xyz * scale;
    if (x < params.doneColumns || y < params.doneRows) {
      result += vec3f(gradient[at], gradient[at + 1u], gradient[at + 2u]);
    }
    gradient[at] = result.x;
    gradient[at + 1u] = result.y;
    gradient[at + 2u] = result.z;
  }
}
