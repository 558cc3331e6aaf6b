import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** A watch over a directory that may not exist yet, or be deleted and made again. */
export interface DirectoryWatch {
  /** Looks whether the directory that is watched is still the one that is there. */
  rearm(): void;
  close(): void;
}

/**
 * Calls `changed` with a file's name, or with null when the directory itself came back: then anything may lie in it.
 * The nearest directory above is watched as well, because a deleted directory takes its watch with it.
 */
export function watchDirectory(path: string, changed: (file: string | null) => void): DirectoryWatch {
  return new Watch(path, changed);
}

class Watch implements DirectoryWatch {
  readonly #path: string;
  readonly #changed: (file: string | null) => void;
  #inner: { readonly watcher: FSWatcher; readonly identity: string } | null = null;
  #outer: { readonly watcher: FSWatcher; readonly path: string; readonly identity: string } | null = null;
  #isClosed = false;

  constructor(path: string, changed: (file: string | null) => void) {
    this.#path = path;
    this.#changed = changed;
    this.rearm();
  }

  rearm(): void {
    if (this.#isClosed) return;
    this.#armOuter();
    this.#armInner();
  }

  close(): void {
    this.#isClosed = true;
    this.#inner?.watcher.close();
    this.#outer?.watcher.close();
  }

  #armInner(): void {
    const identity = identityOf(this.#path);
    if (this.#inner !== null && this.#inner.identity === identity) return;
    this.#dropInner();
    if (identity === null) return;
    const watcher = open(this.#path, (file) => this.#onInner(file));
    if (watcher === null) return;
    watcher.on('error', () => this.#dropInner());
    this.#inner = { watcher, identity };
    this.#changed(null);
  }

  #armOuter(): void {
    const path = nearestAbove(this.#path);
    const identity = identityOf(path) ?? '';
    if (this.#outer !== null && this.#outer.path === path && this.#outer.identity === identity) return;
    this.#dropOuter();
    const watcher = open(path, () => this.rearm());
    if (watcher === null) return;
    watcher.on('error', () => this.#dropOuter());
    this.#outer = { watcher, path, identity };
  }

  #onInner(file: string | null): void {
    // A directory that was deleted reports its own name; its successor may have the same inode.
    if (file === null || file === basename(this.#path)) {
      if (identityOf(this.#path) !== this.#inner?.identity) this.#dropInner();
      this.rearm();
    }
    this.#changed(file);
  }

  #dropInner(): void {
    this.#inner?.watcher.close();
    this.#inner = null;
  }

  #dropOuter(): void {
    this.#outer?.watcher.close();
    this.#outer = null;
  }
}

function open(path: string, onEvent: (file: string | null) => void): FSWatcher | null {
  try {
    return watch(path, { persistent: false }, (_event, file) => onEvent(file));
  } catch {
    // Gone again, or no watches left: looking at every turn still finds everything.
    return null;
  }
}

function identityOf(path: string): string | null {
  const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
  return facts?.isDirectory() === true ? `${facts.dev}-${facts.ino}-${facts.birthtimeNs}` : null;
}

function nearestAbove(path: string): string {
  const above = dirname(path);
  return above === path || identityOf(above) !== null ? above : nearestAbove(above);
}
