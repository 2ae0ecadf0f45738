/**
 * Which form of a signature a client wants, by Web3Signer's rule.
 *
 * JSON where any entry of Accept is application/json or any type at all; otherwise bare hex as text, also where there is no
 * Accept (Teku and Prysm send none, Vero asks for text/plain and cannot read JSON).
 */
export const wantsJson = (accept: string | undefined): boolean =>
  accept?.split(',').some((entry) => {
    const type = entry.split(';', 1)[0]?.trim().toLowerCase();
    return type === 'application/json' || type === '*/*';
  }) ?? false;
