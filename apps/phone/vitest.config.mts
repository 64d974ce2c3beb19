import { defineConfig } from "vitest/config";

// Pure logic only: what is drawn is looked at in a real browser (e2e/).
export default defineConfig({ test: { include: ["test/**/*.test.ts"], environment: "node" } });
