// Where things are in the repository.

import { join, resolve } from "node:path";

/** The root of the repository. */
export const root = resolve(import.meta.dirname, "../../../..");

/** A file below cargo's target folder. */
export const target = (path: string): string => join(process.env["HOLDFAST_TARGET"] ?? join(root, "target"), path);

/** A program that `cargo xtask test` has built. */
export const program = (name: string): string => target(`debug/${name}`);

/** A file of other makers, kept for the tests of the importers. */
export const fixture = (path: string): string => join(root, "crates/files/tests/fixtures", path);
