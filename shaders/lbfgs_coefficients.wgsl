// lbfgs_coefficients: decides on the candidate pair and writes the direction as a combination of the vectors kept.
//   d = coefficient[0] g + Σᵢ (coefficient[1 + 2i] sᵢ + coefficient[2 + 2i] yᵢ)
//
// The two-loop recursion on inner products only:
//   pᵢ = -sᵢ·g;            newest to oldest j:  αⱼ = pⱼ / sⱼ·yⱼ,  pᵢ -= αⱼ sᵢ·yⱼ
//   wᵢ = -γ (yᵢ·g + Σⱼ αⱼ yᵢ·yⱼ);  oldest to newest j:  δⱼ = αⱼ - wⱼ / sⱼ·yⱼ,  wᵢ += δⱼ sⱼ·yᵢ
//   d = -γ g - γ Σⱼ αⱼ yⱼ + Σⱼ δⱼ sⱼ
// The candidate is kept where s·y > 1e-10 and then sets γ = s·y / y·y; in a full ring it takes the oldest pair's slot.
// Step length t = learningRate, at the first iteration min(1, 1 / ‖g‖₁) · learningRate.
//
// A gradient that is not finite changes nothing and clears `usable`. A direction that does not descend (rounding; exact
// arithmetic cannot give one) empties the ring and falls back to the first iteration's step.
// One workgroup; invocation i owns the pairs i, i + 64, …; one barrier for each step of a loop.
// Source: Chen, Wang and Zhou (2014), algorithm 4; Nocedal and Wright, Numerical Optimization (2006), algorithm 7.4; the
// constants are PyTorch's (torch/optim/lbfgs.py).

// header
const MAX_HISTORY: u32 = 512u;  // largest capacity of the ring
// end header

const NONE = 0xffffffffu;

struct Params {
  history: u32,  // capacity of the ring
  learningRate: f32,
}

// twin lbfgs ring
struct Ring {
  count: u32,
  oldest: u32,      // slot of the oldest pair
  iterations: u32,
  stored: u32,      // slot that the candidate takes, or NONE
}
// end twin lbfgs ring

// twin lbfgs scalars
struct Scalars {
  gamma: f32,
  stepLength: f32,
  slope: f32,        // g·d
  usable: u32,       // 0 where the gradient was not finite
  gradientMax: f32,  // max|g|
  stepMax: f32,      // max|s| of the step before
}
// end twin lbfgs scalars

struct CandidateProducts {
  stepChange: f32,        // s·y
  changeChange: f32,      // y·y
  stepGradient: f32,      // s·g
  changeGradient: f32,    // y·g
  gradientGradient: f32,  // g·g
  gradientNorm1: f32,     // ‖g‖₁
  gradientMax: f32,       // max|g|
  stepMax: f32,           // max|s|
}

struct PairProducts {
  keptStepChange: f32,      // sᵢ·y
  keptStepGradient: f32,    // sᵢ·g
  keptChangeStep: f32,      // yᵢ·s
  keptChangeChange: f32,    // yᵢ·y
  keptChangeGradient: f32,  // yᵢ·g
}

struct Products {
  candidate: CandidateProducts,
  pairs: array<PairProducts>,  // [history]
}

@group(0) @binding(0) var<storage, read> total: Products;                // [8 + 5 · history] inner products
@group(0) @binding(1) var<storage, read_write> state: Ring;              // [1]
@group(0) @binding(2) var<storage, read_write> scalar: Scalars;          // [1]
@group(0) @binding(3) var<storage, read_write> matrix: array<f32>;       // [2, history, history]: sᵢ·yⱼ, then yᵢ·yⱼ
@group(0) @binding(4) var<storage, read_write> coefficient: array<f32>;  // [1 + 2 · history]
@group(0) @binding(5) var<uniform> params: Params;

var<workgroup> ring: Ring;
var<workgroup> gamma: f32;
var<workgroup> project: array<f32, MAX_HISTORY>;
var<workgroup> weight: array<f32, MAX_HISTORY>;
var<workgroup> share: array<f32, 64>;

