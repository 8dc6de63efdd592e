/** How long what a flow keeps may wait until it is written. */
const FLUSH_SECONDS = 2;

/**
 * Node-RED's settings for a household of its own: loopback only, no question and no tour before the first look,
 * and a context that survives a restart.
 * @param credentialSecret encrypts the flows' credentials on disk
 */
export function settingsFor({ userDir, port, credentialSecret }: NodeRedPlace) {
  return {
    uiHost: '127.0.0.1',
    uiPort: port,
    userDir,
    flowFile: 'flows.json',
    flowFilePretty: true,
    credentialSecret,
    httpAdminRoot: '/',
    httpNodeRoot: '/',
    // Without an answer here the editor asks about telemetry with a pop-up.
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, page: { title: 'Kindred' } },
    // What collect-parameters told in the 5 s before it was killed it tells again, and nothing older: that has to be on disk.
    contextStorage: { default: { module: 'localfilesystem', config: { flushInterval: FLUSH_SECONDS } } },
    // Warnings stand in the editor, too; a terminal is for what keeps Node-RED from working.
    logging: { console: { level: 'error', metrics: false, audit: false } },
  };
}

interface NodeRedPlace {
  userDir: string;
  port: number;
  credentialSecret: string;
}
