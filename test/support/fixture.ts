/** Reads the JSON fixtures of `test/fixtures/`, checking that each field is what a test takes it for. */

import { readFileSync } from 'node:fs';

/** A JSON object whose fields are asked for by name and kind. */
export class Fields {
  readonly #entries: ReadonlyMap<string, unknown>;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null) throw new Error(`expected an object, got ${String(value)}`);
    this.#entries = new Map(Object.entries(value));
  }

  get(name: string): unknown {
    if (!this.#entries.has(name)) throw new Error(`no field '${name}' among ${[...this.#entries.keys()].join(', ')}`);
    return this.#entries.get(name);
  }

  number(name: string): number {
    const value = this.get(name);
    if (typeof value !== 'number') throw new Error(`field '${name}' is not a number`);
    return value;
  }

  text(name: string): string {
    const value = this.get(name);
    if (typeof value !== 'string') throw new Error(`field '${name}' is not a text`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.get(name);
    if (typeof value !== 'boolean') throw new Error(`field '${name}' is not true or false`);
    return value;
  }

  numbers(name: string): Float64Array {
    const isNumber = (value: unknown): value is number => typeof value === 'number';
    const values = this.list(name);
    if (!values.every(isNumber)) throw new Error(`field '${name}' holds something that is not a number`);
    return Float64Array.from(values.filter(isNumber));
  }

  list(name: string): readonly unknown[] {
    const value = this.get(name);
    if (!Array.isArray(value)) throw new Error(`field '${name}' is not a list`);
    return value;
  }

  fields(name: string): Fields {
    return new Fields(this.get(name));
  }
}

/** The cases of `test/fixtures/<path>`, or another of its lists. */
export function readFixtureCases(path: string, list = 'cases'): readonly Fields[] {
  const text = readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8');
  return new Fields(JSON.parse(text)).list(list).map((value) => new Fields(value));
}
