/** BullMQ ships the Lua of its scripts as CommonJS, and says of what type it is only beside its ES modules. */
declare module 'bullmq/dist/cjs/scripts/addDelayedJob-6.js' {
  export const addDelayedJob: { readonly name: string; readonly content: string; readonly keys: number };
}
declare module 'bullmq/dist/cjs/scripts/addPrioritizedJob-9.js' {
  export const addPrioritizedJob: { readonly name: string; readonly content: string; readonly keys: number };
}
