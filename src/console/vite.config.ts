import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

const here = import.meta.dirname;

/** Writes LICENSES.txt beside the build: the licence of every package whose code or font ended up in it. */
function licences(): Plugin {
  return {
    name: "licences",
    apply: "build",
    generateBundle(_, bundle) {
      const folders = new Set<string>();
      for (const output of Object.values(bundle)) {
        const sources = output.type === "chunk" ? output.moduleIds : output.originalFileNames;
        for (const source of sources) {
          const found = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source.replaceAll("\\", "/"));
          if (found) folders.add(found[1]!);
        }
      }
      const texts = [...folders].sort().map((name) => {
        const folder = join(here, "node_modules", name);
        const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
        const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.\w+)?$/i.test(entry));
        if (!file) this.error(`${name} ships no licence text`);
        return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
      });
      if (texts.length === 0) this.error("no bundled package was recognised");
      const rule = `\n${"-".repeat(80)}\n\n`;
      this.emitFile({ type: "asset", fileName: "LICENSES.txt", source: texts.join(rule) });
    },
  };
}

export default defineConfig({
  root: here,
  base: "/",
  plugins: [licences()],
  build: {
    outDir: resolve(here, "../cordboard/web/static"),
    emptyOutDir: true,
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    target: "es2022",
    rolldownOptions: { input: { index: join(here, "index.html"), deploy: join(here, "deploy.html"), menus: join(here, "menus.html"), "sign-in": join(here, "sign-in.html") } },
  },
});
