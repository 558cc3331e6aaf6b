/** Whether a line of a log or an error says that the platform failed: a runner, a network, a connection, a limit. */
export function isPlatformFailure(text: string): boolean {
  return PLATFORM.some((each) => each.test(text));
}

const PLATFORM: readonly RegExp[] = [
  // The runner.
  /lost communication with the server|runner has received a shutdown signal|self-hosted runner .* (lost|offline)/i,
  /no space left on device|the job was not (started|acquired)|exceeded the maximum execution time/i,
  /(failed to|could not) (download|resolve) (action|archive)|unable to download artifact|failed to CreateArtifact/i,
  /service unavailable|bad gateway|gateway time-?out|internal server error.*(github|registry|pypi)/i,
  // The network.
  /\b(ECONNRESET|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH)\b/,
  /could not resolve host|name resolution|name or service not known|getaddrinfo/i,
  /connection (was |has been )?(refused|reset|timed out|aborted|closed)|connect timeout|read timed out/i,
  /network is unreachable|no route to host|TLS handshake timeout|remote end (closed|hung up)/i,
  // The database's connection, not its answers.
  /\b(HYT00|HYT01|08001|08S01|08004)\b|login timeout expired|communication link failure/i,
  /can't open lib .*ODBC|data source name not found|unable to open tcp connection|login failed for user/i,
  /(server|database) .*(is not accessible|is not currently available|cannot be opened)|named pipes provider/i,
  // Limits.
  /\b429\b.*(too many|rate)|too ?many ?requests|rate limit exceeded|secondary rate limit|pull rate limit/i,
];
