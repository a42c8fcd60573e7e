// Reading stored values, changing them and writing them back must not cross another such change, here or on another of the
// extension's pages: each waits its turn. The browser's own locks hold across pages and are let go of with the page.
export function inTurn<T>(work: () => Promise<T>, name: 'storage' | 'sites' | 'menus' = 'storage'): Promise<T> {
  return navigator.locks.request(name, work) as Promise<T>;
}