// WGSL may assume that no NaN exists, so finiteness is read from the exponent's bits.
fn isFinite(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

fn isUsable() -> bool {
  return isFinite(total.candidate.gradientGradient) && isFinite(total.candidate.gradientNorm1);
}

/// The ring after the decision on the candidate.
fn decide() -> Ring {
  var next = Ring(state.count, state.oldest, state.iterations, NONE);
  let curvature = total.candidate.stepChange;
  let changeSquare = total.candidate.changeChange;
  let isMeasured = next.iterations > 0u && isUsable() && isFinite(curvature) && isFinite(changeSquare);
  let isKept = isMeasured && curvature > 1e-10;
  gamma = select(scalar.gamma, 1.0, next.iterations == 0u);
  if (isKept) {
    next.stored = (next.oldest + next.count) % params.history;
    if (next.count == params.history) {
      next.oldest = (next.oldest + 1u) % params.history;
    } else {
      next.count += 1u;
    }
    gamma = curvature / changeSquare;
  }
  return next;
}

/// sᵢ·g, where the candidate's product stands apart from the older pairs'.
fn stepGradient(i: u32, stored: u32) -> f32 {
  return select(total.pairs[i].keptStepGradient, total.candidate.stepGradient, i == stored);
}

/// yᵢ·g
fn changeGradient(i: u32, stored: u32) -> f32 {
  return select(total.pairs[i].keptChangeGradient, total.candidate.changeGradient, i == stored);
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32) {
  let m = params.history;
  let changes = m * m;
  if (local == 0u) {
    ring = decide();
  }
  let now = workgroupUniformLoad(&ring);
  let scale = workgroupUniformLoad(&gamma);

  // 1. The kept candidate's row and column of both matrices.
  if (now.stored != NONE) {
    let c = now.stored;
    for (var i = local; i < now.count; i += 64u) {
      let isCandidate = i == c;
      matrix[i * m + c] = select(total.pairs[i].keptStepChange, total.candidate.stepChange, isCandidate);
      matrix[c * m + i] = select(total.pairs[i].keptChangeStep, total.candidate.stepChange, isCandidate);
      let changeChange = select(total.pairs[i].keptChangeChange, total.candidate.changeChange, isCandidate);
      matrix[changes + i * m + c] = changeChange;
      matrix[changes + c * m + i] = changeChange;
    }
  }
  for (var i = local; i < now.count; i += 64u) {
    project[i] = -stepGradient(i, now.stored);
  }
  storageBarrier();
  workgroupBarrier();

  // 2. Newest to oldest. The owner of j leaves project[j] alone while the others read it.
  for (var k = now.count; k > 0u; k--) {
    let j = (now.oldest + k - 1u) % m;
    let alpha = project[j] / matrix[j * m + j];
    for (var i = local; i < now.count; i += 64u) {
      if (i == j) {
        weight[j] = alpha;
      } else {
        project[i] -= alpha * matrix[i * m + j];
      }
    }
    workgroupBarrier();
  }

  // 3. The scaled middle.
  var slope = 0.0;
  for (var i = local; i < now.count; i += 64u) {
    var sum = changeGradient(i, now.stored);
    for (var j = 0u; j < now.count; j++) {
      sum += weight[j] * matrix[changes + i * m + j];
    }
    project[i] = -scale * sum;
    coefficient[2u + 2u * i] = -scale * weight[i];
    slope -= scale * weight[i] * changeGradient(i, now.stored);
  }
  workgroupBarrier();

  // 4. Oldest to newest.
  for (var k = 0u; k < now.count; k++) {
    let j = (now.oldest + k) % m;
    let delta = weight[j] - project[j] / matrix[j * m + j];
    for (var i = local; i < now.count; i += 64u) {
      if (i == j) {
        coefficient[1u + 2u * j] = delta;
        slope += delta * stepGradient(j, now.stored);
      } else {
        project[i] += delta * matrix[j * m + i];
      }
    }
    workgroupBarrier();
  }
  share[local] = slope;
  workgroupBarrier();

  // 5. One invocation writes the outcome.
  if (local == 0u) {
    let candidate = total.candidate;
    scalar.gradientMax = candidate.gradientMax;
    scalar.stepMax = candidate.stepMax;
    if (!isUsable()) {
      scalar.usable = 0u;
      state.stored = NONE;
      return;
    }
    var descent = -scale * candidate.gradientGradient;
    for (var i = 0u; i < 64u; i++) {
      descent += share[i];
    }
    let firstStep = 1.0 / max(candidate.gradientNorm1, 1.0) * params.learningRate;
    let isSound = isFinite(descent) && descent < 0.0;
    // A search that was cut before it had moved has left the first step to be made.
    let hasMoved = now.count > 0u || candidate.stepMax > 0.0;
    let isFirst = now.iterations == 0u || !hasMoved || !isSound;
    coefficient[0] = select(-1.0, -scale, isSound);
    state.count = select(0u, now.count, isSound);
    state.oldest = select(0u, now.oldest, isSound);
    state.iterations = min(now.iterations, 0xfffffffeu) + 1u;
    state.stored = select(NONE, now.stored, isSound);
    scalar.gamma = select(1.0, scale, isSound);
    scalar.stepLength = select(params.learningRate, firstStep, isFirst);
    scalar.slope = select(-candidate.gradientGradient, descent, isSound);
    scalar.usable = 1u;
  }
}
