const { getDefaultConfig } = require("expo/metro-config");

const config = getDefaultConfig(__dirname);
// The core's own packages and build, the shell and the tests are none of the app's modules.
config.resolver.blockList = [/\/apps\/phone\/(?:core|web|e2e)\/node_modules\/.*/, /\/apps\/phone\/dist\/.*/];
module.exports = config;
