// The one door to the core for the screens.

export * from "../../core/src/core";
export { CoreProvider, useCore, useOverview } from "./provider";
export { useAnswer } from "./answer";
export { useCommand } from "./command";
export { failureOf, fieldProblem, refusedProblem } from "./failure";
