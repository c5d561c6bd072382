/** One setup at a time: a lock folder that names its owner, and that a dead owner does not keep. */

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;

/** What renaming onto a folder that is not empty ends in; the last two on Windows. */
const TAKEN_CODES = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES']);

/**
 * Runs `work` while holding the lock `folder`; waits, saying so once through `say`, while a living process holds it.
 * The lock is taken by renaming a finished folder into place, which fails when one with an owner is there already: so
 * nobody ever sees a lock without its owner.
 */
export async function withLock(folder, say, work) {
  let saidWaiting = false;
  while (!take(folder)) {
    const owner = ownerOf(folder);
    if (owner !== null && !isAlive(owner)) {
      discard(folder, owner);
      continue;
    }
    if (owner !== null && !saidWaiting) {
      say(`waiting for another setup (process ${owner}; if there is none, remove ${folder}) ...`);
      saidWaiting = true;
    }
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function take(folder) {
  const mine = `${folder}.${process.pid}`;
  mkdirSync(mine, { recursive: true });
  writeFileSync(path.join(mine, 'owner'), String(process.pid));
  try {
    renameSync(mine, folder);
    return true;
  } catch (error) {
    rmSync(mine, { recursive: true, force: true });
    if (!TAKEN_CODES.has(error.code)) throw error;
    return false;
  }
}

/** The process that holds the lock; null when it was released in the meantime. */
function ownerOf(folder) {
  try {
    return Number(readFileSync(path.join(folder, 'owner'), 'utf8'));
  } catch {
    return null;
  }
}

function isAlive(pid) {
  // In containers numbers come round again: a lock with our own number was left by an earlier life.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: alive, but another user's.
    return error.code === 'EPERM';
  }
}

/** Removes a dead owner's lock, unless another waiter did so first and already holds a new one. */
function discard(folder, deadOwner) {
  const aside = `${folder}.stale.${process.pid}`;
  try {
    renameSync(folder, aside);
    if (ownerOf(aside) !== deadOwner) renameSync(aside, folder);
  } catch {
    // Another waiter was quicker.
  }
  rmSync(aside, { recursive: true, force: true });
}
