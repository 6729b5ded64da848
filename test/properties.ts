import fc from "fast-check";

// The same cases everywhere, so that what passes here passes there. Other cases: FC_SEED=<number> npx vitest run
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 1) });
