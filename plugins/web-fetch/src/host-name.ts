// Hosts as people write them, in the form that they have in a parsed address.

/** Gives a host in lower case, as ASCII, an IP address in its one spelling; what is no host stays as it is. */
export function hostName(host: string): string {
  const address = `http://${host}`
  return URL.canParse(address) ? new URL(address).hostname : host
}
