/** Arrays of the references: f64, indexed like the kernels' memory. */
export type Numbers = Float64Array;
