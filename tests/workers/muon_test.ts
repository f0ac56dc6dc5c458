import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { compileKernels, instantiateKernels } from "../../kernels/mod.ts";
import { randomStream } from "../../model/random.ts";
import { muon, type MuonContext, orthogonalize } from "../../workers/muon.ts";
import { type HiddenMatrix, placeMuonArea } from "../../workers/muon_area.ts";
import { GOLDEN_STEP, openGolden, readGolden } from "./golden.ts";
import { type Matrix, muonStep, singularValues } from "./muon_reference.ts";

const MUON_STEP = { ...GOLDEN_STEP, muon: { learningRate: 4e-3, momentum: 0.95 } };
const module = await compileKernels();

/** A worker's room for one matrix, and places for the matrix itself. */
function open({ rows, cols }: { rows: number; cols: number }) {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
  const f32 = new Float32Array(memory.buffer);
  let end = 65536;
  const take = (floats: number) => {
    const at = end;
    end += Math.ceil(floats / 16) * 64;
    return at;
  };
  const matrix: HiddenMatrix = { group: 0, siblings: 1, offset: 0, rows, cols };
  const context: MuonContext = {
    kernels: instantiateKernels(module, memory),
    f32,
    area: placeMuonArea({ matrices: [matrix], take }),
  };
  const view = (address: number) => f32.subarray(address / 4, address / 4 + rows * cols);
  return { matrix, context, take: () => take(rows * cols), view };
}

function randomMatrix({ rows, cols }: { rows: number; cols: number }, name: string): number[][] {
  const random = randomStream(5, { name });
  return Array.from(
    { length: rows },
    (_, i) => Array.from({ length: cols }, (_, j) => Math.fround(random.normal(i * cols + j))),
  );
}

function rowsOf(values: Float32Array, { cols }: { cols: number }): number[][] {
  return Array.from(
    { length: values.length / cols },
    (_, i) => Array.from(values.subarray(i * cols, (i + 1) * cols)),
  );
}

function assertNear(actual: Float32Array, expected: Matrix, what: string): void {
  for (const [i, value] of expected.flat().entries()) {
    assertAlmostEquals(actual[i] as number, value, 2e-4, `${what}[${i}]`);
  }
}

// Square, wide and tall; around the tile of 6 x 8; one row, one column, one number.
const SHAPES = [[1, 1], [1, 9], [9, 1], [6, 8], [7, 9], [17, 5], [5, 17], [32, 88], [88, 32]];

for (const [rows, cols] of SHAPES as [number, number][]) {
  Deno.test(`three Muon steps on ${rows} x ${cols} follow the formulas in f64`, () => {
    const shape = { rows, cols };
    const { matrix, context, take, view } = open(shape);
    const [weights, gradient, moment] = [take(), take(), take()];
    const state = { weights: randomMatrix(shape, "weights"), moment: randomMatrix(shape, "none") };
    state.moment = state.moment.map((row) => row.map(() => 0));
    view(weights).set(state.weights.flat());
    for (let step = 0; step < 3; step++) {
      const g = randomMatrix(shape, `gradient/${step}`);
      view(gradient).set(g.flat());
      const rates = { learningRate: 0.02, momentum: 0.95, weightDecay: 0.1 };
      muon(context, {
        matrix,
        weights,
        gradient,
        moment,
        rates: { ...rates, clipScale: 0.5 },
      });
      const scaled = g.map((row) => row.map((value) => value * 0.5));
      muonStep(state, { gradient: scaled, ...rates });
      assertNear(view(weights), state.weights, "weights");
      assertNear(view(moment), state.moment, "moment");
      assertEquals([...view(gradient)], g.flat(), "the gradient is only read");
    }
  });
}

for (const [rows, cols] of [[16, 48], [48, 16], [24, 24]] as [number, number][]) {
  Deno.test(`a ${rows} x ${cols} update keeps its singular vectors and has values near one`, () => {
    const shape = { rows, cols };
    const { context, view } = open(shape);
    const g = randomMatrix(shape, "gradient");
    const update = view(context.area.update);
    update.set(g.flat());
    orthogonalize(context, shape);
    const x = rowsOf(update, shape);
    // A square Gaussian matrix has singular values near zero, which five rounds lift part of the way.
    const least = rows === cols ? 0.3 : 0.65;
    const values = singularValues(x);
    assert((values[0] as number) < 1.25 && (values.at(-1) as number) > least, `${values}`);
    // With G = U S Vᵀ and X = U f(S) Vᵀ, the product G Xᵀ = U S f(S) Uᵀ is symmetric.
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < i; j++) {
        const dot = (a: number[], b: number[]) => a.reduce((sum, v, k) => sum + v * b[k]!, 0);
        assertAlmostEquals(dot(g[i]!, x[j]!), dot(g[j]!, x[i]!), 2e-4);
      }
    }
  });
}

