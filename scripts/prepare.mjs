// npm run build, and what npm does before it packs: installs what is missing and builds what has changed.
import { prepare } from './bootstrap.mjs';

prepare();
