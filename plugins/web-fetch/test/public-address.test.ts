import { expect, test } from 'vitest'
import { isPublicAddress } from '../src/public-address.ts'

test.each(['8.8.8.8', '93.184.216.34', '2606:4700::1', '::ffff:8.8.8.8'])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})

test.each(
  [
    ['127.0.0.1', '10.0.0.1', '172.16.0.1', '192.168.1.1', '0.0.0.0', '255.255.255.255', '224.0.0.1'],
    ['169.254.169.254', '100.100.100.200', '192.0.0.192', '168.63.129.16', 'fd00:ec2::254'], // clouds
    ['::1', '::', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fec0::1', 'ff02::1', '5f00::1', '4000::1'],
    ['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::'],
    ['', 'localhost', '1.2.3.4.5'],
  ].flat(),
)("'%s' is not", (address) => {
  expect(isPublicAddress(address)).toBe(false)
})
