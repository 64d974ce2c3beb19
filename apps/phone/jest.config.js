/** Expo's own preset, on iOS: what a browser does instead (.web.ts) is tested in one (e2e/). */
module.exports = { preset: "jest-expo/ios", testMatch: ["<rootDir>/test/**/*.test.ts?(x)"] };
