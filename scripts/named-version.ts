/** Where the code of a package names its own version: in its plugin, or in a constant such as `kernelVersion`. */
export function namedVersion(packageName: string): RegExp {
  return new RegExp(`(?<=\\bname: '${packageName}',\\s*version: '|\\bconst \\w+Version = ')[^']+`, 'g')
}