/** Of the paper on Polar Express, for singular values from 0.001 to 1, divided by its safety factor. */
const POLAR = [
  [8.28721201814563, -23.595886519098837, 17.300387312530933],
  [4.107059111542203, -2.9478499167379106, 0.5448431082926601],
  [3.9486908534822946, -2.908902115962949, 0.5518191394370137],
  [3.3184196573706015, -2.488488024314874, 0.51004894012372],
] as const;

Deno.test("four rounds of Polar Express take each singular value through its polynomials", () => {
  const shape = { rows: 24, cols: 40 };
  const { context, view } = open(shape);
  const g = randomMatrix(shape, "gradient");
  const update = view(context.area.update);
  update.set(g.flat());
  orthogonalize(context, { ...shape, polarRounds: POLAR.length });
  const norm = Math.hypot(...g.flat());
  const expected = singularValues(g).map((value) =>
    POLAR.reduce((x, [a, b, c]) => {
      const y = x / 1.01;
      return a * y + b * y ** 3 + c * y ** 5;
    }, value / norm / 1.01)
  ).sort((a, b) => b - a);
  for (const [i, value] of singularValues(rowsOf(update, shape)).entries()) {
    assertAlmostEquals(value, expected[i] as number, 1e-3);
  }
});

Deno.test("a gradient of zero moves nothing", () => {
  const shape = { rows: 6, cols: 8 };
  const { matrix, context, take, view } = open(shape);
  const [weights, gradient, moment] = [take(), take(), take()];
  view(weights).fill(2);
  const rates = { learningRate: 1, momentum: 0.95, weightDecay: 0, clipScale: 1 };
  muon(context, { matrix, weights, gradient, moment, rates });
  assertEquals([...view(weights)], new Array(48).fill(2));
});

Deno.test("singular values of a matrix built from known ones", () => {
  // [[3, 0], [4, 5]] has A Aᵀ with eigenvalues 45 and 5.
  const [first = 0, second = 0] = singularValues([[3, 0], [4, 5]]);
  assertAlmostEquals(first, Math.sqrt(45), 1e-12);
  assertAlmostEquals(second, Math.sqrt(5), 1e-12);
});

for (const name of ["gqa_untied", "mha_tied"] as const) {
  Deno.test(`${name}: Muon updates each hidden matrix by itself and leaves the rest to AdamW`, async () => {
    const golden = await readGolden(name);
    await using byMuon = await openGolden(golden, { workers: 2 });
    await using byAdamw = await openGolden(golden, { workers: 2 });
    await byMuon.step(golden.batch, { ...MUON_STEP, step: 1, clip: Infinity });
    await byAdamw.step(golden.batch, { ...GOLDEN_STEP, step: 1, clip: Infinity });
    const { layout } = byMuon;
    for (const { name: tensor, layer, shape, offset, size } of layout.parameters) {
      const part = (values: Float32Array) => values.subarray(offset, offset + size);
      if (layer < 0 || shape.length === 1) {
        assertEquals(part(byMuon.parameters), part(byAdamw.parameters), tensor);
        continue;
      }
      const cols = shape[1] as number;
      const before = rowsOf(golden.weights.get(tensor) as Float32Array, { cols });
      const state = { weights: before, moment: before.map((row) => row.map(() => 0)) };
      const gradient = rowsOf(part(byMuon.gradients), { cols });
      muonStep(state, { gradient, ...MUON_STEP.muon, weightDecay: GOLDEN_STEP.weightDecay });
      assertNear(part(byMuon.parameters), state.weights, tensor);
      assert(part(byMuon.secondMoment).every((value) => value === 0), tensor);
    }
    // The products of the next step use the new weights: packing them again changes nothing.
    const { loss } = await byMuon.evaluate(golden.batch);
    await byMuon.packWeights();
    assertEquals(await byMuon.evaluate(golden.batch).then((after) => after.loss), loss);
  });
}

Deno.test("Muon's weights are the same bit for bit for any number of workers", async () => {
  const golden = await readGolden("gqa_untied");
  const trained = async (workers: number) => {
    await using spheres = await openGolden(golden, { workers });
    const losses = [];
    for (let step = 1; step <= 20; step++) {
      losses.push((await spheres.step(golden.batch, { ...MUON_STEP, step })).loss);
    }
    return { losses, weights: spheres.parameters.slice(), moments: spheres.firstMoment.slice() };
  };
  const reference = await trained(1);
  const [first = 0] = reference.losses;
  assert((reference.losses.at(-1) as number) < 0.8 * first, `${reference.losses}`);
  for (const workers of [2, 3]) assertEquals(await trained(workers), reference);
});
