/**
 * Bundles every src/NAME.ts into ../xtnb/static/NAME.js: one ES module a widget, minified,
 * with its licences kept in THIRD_PARTY.txt beside it. Files in folders below src/ are parts
 * that entries share and get no bundle of their own.
 *
 * node build.mjs            builds once
 * node build.mjs --watch    builds again after each change; start the kernel with ANYWIDGET_HMR=1
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build, context } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "src");
const target = resolve(here, "..", "xtnb", "static");

const names = readdirSync(source)
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
  .map((file) => file.slice(0, -".ts".length))
  .sort();

const options = {
  entryPoints: Object.fromEntries(names.map((name) => [name, join(source, `${name}.ts`)])),
  outdir: target,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "none", // their texts stand in THIRD_PARTY.txt
  loader: { ".css": "text" },
  define: { "process.env.NODE_ENV": '"production"' },
  metafile: true,
  logLevel: "info",
};

/** The packages whose code is inside the bundles: folder below node_modules, sorted. */
function bundledPackages(metafile) {
  const found = new Set();
  for (const output of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const parts = input.replaceAll("\\", "/").split("node_modules/");
      if (parts.length < 2 || bytesInOutput === 0) continue;
      const [scope, name] = parts[parts.length - 1].split("/");
      found.add(scope.startsWith("@") ? `${scope}/${name}` : scope);
    }
  }
  return [...found].sort();
}

/** What its authors ask to be kept: the licence, and the notice where there is one. */
function thirdParty(metafile) {
  const sections = bundledPackages(metafile).map((name) => {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const texts = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|notice)/i.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), "utf8").trim());
    const notice = join(here, "notices", `${name}.txt`); // for a package that leaves its own out
    if (existsSync(notice)) texts.push(readFileSync(notice, "utf8").trim());
    return [`${name} ${version} (${license})`, ...texts].join("\n\n");
  });
  const rule = `\n\n${"-".repeat(78)}\n\n`;
  return `${["The bundles in this folder contain:", ...sections].join(rule)}\n`;
}

mkdirSync(target, { recursive: true });
for (const file of readdirSync(target)) {
  const left = file.endsWith(".js") && !names.includes(file.slice(0, -".js".length));
  if (left) rmSync(join(target, file));
}

if (process.argv.includes("--watch")) {
  const watching = await context({ ...options, minify: false, sourcemap: "inline" });
  await watching.watch();
} else if (names.length > 0) {
  const { metafile } = await build(options);
  writeFileSync(join(target, "THIRD_PARTY.txt"), thirdParty(metafile));
}
