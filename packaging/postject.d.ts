declare module 'postject' {
  /** Writes `data` into the program `file`, as a resource that Node finds by `name`. */
  export function inject(
    file: string,
    name: string,
    data: Buffer,
    options: { readonly sentinelFuse: string },
  ): Promise<void>;
}
