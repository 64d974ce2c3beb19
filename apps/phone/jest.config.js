/** Expo's own preset, on iOS: what a browser does instead (.web.ts) is tested in one (e2e/). */
module.exports = {
  preset: "jest-expo/ios",
  testMatch: ["<rootDir>/test/**/*.test.ts?(x)"],
  // The first component of a file loads React Native, which has to be compiled where that has not been done before.
  testTimeout: 60_000,
};
