/**
 * Reaching things: what a product's topics and bytes mean (profiles), how it is reached (transports), and one
 * connection that turns both into readings and events and carries control instructions back.
 * A new product is one file in profiles/ and one line in its list. Nothing here knows Node-RED: the MQTT session,
 * the clock and the reading of files are handed in.
 */
export type { ApplianceEvent, ApplianceListener, Clock, LinkState } from './appliance.js';
export { CannotError } from './appliance.js';
export { type Connection, type ConnectOptions, connectAppliance } from './connect.js';
export { DISCOVERY_FILTERS, discover, type Found } from './discovery.js';
export { instructionsOf, isReadByTopic, type ParameterPath, type Profile, type ProfileSettings } from './profile.js';
export { PROFILES, profileNamed } from './profiles/index.js';
export { RECORDINGS_FOLDER, type Recording, readRecording, SHIPPED_RECORDINGS } from './recording-file.js';
export { hasLeapt, nextReplayRound, type ReplayRound, replayRound } from './replay.js';
export { type MqttMessage, type MqttSession, mqttTransport, type SessionState } from './transports/mqtt.js';
export { connectMqtt } from './transports/mqtt-client.js';
export { type RecordingOptions, recordingTransport } from './transports/recording.js';
export type { Transport } from './transports/transport.js';
export { Wire } from './transports/wire.js';
