// Figures that the benchmark does not measure: quoted, with what they were taken from.

export const elsewhere = `## Quoted: other allocators on the same instances

Not measured by this benchmark. Height of the packing over the load bound, on the public instances A-K of MiniMalloc
(google/minimalloc, Apache-2.0, commit 9f5cf81): measured for this project once, on two shared cores, with MiniMalloc built from
source and the allocator modules of Vela (nxp-imx/ethos-u-vela, December 2023) run alone under Python. 1 is the best possible;
the capacity of 1 MiB is 1 to 1.063 times the bound.

| allocator | A | B | C | D | E | F | G | H | I | J | K |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| MiniMalloc, height / bound | 1.000 | 1.000 | 1.000 | 1.063 | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 | 1.060 | 1.000 |
| MiniMalloc, seconds at 1 MiB | 6.8 | 6.5 | 1.6 | 7.5 | 7.8 | 14.0 | 2.6 | 2.9 | 6.9 | 2.6 | 1.2 |
| Vela HillClimb, 2,000 iterations | 1.225 | 1.275 | 1.192 | 1.263 | 1.223 | 1.222 | 1.209 | 1.095 | 1.332 | 1.238 | 1.353 |
| Vela Greedy | 1.571 | 1.553 | 1.798 | 1.360 | 1.706 | 1.134 | 1.230 | 1.229 | 1.612 | 1.768 | 2.095 |
| TensorFlow Lite, greedy by size | 1.311 | 1.347 | 1.364 | 1.334 | 1.401 | 1.375 | 1.332 | 1.355 | 1.410 | 1.348 | 1.327 |

Vela HillClimb took 3 to 113 s per instance there; with its default of 99,999 iterations it reached 1.082 on A in 277 s.
MiniMalloc asked for the least height gave no answer within 120 s on D, E and J.

Published by others, not measured here: COSMA (Li, Gupta, Malik, arXiv 2311.18246) solves nine of its ten human-designed networks in
under 1 s each with Gurobi on an Apple M1 Pro, DeepLabV3 with parameters in 7 to 17 s, and its NAS networks heuristically in
about 2 minutes.`;
