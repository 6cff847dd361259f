// Which addresses belong to the public net. All else is refused: private, loopback and link-local ones, those at which
// clouds keep the credentials of their machines, and what only translates to one of these.
import ipaddr from 'ipaddr.js'

/** Whether an IP address is one of the public net; an IPv4 address within an IPv6 one counts as what it is. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const ip = ipaddr.process(address)
  if (ip.range() !== 'unicast') return false
  // Azure's machines find their own services at an address that looks like any other.
  if (ip instanceof ipaddr.IPv4) return ip.toString() !== '168.63.129.16'
  return ip.match(globalUnicast)
}

/** @see https://www.iana.org/assignments/ipv6-address-space: nothing beyond it is given to hosts of the public net */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')
