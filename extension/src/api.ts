// The browser's own interface under one name; Firefox calls it `browser`, Chromium `chrome`.
const scope = globalThis as unknown as { browser?: typeof chrome; chrome: typeof chrome };
export const api: typeof chrome = scope.browser ?? scope.chrome;
