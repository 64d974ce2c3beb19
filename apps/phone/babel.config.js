/**
 * MapLibre can import a protocol's script by its address, which nobody here asks it to do. Metro takes no import whose module it
 * can't know; this tells it to leave those alone.
 */
const leaveUnknownImports = () => ({
  visitor: {
    CallExpression({ node }, { filename }) {
      const [module] = node.arguments;
      if (!filename?.includes("/maplibre-gl/") || node.callee.type !== "Import" || !module || module.type === "StringLiteral") return;
      module.leadingComments = [...(module.leadingComments ?? []), { type: "CommentBlock", value: " @metro-ignore " }];
    },
  },
});

module.exports = (api) => {
  api.cache(true);
  return { presets: ["babel-preset-expo"], plugins: [leaveUnknownImports] };
};
