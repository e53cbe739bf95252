export default async function stopTestRedis() {
  await globalThis.pomboTestRedis?.stop();
}
