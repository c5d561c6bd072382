// rectangle, place: gradient[y, x, c] = old + values[y − top, x − left, c] within the rectangle, old around it
//
// old = gradient where `accumulate` is 1, else 0. The rows that are written may be more than the rectangle's, or fewer.
// Layout: NHWC. One invocation walks these rows with the stride of the whole grid, four channels at a time.

struct Params {
  first: u32,    // row · pitch · vectors
  count: u32,    // rows · pitch · vectors
  vectors: u32,  // channels / 4
  pitch: u32,    // positions of the map in a row
  left: u32,
  top: u32,
  width: u32,    // of the rectangle
  height: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> values: array<vec4f>;          // [height, width, vectors]
@group(0) @binding(1) var<storage, read_write> gradient: array<vec4f>;  // [rows, pitch, vectors]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = params.first + id.x; i < params.first + params.count; i += groups.x * 64u) {
    let position = i / params.vectors;
    // Before the rectangle these wrap around to beyond its end.
    let x = position % params.pitch - params.left;
    let y = position / params.pitch - params.top;
    var result = vec4f(0.0);
    if (x < params.width && y < params.height) {
      result = values[(y * params.width + x) * params.vectors + i % params.vectors];
    }
    if (params.accumulate == 1u) {
      result += gradient[i];
    }
    gradient[i] = result;
  }
}
