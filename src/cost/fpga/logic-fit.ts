/** LUTs and flip-flops per feature of `logic.ts`, from Yosys 0.23. Made by bench/synthesis/fit.mjs; do not edit. */
export const LOGIC = {
  queue: { lut: [2.55, 0.99, 4.55], ff: [0.559, 0.998, 3.42] },
  converter: { lut: [0, 0.958, 0.891, 2.79], ff: [2.5, 0.999, 0.00946, 0.131] },
  window: { lut: [0, 0.0595, 0, 2.42], ff: [17.2, 0.831, 0.0923, 0] },
  convolution: { lut: [0, 0.468, 0, 1.43, 1.59, 0, 3.8, 5.23], ff: [18.4, 1.07, 0, 0, 1.24, 0, 8.73, 2.83] },
  maximum: { lut: [8.12, 1.94, 0], ff: [3, 0, 0] },
  mean: { lut: [0, 1.71, 0], ff: [2.08, 0.0119, 1.72] },
  addition: { lut: [6.51, 0, 1.08], ff: [9.84e-8, 1.12, 0.5] },
  weights: { lut: [0, 1.14, 0, 3.7, 1.15], ff: [0, 1, 0, 2.48, 0.113] },
  unpacker: { lut: [99.6, 0.374, 0.837, 0], ff: [44.4, 0.519, 0.155, 0] },
} as const;
