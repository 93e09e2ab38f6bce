/**
 * The public half of the key that the browser extension is known by: base64 of its DER, for `key` in the manifest, which
 * gives the extension the same id on every machine. The private half was never kept: nothing here is signed with it.
 */
export const EXTENSION_PUBLIC_KEY = [
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA22LJbnwcRRwtlpwDPJUgKS33mjmaeTiy06qlipJFBXj9',
  'y9htJ4YY7pf6EXNpB2y8+dkxNsMEuT4G5idNhEL5lKG/7O3H2VmxHYO8ZrnCNYHwzflIpO2utvabmtTyWH6GdzHz',
  'aDMQVCdhBDUo0QCVwkMH5JnQRXpChilQb/TrkZL7iob9avz7NVmPcN4CJVS+Kj6A9pwRyCpbZrQu+I6pQrEyG3K4',
  'nH60GMYLid3bf36+hywPX1v4yfzQLl8+AZ1TVThIPoE4z0lPaZu1NpfC0iIX3HyBA5HeBgR9HiEX7h3T+HUZcpbl',
  'rAFzabW2UVsu/kznkr1Me9W5JprpzHNfywIDAQAB',
].join('');

/** The id that browsers derive from the key: the first 16 bytes of its SHA-256, the hex digits 0-f written a-p. */
export const EXTENSION_ID = 'lkincdbnhcegbcdkkjcaeajjinepiggi';

/** The origin that the extension's pages have. */
export const EXTENSION_ORIGIN = `chrome-extension://${EXTENSION_ID}`;
