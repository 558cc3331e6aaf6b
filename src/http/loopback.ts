import { isIPv4 } from 'node:net';

/** Whether only this machine can reach a listener on this host. What cannot be told counts as no. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1' || host === '[::1]') return true;
  return isIPv4(host) && host.startsWith('127.');
}
