/** JSON whose objects may not repeat a name. `JSON.parse` keeps the last silently, which lets two readers disagree. */

const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/** Parses JSON. @throws SyntaxError when it is malformed or an object repeats a name. */
export function parseUniqueJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // The text is valid JSON from here on: a string before a colon is a name of the innermost open object.
  const scopes: Set<string>[] = [];
  let literal = '';
  for (const [token] of text.matchAll(tokens)) {
    if (token === '{' || token === '[') {
      scopes.push(new Set());
    } else if (token === '}' || token === ']') {
      scopes.pop();
    } else if (token === ':') {
      const name: unknown = JSON.parse(literal);
      const scope = scopes.at(-1);
      if (scope?.has(String(name)) === true) {
        throw new SyntaxError(`the name '${String(name)}' occurs twice`);
      }
      scope?.add(String(name));
    } else {
      literal = token;
    }
  }
  return value;
}
