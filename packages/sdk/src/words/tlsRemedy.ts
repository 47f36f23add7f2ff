/** What to do about a server whose certificate is refused. */

const remedies: ReadonlyArray<readonly [codes: RegExp, remedy: string]> = [
  [
    /^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/,
    "Its certificate is past its time, or before it: renew it there, and see whether the clock here is right.",
  ],
  [/ALTNAME_INVALID|HOSTNAME_MISMATCH/, "Its certificate is for another name: use that name in the address."],
  [/^CERT_REVOKED$/, "Its certificate was revoked: have it renewed there, and trust it no more."],
  [
    /CERT|SELF_SIGNED|^UNABLE_TO_(?:GET|VERIFY)_|^INVALID_(?:CA|PURPOSE)$/,
    "Its certificate is not trusted here: start with NODE_EXTRA_CA_CERTS=FILE, a PEM file of its authority, or of its own if it is self-signed.",
  ],
  [/SSL|TLS|^EPROTO$/, "It does not speak TLS as this address says: check the port, and whether it is `http://`."],
]

/** @param code the system's, see `connectionCode` @returns undefined where it is not TLS that failed. */
export const tlsRemedy = (code: string | undefined): string | undefined =>
  code === undefined ? undefined : remedies.find(([codes]) => codes.test(code))?.[1]
