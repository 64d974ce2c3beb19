// What Expo checks in apps. What belongs to the device core (core/) is checked by its own build.

import expo from "eslint-config-expo/flat.js";
import { defineConfig } from "eslint/config";
import globals from "globals";

export default defineConfig([
  expo,
  { ignores: ["dist/", ".expo/", "core/", "**/node_modules/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  { files: ["web/build/**", "*.mjs"], languageOptions: { globals: globals.node } },
  // Playwright calls what hands a fixture over "use", too; and no bundler puts variables of the environment into these.
  { files: ["e2e/**"], rules: { "react-hooks/rules-of-hooks": "off", "expo/no-env-var-destructuring": "off" } },
]);
