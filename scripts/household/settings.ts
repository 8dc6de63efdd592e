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
    contextStorage: { default: { module: 'localfilesystem' } },
    // Warnings stand in the editor, too; a terminal is for what keeps Node-RED from working.
    logging: { console: { level: 'error', metrics: false, audit: false } },
  };
}

interface NodeRedPlace {
  userDir: string;
  port: number;
  credentialSecret: string;
}
