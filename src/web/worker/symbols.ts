/** `using` in browsers that do not know its symbols yet. Imported first, before any class uses them as a key. */

for (const name of ['dispose', 'asyncDispose']) {
  if (!(name in Symbol)) Object.defineProperty(Symbol, name, { value: Symbol(name) });
}
