import type { TlsOptions } from "@nats-io/transport-node";
import { checkServerIdentity, type PeerCertificate } from "node:tls";

/**
 * TLS options that take a server whose certificate is for one of `addresses`, such as
 * `tls://10.0.0.1:4222`. NATS does not tell TLS which one it dials where that is an IP address; Deno then
 * compares the certificate with `localhost`.
 */
export function expectServers(addresses: readonly string[], tls: TlsOptions): TlsOptions {
  const hosts = addresses.map((address) =>
    new URL(address.includes("://") ? address : `tls://${address}`).hostname
      .replace(/^\[(.*)\]$/, "$1")
  );
  const identified = {
    ...tls,
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => {
      const faults = hosts.map((host) => checkServerIdentity(host, certificate));
      return faults.includes(undefined) ? undefined : faults[0];
    },
  };
  return identified;
}
