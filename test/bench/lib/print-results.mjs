/** @param {Record<string, import('../benchmarks.mjs').Result>} results */
export function printResults(results, machine, asJson) {
  const write = (line) => process.stdout.write(`${line}\n`);
  for (const [key, { value, reach }] of Object.entries(results)) {
    write(`${key.padEnd(24)} ${String(value).padStart(8)}   reach: ${reach}`);
  }
  if (!asJson) return;
  const part = (name) => Object.fromEntries(Object.entries(results).map(([key, result]) => [key, result[name]]));
  write(JSON.stringify({ ...part('value'), reach: part('reach'), raw: part('raw'), machine }));
}
