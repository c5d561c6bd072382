/**
 * JSON whose objects may not repeat a name, nor nest without end. `JSON.parse` keeps the last silently, which lets two readers disagree; and
 * a bracket costs a file one byte, but a list in memory many.
 */

// Runs of plain characters at a time: a step back to remember for each would not fit a long text.
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]/g;

const mostLevels = 64;

/** Parses JSON. @throws SyntaxError when it is malformed, nests more than 64 levels deep, or an object repeats a name. */
export function parseUniqueJson(text: string): unknown {
  refuseDepth(text);
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

/** Whether a value of JSON is an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value of JSON is a list of whole numbers from 0, such as a shape. */
export function isCountList(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Before anything is made of it. Where the text is no JSON, that is found out later. */
function refuseDepth(text: string): void {
  let level = 0;
  for (const [token] of text.matchAll(tokens)) {
    if (token === '{' || token === '[') level += 1;
    else if (token === '}' || token === ']') level -= 1;
    if (level > mostLevels) throw new SyntaxError(`it nests more than ${mostLevels} levels deep`);
  }
}
