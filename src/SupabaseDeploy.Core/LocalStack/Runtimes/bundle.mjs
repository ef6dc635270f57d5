// Makes one file of a server and the packages it loads: Node.js needs longer to find and read thousands of files than to run them.
// Run in the folder that has node_modules. Its argument says which file becomes which, what stays a package, and what is off.
import { build } from 'esbuild';

const { entry, output, external, off } = JSON.parse(process.argv[2]);

// Parts of packages that expect to be CommonJS have these.
const commonJs = [
  "const require = (await import('node:module')).createRequire(import.meta.url);",
  "const __filename = (await import('node:url')).fileURLToPath(import.meta.url);",
  "const __dirname = (await import('node:path')).dirname(__filename);",
];

const withoutWhatIsOff = {
  name: 'without-what-is-off',
  setup(bundle) {
    bundle.onResolve({ filter: /^[^./#]/ }, ({ path }) => (path in off ? { path, namespace: 'off' } : undefined));
    bundle.onLoad({ filter: /.*/, namespace: 'off' }, ({ path }) => ({ contents: off[path], loader: 'js' }));
  },
};

await build({
  entryPoints: [entry],
  outfile: output,
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external,
  banner: { js: commonJs.join('\n') },
  plugins: [withoutWhatIsOff],
  logLevel: 'warning',
  logOverride: { 'empty-import-meta': 'silent' },
});
