// total variation, value and gradient in one pass, squared differences of neighbours:
//   TV = Σ_{y,x,c} k_c² · (h · (x[y,x+1,c] − x[y,x,c])² + v · (x[y+1,x,c] − x[y,x,c])²
//                        + d · ((x[y+1,x+1,c] − x[y,x,c])² + (x[y+1,x−1,c] − x[y,x,c])²)), differences past an edge being 0
//   h = horizontal + edges(y) · horizontalAtEdge, v = vertical + edges(x) · verticalAtEdge, d = diagonal
//   gradient += scale · dTV/dx
// edges(y) counts how often row y ends the picture: 1 at the top or bottom, 2 where it is the only row; edges(x) likewise.
//
// Source: Mahendran and Vedaldi, "Understanding Deep Image Representations by Inverting Them" (2015), eq. 6 with β = 2 (four neighbours);
// Crowson, style-transfer-pytorch (2021), TVLoss (nine points; what its replicated edge adds is in the weights at edges).
// k_c turns the optimised variable's channel c into the 0..1 range of pixels (1, or the network's standard deviation).
// Layout: [height, width, 3]. One invocation p walks the values from `first` on with the stride of the whole grid.

struct Params {
  height: u32,
  width: u32,
  first: u32,  // of the values whose gradient is made; TV sums their differences to the right and below
  count: u32,
  horizontal: f32,
  vertical: f32,
  diagonal: f32,
  horizontalAtEdge: f32,
  verticalAtEdge: f32,
  scale: f32,
  channelScale0: f32,
  channelScale1: f32,
  channelScale2: f32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;           // [height, width, 3]
@group(0) @binding(1) var<storage, read_write> gradient: array<f32>;  // [height, width, 3]
@group(0) @binding(2) var<storage, read_write> partial: array<f32>;   // [invocations]
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = params.width * 3u;
  let size = params.height * row;
  var total = 0.0;
  for (var i = params.first + id.x; i < params.first + params.count; i += groups.x * 64u) {
    let column = i % row;
    let value = input[i];
    let hasAbove = i >= row;
    let hasBelow = i + row < size;
    let hasLeft = column >= 3u;
    let hasRight = column + 3u < row;
    // Neighbours past an edge are read at the value's own place, which makes their difference 0.
    let below = input[select(i, i + row, hasBelow)] - value;
    let right = input[select(i, i + 3u, hasRight)] - value;
    let above = input[select(i, i - row, hasAbove)] - value;
    let left = input[select(i, i - 3u, hasLeft)] - value;
    let belowRight = input[select(i, i + row + 3u, hasBelow && hasRight)] - value;
    let belowLeft = input[select(i, i + row - 3u, hasBelow && hasLeft)] - value;
    let aboveRight = input[select(i, i - row + 3u, hasAbove && hasRight)] - value;
    let aboveLeft = input[select(i, i - row - 3u, hasAbove && hasLeft)] - value;
    let h = params.horizontal + params.horizontalAtEdge * f32(u32(!hasAbove) + u32(!hasBelow));
    let v = params.vertical + params.verticalAtEdge * f32(u32(!hasLeft) + u32(!hasRight));
    let channel = i % 3u;
    let k = select(select(params.channelScale0, params.channelScale1, channel == 1u), params.channelScale2, channel == 2u);
    let straight = v * below * below + h * right * right;
    total = fma(k * k, straight + params.diagonal * (belowRight * belowRight + belowLeft * belowLeft), total);
    let slope = v * (below + above) + h * (right + left) + params.diagonal * (belowRight + belowLeft + aboveRight + aboveLeft);
    gradient[i] -= params.scale * 2.0 * k * k * slope;
  }
  partial[id.x] = total;
}
