/**
 * To be imported before anything that imports Baileys: it takes functions out of libsignal when it is loaded, and goes on
 * with those for good.
 */
import { useNativeCurve } from './native-curve.js';
import { makeSessionsAside } from './new-sessions.js';
import { trySessionsApart } from './sessions-tried-apart.js';

useNativeCurve();
makeSessionsAside();
trySessionsApart();
