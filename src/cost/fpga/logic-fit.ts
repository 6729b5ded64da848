/** LUTs and flip-flops per feature of `logic.ts`, from Yosys 0.23. Made by bench/synthesis/fit.mjs; do not edit. */
export const LOGIC = {
  queue: { lut: [2.55, 0.99, 4.55], ff: [0.559, 0.998, 3.42] },
  converter: { lut: [0, 0.958, 0.891, 2.79], ff: [2.5, 0.999, 0.00946, 0.131] },
  window: { lut: [0, 0.0595, 0, 2.42], ff: [17.2, 0.831, 0.0923, 0] },
  convolution: { lut: [0, 0.145, 4, 1.86, 0, 3.1, 3.9], ff: [0, 0.979, 0, 1.47, 0, 7.63, 4.2] },
  maximum: { lut: [4.12, 1.94, 0], ff: [0, 0, 0] },
  mean: { lut: [0, 1.66, 0], ff: [1.15, 0.0347, 0.933] },
  addition: { lut: [2.46, 0, 1.07], ff: [0, 0.067, 0.498] },
  weights: { lut: [0, 1.14, 0, 3.7, 1.15], ff: [0, 1, 0, 2.48, 0.113] },
  unpacker: { lut: [99.6, 0.374, 0.837, 0], ff: [44.4, 0.519, 0.155, 0] },
} as const;
