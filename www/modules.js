// Brings the wasm module of a page when that page is opened for the first time.
//
// Trunk gives these files no digest in their names; `cargo xtask post-build` writes each module's into this script's
// tag, so that an old copy in some cache is never taken for the new one.

{
  const { src, dataset } = document.currentScript;
  const versions = new Map(dataset.modules.split(' ').map((module) => module.split('=')));
  const modules = new Map();
  const failures = new Map();

  const bring = async (name) => {
    // A browser may remember a failure by its address, so each further try has an address of its own.
    const tries = failures.get(name) ?? 0;
    const address = (file) => new URL(`${file}?v=${versions.get(name)}${tries ? `&try=${tries}` : ''}`, src).href;
    try {
      const module = await import(address(`${name}.js`));
      await module.default({ module_or_path: address(`${name}_bg.wasm`) });
      return module;
    } catch (error) {
      console.warn(`The module of the page “${name}” cannot be used:`, error);
      failures.set(name, tries + 1);
      modules.delete(name);
      throw error;
    }
  };

  globalThis.overlayModule = (name) => {
    if (!modules.has(name)) modules.set(name, bring(name));
    return modules.get(name);
  };

  // The module of the page that the address names comes beside the app's, not after it.
  const first = /^#\/(\w+)/.exec(location.hash)?.[1];
  if (versions.has(first)) globalThis.overlayModule(first).catch(() => {});
}
