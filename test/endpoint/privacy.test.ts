import { privacyConformance } from './privacy-conformance.js';
import { openFile } from './support.js';

privacyConformance('sqlite', openFile);
