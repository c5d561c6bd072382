/** Runs a program to its end, collecting what it prints. */

import { spawn } from 'node:child_process';

/**
 * Never rejects: a program that cannot be started, is killed or runs past `timeoutMs` has `status` null and says why at
 * the end of `stderr`.
 *
 * @returns {Promise<{ status: number | null, stdout: string, stderr: string, output: string }>}
 */
export function run(command, args, { cwd, env = process.env, timeoutMs, shell = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, shell, timeout: timeoutMs, stdio: ['ignore', 'pipe', 'pipe'] });
    const text = { stdout: '', stderr: '', output: '' };
    const collect = (name) => (chunk) => {
      text[name] += chunk;
      text.output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', collect('stdout'));
    child.stderr.setEncoding('utf8').on('data', collect('stderr'));
    child.on('error', (error) => {
      collect('stderr')(`${error.message}\n`);
      resolve({ status: null, ...text });
    });
    child.on('close', (status, signal) => {
      if (signal !== null) collect('stderr')(`${command} was ended by ${signal}\n`);
      resolve({ status, ...text });
    });
  });
}
