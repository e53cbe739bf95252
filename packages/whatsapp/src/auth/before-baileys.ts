/**
 * To be imported before anything that imports Baileys: it takes functions out of libsignal when it is loaded, and goes on
 * with those for good.
 */
import { readCurveKeysRaw } from './raw-curve-keys.js';
import { trySessionsApart } from './sessions-tried-apart.js';

readCurveKeysRaw();
trySessionsApart();
