/** TypeScript wants a module behind every import, also where a bundler takes a stylesheet. */
export {}
